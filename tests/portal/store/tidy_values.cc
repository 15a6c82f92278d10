#include "store/tidy_values.h"

#include <algorithm>
#include <cmath>

#include "store/known_properties.h"

namespace simulated_portal {
namespace {

using enum ValueKind;

constexpr double kLeastAmount = 400;
constexpr double kMostAmount = 90'000;
constexpr double kUsualWait = 20.0 * kDay;  // until a ticket is closed
constexpr Duration kUsualDelay = 30L * 3600 * kSecond;
constexpr int64_t kFirstTidyOwner = 101;
constexpr int64_t kTidyOwners = 12;  // as many as a portal has unless told otherwise
constexpr std::string_view kClosedTicket = "4";

struct TidyName {
  std::string_view object, id, words;
};
constexpr TidyName kTidyLabels[] = {
    {"deals", "default", "Sales"},           {"deals", "12345678", "Partners"},
    {"deals", "98765432", "Renewals"},       {"tickets", "0", "Support"},
    {"tickets", "748211", "Onboarding"},     {"tickets", "1", "New"},
    {"tickets", "2", "Waiting on customer"}, {"tickets", "3", "Waiting on us"},
    {"tickets", kClosedTicket, "Closed"},    {"tickets", "1048215", "Escalated"}};

}  // namespace

void TidyValues::BeginRecord(Instant created, Instant now, Random& random) {
  created_ = std::min(created, now - kSecond);
  now_ = now;
  // Small deals are many, large ones are few.
  const double amount = kLeastAmount * std::pow(kMostAmount / kLeastAmount, random.Share());
  amount_ = 10 * std::llround(amount / 10);
  closed_ = random.Chance(1 - std::exp(-static_cast<double>(now - created_) / kUsualWait));
}

double TidyValues::FillOf(const PropertyDefinition& property) {
  return property.name == "closed_date" ? 1 : property.fill;
}

std::optional<std::string> TidyValues::Make(const PropertyDefinition& property,
                                            Random& random) const {
  if (property.name == "closed_date") return closed_ ? Time(false, random) : std::string();
  if (property.kind == kMoney || property.name.find("amount") != std::string::npos) {
    return std::to_string(amount_);
  }
  switch (property.kind) {
    case kInteger:
    case kDecimal:
    case kDirtyNumber:
    case kCalculatedNumber:
      return std::to_string(random.Between(0, 40));
    case kDate:
    case kDirtyDate:
      return Time(true, random);
    case kInstant:
    case kDirtyInstant:
    case kCalculatedInstant:
      return Time(false, random);
    case kDirtyBool:
      return random.Chance(0.4) ? "true" : "false";
    case kStrangeText:
      return std::string();
    case kOwner:
      return std::to_string(kFirstTidyOwner + static_cast<int64_t>(random.Below(kTidyOwners)));
    case kChoice:
      return Choice(property, random);
    default:
      return std::nullopt;
  }
}

std::string TidyValues::Time(bool day, Random& random) const {
  // Most of what happens to a record happens in its first days.
  const double delay = -std::log(1 - random.Share()) * static_cast<double>(kUsualDelay);
  const Instant instant = std::min(now_, created_ + static_cast<Duration>(delay));
  return day ? FormatDate(instant) : FormatInstant(instant, InstantStyle::kMilliseconds);
}

std::string TidyValues::Choice(const PropertyDefinition& property, Random& random) const {
  if (property.options.empty()) return {};
  if (property.name == "deal_currency_code") return property.options.front();
  const bool of_ticket =
      property.name == "hs_pipeline_stage" &&
      std::ranges::find(property.options, kClosedTicket) != property.options.end();
  if (of_ticket && closed_) return std::string(kClosedTicket);
  // The first steps of a funnel hold the most.
  const size_t count = property.options.size();
  const std::string& option = property.options[std::min(random.Below(count), random.Below(count))];
  if (of_ticket && option == kClosedTicket) return property.options.front();
  return option;
}

std::string TidyLabel(std::string_view object, std::string_view id) {
  for (const TidyName& label : kTidyLabels) {
    if (label.object == object && label.id == id) return std::string(label.words);
  }
  const std::string_view known = KnownLabel(id);
  return std::string(known.empty() ? id : known);
}

}  // namespace simulated_portal
