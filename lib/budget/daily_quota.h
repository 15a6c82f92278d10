#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "budget/told_twice.h"

namespace hubmirror {

/// Counts the requests of the account's day against our share of its quota. The day begins at
/// midnight of the account's UTC offset, and when the rest HubSpot reports rises. All times are
/// HubSpot's. Deciding only; owned by one thread at a time. (More than fifteen functions: half of
/// them are one-line questions about the count.)
class DailyQuota {
 public:
  /// `limit`: the account's daily quota where answers do not tell it (OAuth apps).
  DailyQuota(double share, std::optional<int64_t> limit)
      : share_(share), configured_(limit), limit_(limit) {}

  void set_utc_offset(std::chrono::milliseconds offset) { utc_offset_ = offset; }
  /// A request was answered at `date`.
  void Count(TimePoint date);
  /// What an answer of `date` said about the account's quota; it counts once the next one agrees.
  /// When the rest rises within a day by our reckoning, the account's day begins then (its clocks
  /// changed), and from now on at that time.
  void Learn(std::optional<int64_t> limit, std::optional<int64_t> remaining, TimePoint date);
  /// The whole quota is used up, by us or by others: HubSpot refused a request for it.
  void UsedUp(TimePoint date);
  /// HubSpot served a request: there is something left.
  void Served() { used_up_until_.reset(); }

  /// How long nothing may be sent, given `unanswered` requests that are not counted yet, including
  /// the one asking. Zero: send.
  std::chrono::milliseconds Wait(TimePoint now, int64_t unanswered) const;

  /// While nothing may be sent: how long until a single request tests whether that still holds.
  /// Absent if only our own share of a configured limit is used up.
  std::optional<std::chrono::milliseconds> ToProbe(TimePoint now) const;

  /// Nothing more may be sent today.
  struct Over {
    bool for_everybody = false;  ///< HubSpot serves nobody; else it is for our own share
    TimePoint until{};
  };
  std::optional<Over> OverAt(TimePoint now) const;
  /// Requests of the day that were not ours, as far as HubSpot says; absent if it does not.
  std::optional<int64_t> used_by_others() const;

  std::optional<int64_t> limit() const { return limit_; }
  std::optional<int64_t> remaining() const { return remaining_; }
  /// How many requests we may make in a day; absent while the quota is unknown.
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
  bool ShareIsUsed(int64_t unanswered) const;
  bool NothingLeft(int64_t unanswered) const;

  const double share_;
  const std::optional<int64_t> configured_;
  std::optional<int64_t> limit_;
  std::optional<int64_t> remaining_;
  std::optional<int64_t> remaining_of_;  ///< the limit at that time
  ToldTwice<int64_t> told_limit_;
  ToldTwice<int64_t> told_remaining_;
  TimePoint remaining_at_{};
  std::chrono::milliseconds utc_offset_{0};
  int64_t day_ = 0;  ///< days since 1970 in the account's time
  int64_t requests_ = 0;
  std::optional<TimePoint> used_up_until_;
  std::optional<TimePoint> answered_at_;  ///< the last request
};

/// The requests of a day, as they are stored.
std::string ToText(const DailyQuota::Saved& saved);
std::optional<DailyQuota::Saved> ParseDailyQuota(std::string_view text);

}  // namespace hubmirror
