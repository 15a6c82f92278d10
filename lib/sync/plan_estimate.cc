#include "sync/plan_estimate.h"

#include <algorithm>

#include "jobs/named_properties.h"
#include "model/source/link.h"

namespace hubmirror {
namespace {

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kPage = 100;
constexpr int64_t kLinksPage = 1000;
// HubSpot keeps archived records for 90 days; a fiftieth of the live ones is many.
constexpr int64_t kArchivedShare = 50;
constexpr int64_t kChangedADayShare = 50;
// As measured with 250 properties, of which a third have a value.
constexpr int64_t kBytesARecord = 2000;
constexpr int64_t kSmallestBurst = 100;
constexpr int64_t kPlannedDaily = 250'000;
// "Paging through deleted objects is not yet supported", recorded of meetings by two connectors.
// The daemon asks all the same; others that refuse it are found then.
constexpr std::string_view kWithoutArchivedList = "0-47";
constexpr double kPlannedShare = 0.97;

int64_t Pages(int64_t records, int64_t page) {
  return std::max<int64_t>(1, (records + page - 1) / page);
}

int64_t Times(std::chrono::milliseconds every) {
  return std::max<int64_t>(1, kDay / std::max<int64_t>(1, every.count()));
}

/// How often a list that alone tells of archives is walked: the archived list's turns, within a
/// tenth of the day.
int64_t SweepsWithoutArchived(const PortalPlan& plan, const StreamPlan& stream, int64_t pages) {
  const auto daily = static_cast<double>(plan.daily.value_or(kPlannedDaily));
  const auto affordable = static_cast<int64_t>(daily * plan.quota_share / 10) / pages;
  const int64_t wished = Times(std::min(stream.sweep_every, stream.archived_every));
  return std::max(Times(stream.sweep_every), std::min(wished, affordable));
}

}  // namespace

StreamCost CostOfStream(const PortalPlan& plan, const StreamPlan& stream, int64_t records) {
  // Live and archived definitions, groups, the count; where wanted the two kinds of sensitive ones,
  // which are also read, with a page of records, for names that HubSpot may not list.
  constexpr int64_t kCatalog = 4;
  const bool names = !NamedProperties(stream).empty();
  StreamCost cost{.catalog = kCatalog + (stream.object.has_pipelines ? 1 : 0) +
                             (stream.selection.sensitive || names ? 2 : 0) + (names ? 1 : 0),
                  .sweep = Pages(records, kPage),
                  .archived = Pages(records / kArchivedShare, kPage)};
  for (const StreamPlan& other : plan.streams) {
    const bool read_here = stream.object.unresolved() || other.object.unresolved() ||
                           PairOf(stream.object, other.object).from == stream.object;
    if (read_here) cost.links += Pages(records, kLinksPage);
  }
  return cost;
}

PlanEstimate EstimatePlan(const PortalPlan& plan, const std::map<std::string, int64_t>& records,
                          int64_t otherwise) {
  std::map<std::string, int64_t> jobs;
  PlanEstimate estimate;
  std::chrono::milliseconds directory = std::chrono::hours(1);
  for (const StreamPlan& stream : plan.streams) {
    const auto found = records.find(stream.object.name);
    const int64_t count = found == records.end() ? otherwise : found->second;
    const StreamCost cost = CostOfStream(plan, stream, count);
    estimate.changes_a_day += count / kChangedADayShare;
    estimate.requests_for_changes +=
        Times(stream.interval) + Pages(count / kChangedADayShare, kPage);
    // All of it is read once an hour at most, the live definitions alone in between.
    const int64_t whole = std::min<int64_t>(24, Times(stream.catalog_every));
    jobs["catalog"] += Times(stream.catalog_every) * (stream.object.has_pipelines ? 2 : 1) +
                       whole * (cost.catalog - (stream.object.has_pipelines ? 2 : 1));
    if (stream.object.type_id == kWithoutArchivedList) {
      estimate.without_archived_list.push_back(stream.object.name);
      jobs["sweep"] += SweepsWithoutArchived(plan, stream, cost.sweep) * cost.sweep;
    } else {
      jobs["archived"] += Times(stream.archived_every) * cost.archived;
      jobs["sweep"] += Times(stream.sweep_every) * cost.sweep;
    }
    jobs["verify"] += Times(stream.verify_every) * cost.sweep;
    jobs["links"] += Times(stream.links_every) * cost.links;
    estimate.backfill_requests += cost.sweep + cost.archived + cost.links + cost.catalog;
    estimate.disk_bytes += count * kBytesARecord;
    directory = std::min(directory, stream.catalog_every);
  }
  jobs["changes"] = estimate.requests_for_changes;
  jobs["owners, teams, users"] = Times(directory) * 4;
  jobs["lists, marketing events"] = Times(plan.lists_every) * 2;
  for (const auto& [name, requests] : jobs) {
    estimate.jobs.push_back({name, requests});
    estimate.requests_a_day += requests;
  }
  std::stable_sort(estimate.jobs.begin(), estimate.jobs.end(),
                   [](const PlanEstimate::Job& a, const PlanEstimate::Job& b) {
                     return a.requests_a_day > b.requests_a_day;
                   });
  const double a_second =
      static_cast<double>(plan.burst.value_or(kSmallestBurst)) / 10.0 * kPlannedShare;
  estimate.backfill = std::chrono::seconds(
      static_cast<int64_t>(static_cast<double>(estimate.backfill_requests) / a_second) + 1);
  return estimate;
}

}  // namespace hubmirror
