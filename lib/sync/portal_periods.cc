#include "sync/portal_periods.h"

#include <algorithm>

namespace hubmirror {
namespace {

// https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines: no account has a
// smaller day. Members of lists may be any number, and an OAuth app is not told its quota.
constexpr double kSmallestDaily = 250'000;
// HubSpot allows five searches a second, all apps of an account together.
constexpr double kSearchesPerSecond = 3.0;
// Which lists a type has may change, but not from hour to hour.
constexpr Duration kUnsupportedAskedAgain = std::chrono::hours(24);
constexpr Duration kQuiet = std::chrono::hours(1);
// The rest is for a poll that comes late, and for what it finds.
constexpr double kPartOfFreshness = 0.6;
constexpr double kDayInMilliseconds = 86'400'000.0;

double StretchFor(const PortalPlan& plan) {
  double searches = 0;
  for (const StreamPlan& stream : plan.streams) {
    searches += 1000.0 / static_cast<double>(std::max<int64_t>(1, stream.interval.count()));
  }
  return std::max(1.0, searches / kSearchesPerSecond);
}

}  // namespace

PortalPeriods::PortalPeriods(const PortalPlan& plan)
    : stretch_(StretchFor(plan)),
      smallest_share_(static_cast<int64_t>(kSmallestDaily * plan.quota_share)) {}

std::chrono::milliseconds PortalPeriods::Interval(const StreamPlan& plan) const {
  return std::chrono::milliseconds(
      static_cast<int64_t>(static_cast<double>(plan.interval.count()) * stretch_));
}

std::chrono::milliseconds PortalPeriods::Interval(const StreamPlan& plan, Duration quiet) const {
  const auto planned = Interval(plan);
  if (quiet < kQuiet) return planned;
  return std::max(planned, std::chrono::duration_cast<std::chrono::milliseconds>(
                               plan.freshness_target * kPartOfFreshness));
}

Duration PortalPeriods::Affordable(Duration period, int64_t requests,
                                   std::optional<int64_t> daily_share) {
  if (!daily_share || *daily_share <= 0) return period;
  const double days = static_cast<double>(requests) * 10.0 / static_cast<double>(*daily_share);
  return std::max<Duration>(
      period, std::chrono::milliseconds(static_cast<int64_t>(kDayInMilliseconds * days)));
}

Duration PortalPeriods::Of(PeriodRule rule, Duration planned, int64_t requests,
                           std::optional<int64_t> daily_share) const {
  if (rule == PeriodRule::kAsPlanned) return planned;
  if (rule == PeriodRule::kAffordableOnAny && !daily_share) daily_share = smallest_share_;
  return Affordable(planned, requests, daily_share);
}

Duration PortalPeriods::OfArchivedList(Duration planned, bool offered, int64_t requests,
                                       std::optional<int64_t> daily_share) {
  // The archived list has no filter: what is new in it is found by walking it.
  if (offered) return Affordable(planned, requests, daily_share);
  return std::max(planned, kUnsupportedAskedAgain);
}

Duration PortalPeriods::OfLiveList(const StreamPlan& plan, const Lists& lists,
                                   std::optional<int64_t> daily_share) {
  if (!lists.searchable) return Affordable(plan.interval, lists.live_pages, daily_share);
  if (lists.has_archived) return plan.sweep_every;
  // What the archived list would have told as often is told by the live one.
  const auto wished = std::min(plan.sweep_every, plan.archived_every);
  return std::min<Duration>(plan.sweep_every, Affordable(wished, lists.live_pages, daily_share));
}

Duration PortalPeriods::Early(Duration period, double chance) {
  return std::chrono::duration_cast<Duration>(period * (0.9 + 0.1 * chance));
}

}  // namespace hubmirror
