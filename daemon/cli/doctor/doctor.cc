#include "daemon/cli/doctor/doctor.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "daemon/cli/check_online.h"
#include "jobs/reference/wanted_layout.h"
#include "mirror/column_name.h"

namespace hubmirror {
namespace {

using Verdict = Finding::Verdict;
using std::chrono::days;

constexpr days kWarnBefore{180};
constexpr int kMonthsSupported = 18;
constexpr auto kLargestSkew = std::chrono::seconds(30);
// What `<object>_live` shows; the rest stands in `_live_2`.
constexpr size_t kPropertiesOfOneView = 1'500;

std::string SkewText(std::chrono::seconds skew) {
  return std::to_string(std::abs(skew.count())) + " s " +
         (skew.count() >= 0 ? "behind" : "ahead of");
}

// What stops everything comes first; the lightest that must be mended is heavier than anything
// else.
int WeightOf(const Finding& finding) {
  static constexpr std::array<std::string_view, 9> kHeaviest{
      "token",  "database.password", "connection", "database", "portal-id",
      "scopes", "write scopes",      "streams",    "freshness"};
  constexpr int kNothing = 100;
  if (finding.verdict != Verdict::kMend)
    return finding.verdict == Verdict::kLook ? kNothing - 1 : kNothing;
  const auto found = std::find_if(kHeaviest.begin(), kHeaviest.end(), [&](std::string_view check) {
    // `token of acme`.
    return finding.check == check || finding.check.starts_with(std::string(check) + " of ");
  });
  return static_cast<int>(found - kHeaviest.begin());
}

}  // namespace

void Findings::Add(Verdict verdict, std::string check, std::string said, std::string fix) {
  list_.push_back({area_, std::move(check), verdict, std::move(said), std::move(fix)});
}

void Findings::Good(std::string check, std::string said) {
  Add(Verdict::kGood, std::move(check), std::move(said), {});
}

void Findings::Look(std::string check, std::string said, std::string fix) {
  Add(Verdict::kLook, std::move(check), std::move(said), std::move(fix));
}

void Findings::Mend(std::string check, std::string said, std::string fix) {
  Add(Verdict::kMend, std::move(check), std::move(said), std::move(fix));
}

void Findings::Skip(std::string check, std::string why, std::string fix) {
  Add(Verdict::kSkipped, std::move(check), std::move(why), std::move(fix));
}

void Findings::Judge(bool good, Verdict otherwise, std::string check, std::string said,
                     std::string fix) {
  Add(good ? Verdict::kGood : otherwise, std::move(check), std::move(said),
      good ? std::string() : std::move(fix));
}

std::vector<Finding> ByWeight(std::vector<Finding> findings) {
  // By area, and where it stands now.
  std::map<std::string, std::pair<int, size_t>> areas;
  for (const Finding& finding : findings) {
    const auto [area, first] =
        areas.emplace(finding.area, std::pair(WeightOf(finding), areas.size()));
    if (!first) area->second.first = std::min(area->second.first, WeightOf(finding));
  }
  std::stable_sort(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) {
    return std::pair(areas.at(a.area), WeightOf(a)) < std::pair(areas.at(b.area), WeightOf(b));
  });
  return findings;
}

Findings ExamineProperties(PageSource& source, const PortalPlan& plan, TimePoint now) {
  Findings findings(plan.key);
  if (const auto account = source.AccountDetails()) {
    const auto skew = std::chrono::duration_cast<std::chrono::seconds>(account->times.date - now);
    findings.Judge(skew < kLargestSkew && skew > -kLargestSkew, Verdict::kMend, "clock",
                   "this host is " + SkewText(skew) + " HubSpot",
                   "let chrony or systemd-timesyncd set this host's clock");
  }
  std::string wide;
  std::string renamed;
  std::string unhonoured;
  std::string next;
  size_t most = 0;
  for (const StreamPlan& stream : plan.streams) {
    const auto known = ReadProperties(source, stream);
    if (!known) continue;
    for (const NameComplaint& complaint :
         ComplainOfNames(stream, known->definitions, known->unlisted)) {
      if (complaint.shared) continue;
      unhonoured += (unhonoured.empty() ? "" : "; ") + complaint.key + " of " + stream.object.name +
                    " " + complaint.said;
      if (next.empty()) next = complaint.next;
    }
    if (const auto key = ComplainOfKey(plan.key, stream, known->definitions)) {
      unhonoured += (unhonoured.empty() ? "" : "; ") + ("key_property of " + stream.object.name) +
                    " " + key->said;
      if (next.empty()) next = key->next;
    }
    const auto live = std::ranges::count(known->definitions, false, &PropertyDefinition::archived);
    most = std::max(most, static_cast<size_t>(live));
    if (static_cast<size_t>(live) > kPropertiesOfOneView) wide += " " + stream.object.name;
    for (const PropertyDefinition& property : known->definitions) {
      if (property.archived) continue;
      const std::string column =
          ColumnNameFor(property.name, [](const std::string&) { return false; });
      if (column != property.name && renamed.size() < 200) {
        renamed += " " + stream.object.name + "." + property.name + "=" + column;
      }
    }
  }
  findings.Judge(wide.empty(), Verdict::kLook, "properties",
                 wide.empty() ? "at most " + std::to_string(most) + " of an object type"
                              : "more than fit in one view:" + wide,
                 "properties beyond 1,500 are in <object>_live_2; `properties.exclude` leaves out "
                 "what nobody needs");
  findings.Judge(unhonoured.empty(), Verdict::kLook, "named properties",
                 unhonoured.empty() ? "HubSpot returns every property that the configuration names"
                                    : unhonoured,
                 next);
  findings.Judge(renamed.empty(), Verdict::kLook, "names",
                 renamed.empty() ? "every column has the name of its property"
                                 : "columns with another name:" + renamed,
                 "`properties.column_name` in the portal's schema has every name");
  return findings;
}

Finding ExamineVersion(const PortalKey& portal, std::string_view version, TimePoint now) {
  Findings findings(portal);
  int year = 0;
  unsigned month = 0;
  if (std::sscanf(std::string(version).c_str(), "%4d-%2u", &year, &month) != 2 || month < 1 ||
      month > 12) {
    findings.Skip("version", std::string(version) + " is not a dated version");
    return findings.list().front();
  }
  const auto end = std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / 1 +
                                         std::chrono::months(kMonthsSupported));
  const auto left = std::chrono::floor<days>(end - std::chrono::floor<days>(now));
  const std::string said = "HubSpot supports " + std::string(version) + " for " +
                           std::to_string(left.count()) + " days more";
  const std::string fix = "update hubmirror, then remove api.version from the configuration";
  if (left.count() <= 0) {
    findings.Mend("version", "HubSpot supports " + std::string(version) + " no longer", fix);
  } else {
    findings.Judge(left > kWarnBefore, Verdict::kLook, "version", said, fix);
  }
  return findings.list().front();
}

}  // namespace hubmirror
