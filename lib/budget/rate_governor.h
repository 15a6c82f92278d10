#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "budget/daily_quota.h"
#include "budget/slot_window.h"
#include "budget/told_twice.h"
#include "model/portal/sync_observer.h"
#include "model/source/exchange.h"
#include "model/source/source_clock.h"

namespace hubmirror {

/// Whether a request may leave now, or when to ask again.
class Slot {
 public:
  static Slot Open() { return Slot(std::nullopt); }
  static Slot NotBefore(Instant instant) { return Slot(instant); }
  bool open() const { return !not_before_; }
  Instant not_before() const { return *not_before_; }

 private:
  explicit Slot(std::optional<Instant> not_before) : not_before_(not_before) {}
  std::optional<Instant> not_before_;
};

/// How a lane uses its slots.
enum class Pace {
  kAtOnce,  ///< as soon as one is free
  kEvenly,  ///< walks, which want thousands: no fewer in all, but spread over the window, so that
            ///< a change never finds every slot taken and none coming back for seconds; but not
            ///< the first load of a whole portal, in which nothing has to be fresh yet
};

/// Decides when the next request to one portal may leave (rule R18), so that HubSpot never has to
/// refuse one because of our limits. It learns the limits from answers, holds back when others use
/// them too, and stops at our share of the day. A single answer stops nothing for longer than a
/// window. While HubSpot says that the day's quota is used up, one request every five minutes tests
/// whether that still holds. It reads no clock and never sleeps: the caller passes `now`.
/// Thread-safe.
///
/// Limits: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
class RateGovernor {
 public:
  struct Options {
    double quota_share = 0.5;
    std::optional<int64_t> daily;  ///< the account's quota where answers do not tell it
    std::optional<int64_t> burst;  ///< requests per 10 s; absent: 100 until an answer tells
  };
  /// `source_clock` must see each answer before this does.
  RateGovernor(Options options, std::shared_ptr<const SourceClock> source_clock, Instant now);

  /// Takes `cost` slots of a lane if they are free now, else says when to ask again.
  [[nodiscard]] Slot Take(Lane lane, int cost, Instant now, Pace pace = Pace::kAtOnce);
  /// A slot was taken for a request that was not made.
  void GiveBack(Lane lane);
  /// A request was answered, or failed: its slot returns in due time, and its headers are learned
  /// from.
  void OnExchange(const Exchange& exchange);
  void SetUtcOffset(std::chrono::milliseconds offset);

  /// How many requests we may make in a day; absent while the quota is unknown.
  std::optional<int64_t> daily_share() const;
  /// The quota part of a portal's status, with why nothing is sent when the day is over or the
  /// account has been on the move for long.
  PortalStatus Status(Instant now) const;
  /// The requests of the day, so that a restart does not forget them; JSON.
  std::string Save() const;
  void Restore(const std::string& saved);

 private:
  SlotWindow& WindowOf(Lane lane) REQUIRES(mutex_);
  void LearnFromHeaders(const Exchange& exchange) REQUIRES(mutex_);
  void LearnBurst(const RateHeaders& rate, const Exchange& exchange) REQUIRES(mutex_);
  void HoldBack(const Exchange& exchange) REQUIRES(mutex_);
  /// How long the day's quota keeps everything back.
  std::chrono::milliseconds DayWait(int cost, Instant now) const REQUIRES(mutex_);
  /// Says that the day is over, and for whom.
  std::string InWords(const DailyQuota::Over& over) const REQUIRES(mutex_);

  const Options options_;
  const std::shared_ptr<const SourceClock> source_clock_;

  mutable Mutex mutex_;
  SlotWindow burst_ GUARDED_BY(mutex_);
  SlotWindow search_ GUARDED_BY(mutex_);
  SlotWindow associations_ GUARDED_BY(mutex_);
  DailyQuota daily_ GUARDED_BY(mutex_);
  Instant paused_until_ GUARDED_BY(mutex_){};              ///< everything
  std::optional<Instant> moved_since_ GUARDED_BY(mutex_);  ///< nothing was served since
  Instant burst_paused_until_ GUARDED_BY(mutex_){};
  Instant search_paused_until_ GUARDED_BY(mutex_){};
  Instant search_halved_until_ GUARDED_BY(mutex_){};
  std::optional<int64_t> burst_limit_ GUARDED_BY(mutex_);  ///< as reported
  ToldTwice<int64_t> told_burst_limit_ GUARDED_BY(mutex_);
  std::optional<int64_t> burst_remaining_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
