#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace hubmirror {

/// Counts the requests of the account's day against our share of its quota. The day begins at
/// midnight of the account's UTC offset, and when the rest HubSpot reports rises. All times are
/// HubSpot's. Deciding only; owned by one thread at a time.
class DailyQuota {
 public:
  /// `limit`: the account's daily quota where answers do not tell it (OAuth apps).
  DailyQuota(double share, std::optional<int64_t> limit) : share_(share), limit_(limit) {}

  void set_utc_offset(std::chrono::milliseconds offset) { utc_offset_ = offset; }
  /// A request was answered at `date`.
  void Count(TimePoint date);
  /// What an answer of `date` told of the account's quota. When the rest rises within a day by our
  /// reckoning, the account's day begins then (its clocks changed), and from now on at that time.
  void Learn(std::optional<int64_t> limit, std::optional<int64_t> remaining, TimePoint date);
  /// The whole quota is used up, by us or by others: HubSpot said so.
  void UsedUp(TimePoint date);

  /// How long nothing may be sent, with `unanswered` requests not counted yet, the one that asks
  /// included; zero: go on.
  std::chrono::milliseconds Wait(TimePoint now, int64_t unanswered) const;

  std::optional<int64_t> limit() const { return limit_; }
  std::optional<int64_t> remaining() const { return remaining_; }
  /// Requests a day we may make; absent while the quota is not known.
  std::optional<int64_t> share() const;
  int64_t requests() const { return requests_; }

  struct Saved {
    int64_t day = 0;
    int64_t requests = 0;
  };
  Saved Save() const { return {day_, requests_}; }
  void Restore(Saved saved) {
    day_ = saved.day;
    requests_ = saved.requests;
  }

 private:
  int64_t DayOf(TimePoint date) const;
  std::chrono::milliseconds ToMidnight(TimePoint now) const;
  void BeginDayAt(TimePoint date);

  const double share_;
  std::optional<int64_t> limit_;
  std::optional<int64_t> remaining_;
  TimePoint remaining_at_{};
  std::chrono::milliseconds utc_offset_{0};
  int64_t day_ = 0;  ///< days since 1970 in the account's time
  int64_t requests_ = 0;
  std::optional<TimePoint> used_up_until_;
};

}  // namespace hubmirror
