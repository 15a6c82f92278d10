#include "budget/rate_governor.h"

#include <algorithm>

#include "base/count_text.h"
#include "base/time_text.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kBurstDefault = 100;  // the smallest tier
constexpr Duration kBurstWindow = 10s;
constexpr Duration kLongestWindow = 1min;
constexpr int64_t kSearchPerSecond = 4;  // of the 5 the whole account has
// A process killed a moment ago may have sent four searches at once, which evenly does not fit
// beside: the first one waits until those are forgotten.
constexpr Duration kSearchWindow = 1s;
constexpr Duration kSearchHalved = 1min;
constexpr double kPlanned = 0.97;  // of a limit, for what we cannot see
// A request counts at HubSpot when it arrives there: at the latest when it is answered, and as a
// rule within this time after it left.
constexpr Duration kArrival = 300ms;
constexpr auto kMigrationDefault = 60s;
constexpr auto kMigrationMost = std::chrono::hours(24);
constexpr auto kLocked = 2s;
// An account is moved in many short pieces; that is nothing to tell a person.
constexpr auto kMoveSaid = 2min;

int64_t Planned(int64_t limit) {
  return std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(limit) * kPlanned));
}

}  // namespace

RateGovernor::RateGovernor(Options options, std::shared_ptr<const SourceClock> source_clock,
                           Instant now)
    : options_(options),
      source_clock_(std::move(source_clock)),
      burst_(Planned(options.burst.value_or(kBurstDefault)), kBurstWindow, now),
      search_(kSearchPerSecond, kSearchWindow, now + kSearchWindow),
      associations_(Planned(kBurstDefault), kBurstWindow, now),
      daily_(options.quota_share, options.daily) {}

SlotWindow& RateGovernor::WindowOf(Lane lane) {
  if (lane == Lane::kSearch) return search_;
  return lane == Lane::kAssociations ? associations_ : burst_;
}

Slot RateGovernor::Take(Lane lane, int cost, Instant now, Pace pace) {
  MutexLock lock(mutex_);
  if (lane == Lane::kFree) return Slot::Open();
  Instant hold = paused_until_;
  if (lane == Lane::kBurst) hold = std::max(hold, burst_paused_until_);
  if (lane == Lane::kSearch) hold = std::max(hold, search_paused_until_);
  if (hold > now) return Slot::NotBefore(hold);
  if (const auto wait = DayWait(cost, now); wait > 0ms) return Slot::NotBefore(now + wait);
  if (lane == Lane::kSearch && now >= search_halved_until_) {
    search_.SetLimit(kSearchPerSecond, kSearchWindow);
  }
  SlotWindow& window = WindowOf(lane);
  const bool evenly = pace == Pace::kEvenly;
  const Instant free_at = evenly ? window.EvenlyFreeAt(cost, now) : window.FreeAt(cost, now);
  if (free_at > now) return Slot::NotBefore(free_at);
  if (evenly) {
    window.TakeEvenly(cost, now);
  } else {
    window.Take(cost, now);
  }
  return Slot::Open();
}

std::chrono::milliseconds RateGovernor::DayWait(int cost, Instant now) const {
  const auto source_now = source_clock_->Now(now);
  if (!source_now) return 0ms;
  const int64_t in_flight = burst_.in_flight() + search_.in_flight() + associations_.in_flight();
  const auto wait = daily_.Wait(*source_now, in_flight + cost);
  const auto probe = daily_.ToProbe(*source_now);
  if (wait == 0ms || !probe) return wait;
  if (*probe == 0ms && in_flight == 0) return 0ms;
  return std::clamp<std::chrono::milliseconds>(*probe, 1s,
                                               std::max<std::chrono::milliseconds>(wait, 1s));
}

void RateGovernor::GiveBack(Lane lane) {
  MutexLock lock(mutex_);
  if (lane != Lane::kFree) WindowOf(lane).GiveBack();
}

void RateGovernor::OnExchange(const Exchange& exchange) {
  const Lane lane = LaneOf(exchange.endpoint);
  if (lane == Lane::kFree) return;
  MutexLock lock(mutex_);
  const auto source_now = source_clock_->Now(exchange.answered_at);
  if (source_now) daily_.Count(*source_now);
  LearnFromHeaders(exchange);
  const Instant arrived = lane == Lane::kBurst
                              ? std::min(exchange.answered_at, exchange.sent_at + kArrival)
                              : exchange.answered_at;
  WindowOf(lane).Answered(exchange.sent_at, arrived);
  HoldBack(exchange);
}

void RateGovernor::LearnFromHeaders(const Exchange& exchange) {
  const RateHeaders& rate = exchange.rate;
  if (const auto source_now = source_clock_->Now(exchange.answered_at)) {
    daily_.Learn(rate.daily_limit, rate.daily_remaining, *source_now);
  }
  if (rate.burst_limit && *rate.burst_limit > 0 && LaneOf(exchange.endpoint) == Lane::kBurst) {
    LearnBurst(rate, exchange);
  }
}

void RateGovernor::LearnBurst(const RateHeaders& rate, const Exchange& exchange) {
  // What is counted is believed for one window, also of a single answer: that is how a process
  // learns what the one before it has sent.
  if (rate.burst_remaining) {
    burst_.Counted(*rate.burst_limit - *rate.burst_remaining, exchange.sent_at,
                   exchange.answered_at);
  }
  if (!told_burst_limit_.Confirms(*rate.burst_limit)) return;
  burst_limit_ = rate.burst_limit;
  burst_remaining_ = rate.burst_remaining;
  // The configured limit may be lower than the account's, to leave room for others.
  const int64_t limit =
      options_.burst ? std::min(*options_.burst, *rate.burst_limit) : *rate.burst_limit;
  const bool tells_window = rate.burst_window && *rate.burst_window > 0ms;
  burst_.SetLimit(Planned(limit), tells_window ? Duration(*rate.burst_window) : kBurstWindow);
}

void RateGovernor::HoldBack(const Exchange& exchange) {
  if (!exchange.failure) {
    moved_since_.reset();
    return daily_.Served();
  }
  const Instant now = exchange.answered_at;
  const auto asked = exchange.retry_after;
  switch (*exchange.failure) {
    case ApiErrorKind::kBurstLimit:
      burst_paused_until_ = now + std::min(asked ? Duration(*asked) : kBurstWindow, kLongestWindow);
      break;
    case ApiErrorKind::kSearchLimit:
      search_paused_until_ =
          now + std::min(asked ? Duration(*asked) : kSearchWindow, kLongestWindow);
      search_halved_until_ = now + kSearchHalved;
      search_.SetLimit(kSearchPerSecond / 2, kSearchWindow);
      break;
    case ApiErrorKind::kDailyLimit:
      if (const auto source_now = source_clock_->Now(now)) daily_.UsedUp(*source_now);
      break;
    case ApiErrorKind::kMigrating:
      if (!moved_since_) moved_since_ = now;
      paused_until_ =
          now + std::min<Duration>(asked ? Duration(*asked) : Duration(kMigrationDefault),
                                   kMigrationMost);
      break;
    case ApiErrorKind::kLocked:
      paused_until_ = std::max(paused_until_, now + kLocked);
      break;
    default:
      break;
  }
}

void RateGovernor::SetUtcOffset(std::chrono::milliseconds offset) {
  MutexLock lock(mutex_);
  daily_.set_utc_offset(offset);
}

std::optional<int64_t> RateGovernor::daily_share() const {
  MutexLock lock(mutex_);
  return daily_.share();
}

PortalStatus RateGovernor::Status(Instant now) const {
  MutexLock lock(mutex_);
  PortalStatus status{.burst_limit = burst_limit_,
                      .burst_remaining = burst_remaining_,
                      .daily_limit = daily_.limit(),
                      .daily_remaining = daily_.remaining(),
                      .requests_today = daily_.requests(),
                      .used_by_others = daily_.used_by_others(),
                      .daily_share = daily_.share()};
  const auto source_now = source_clock_->Now(now);
  if (const auto over = source_now ? daily_.OverAt(*source_now) : std::nullopt) {
    status.stopped_by = "quota";
    status.message = InWords(*over);
  } else if (moved_since_ && now - *moved_since_ >= kMoveSaid) {
    status.stopped_by = "api";
    status.message =
        "HubSpot is moving the account between data centres and serves nothing meanwhile (477); "
        "reading resumes afterwards";
  }
  return status;
}

std::string RateGovernor::InWords(const DailyQuota::Over& over) const {
  const std::string goes_on = "; reading resumes at the account's midnight, " +
                              FormatRfc3339(std::chrono::floor<std::chrono::seconds>(over.until));
  if (!over.for_everybody) {
    return "our share of the day is used up, all " + CountWords(daily_.share().value_or(0)) +
           " requests" + goes_on + "; raise quota_share or lengthen the intervals";
  }
  const int64_t ours = daily_.requests();
  std::string words = "HubSpot allows no more requests today: ";
  if (const auto others = daily_.used_by_others()) {
    words += CountWords(ours + *others) + " of " + CountWords(*daily_.limit()) + " were used, " +
             CountWords(*others) + " of them by others";
  } else {
    words += CountWords(ours) + " of those used were ours";
  }
  return words + goes_on;
}

std::string RateGovernor::Save() const {
  MutexLock lock(mutex_);
  return ToText(daily_.Save());
}

void RateGovernor::Restore(const std::string& saved) {
  const auto read = ParseDailyQuota(saved);
  MutexLock lock(mutex_);
  // After a database failover within one process what we counted ourselves is newer.
  if (read && read->requests > daily_.requests()) daily_.Restore(*read);
}

}  // namespace hubmirror
