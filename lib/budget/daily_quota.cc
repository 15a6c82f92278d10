#include "budget/daily_quota.h"

#include <algorithm>

#include "base/json_fields.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

// An account that buys more quota during the day, and a stop for which there never was a reason,
// are noticed by asking again now and then.
constexpr auto kProbeEvery = 5min;
// Every UTC offset is a multiple of this, so a midnight is known exactly when it was seen to pass
// between two answers that are no further apart.
using OffsetSteps = std::chrono::duration<int64_t, std::ratio<900>>;
constexpr OffsetSteps kOffsetStep{1};

}  // namespace

int64_t DailyQuota::DayOf(TimePoint date) const {
  return std::chrono::floor<std::chrono::days>(date + utc_offset_).time_since_epoch().count();
}

// HubSpot's day ends at midnight in the account's time zone, and its quota is shared by all apps of
// the account (https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines).
std::chrono::milliseconds DailyQuota::ToMidnight(TimePoint now) const {
  const TimePoint local = now + utc_offset_;
  return std::chrono::floor<std::chrono::days>(local) + std::chrono::days(1) - local;
}

void DailyQuota::Count(TimePoint date) {
  // An answer of yesterday that was overtaken by one of today counts for today. A day further ahead
  // than that was never there: HubSpot's clock was wrong, or was read wrong.
  if (const int64_t day = DayOf(date); day > day_ || day + 1 < day_) {
    day_ = day;
    requests_ = 0;
    remaining_.reset();
    used_up_until_.reset();
  }
  ++requests_;
  answered_at_ = date;
}

void DailyQuota::Learn(std::optional<int64_t> limit, std::optional<int64_t> remaining,
                       TimePoint date) {
  if (limit && *limit <= 0) return;  // Not a quota: nothing would ever be allowed.
  if (limit && told_limit_.Confirms(*limit)) limit_ = limit;
  // Answers that overtake each other differ little.
  const int64_t little = std::max<int64_t>(1000, limit_.value_or(0) / 100);
  if (!remaining || !told_remaining_.Confirms(*remaining, little)) return;
  // The rest of the same quota only rises when a new day has begun.
  const bool same_quota = limit_ && limit_ == remaining_of_;
  if (same_quota && remaining_ && *remaining > *remaining_ + little) BeginDayAt(date);
  remaining_ = remaining;
  remaining_of_ = limit_;
  remaining_at_ = date;
}

void DailyQuota::BeginDayAt(TimePoint date) {
  requests_ = 1;
  used_up_until_.reset();
  if (date - remaining_at_ > kOffsetStep) return;
  const std::chrono::milliseconds behind =
      std::chrono::floor<OffsetSteps>(date) - std::chrono::floor<std::chrono::days>(date);
  const std::chrono::milliseconds ahead = 24h - behind;
  utc_offset_ = std::chrono::abs(ahead - utc_offset_) < std::chrono::abs(-behind - utc_offset_)
                    ? ahead
                    : -behind;
  day_ = DayOf(date);
}

void DailyQuota::UsedUp(TimePoint date) {
  used_up_until_ = date + ToMidnight(date);
}

std::chrono::milliseconds DailyQuota::Wait(TimePoint now, int64_t unanswered) const {
  if (used_up_until_ && now < *used_up_until_) return *used_up_until_ - now;
  if (const int64_t day = DayOf(now); day > day_ || day + 1 < day_) return 0ms;
  return ShareIsUsed(unanswered) || NothingLeft(unanswered) ? ToMidnight(now) : 0ms;
}

bool DailyQuota::NothingLeft(int64_t unanswered) const {
  return remaining_ && *remaining_ < unanswered;
}

bool DailyQuota::ShareIsUsed(int64_t unanswered) const {
  const auto allowed = share();
  return allowed && requests_ + unanswered > *allowed;
}

std::optional<DailyQuota::Over> DailyQuota::OverAt(TimePoint now) const {
  const auto wait = Wait(now, 1);
  if (wait == 0ms) return std::nullopt;
  const bool refused = used_up_until_ && now < *used_up_until_;
  return Over{.for_everybody = refused || NothingLeft(1), .until = now + wait};
}

std::optional<int64_t> DailyQuota::used_by_others() const {
  if (!limit_ || (!remaining_ && !used_up_until_)) return std::nullopt;
  const int64_t left = used_up_until_ ? 0 : *remaining_;
  return std::max<int64_t>(0, *limit_ - left - requests_);
}

std::optional<std::chrono::milliseconds> DailyQuota::ToProbe(TimePoint now) const {
  if (configured_ && limit_ == configured_ && ShareIsUsed(1)) return std::nullopt;
  if (!answered_at_) return 0ms;
  return std::max<std::chrono::milliseconds>(*answered_at_ + kProbeEvery - now, 0ms);
}

std::optional<int64_t> DailyQuota::share() const {
  if (!limit_) return std::nullopt;
  return static_cast<int64_t>(static_cast<double>(*limit_) * share_);
}

std::string ToText(const DailyQuota::Saved& saved) {
  JsonFieldWriter fields;
  fields.Put("day", saved.day);
  fields.Put("requests", saved.requests);
  return fields.Text();
}

std::optional<DailyQuota::Saved> ParseDailyQuota(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return std::nullopt;
  const auto day = fields->Number("day");
  const auto requests = fields->Number("requests");
  if (!day || !requests) return std::nullopt;
  return DailyQuota::Saved{*day, *requests};
}

}  // namespace hubmirror
