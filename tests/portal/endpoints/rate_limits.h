#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "faults/switches.h"
#include "store/instant.h"

namespace simulated_portal {

/// HubSpot's limits. 0 switches one off.
struct LimitSettings {
  int64_t burst = 190;
  Duration burst_window = 10 * kSecond;
  int64_t search = 5;
  int64_t associations = 100;  ///< in a window of their own, as long as the burst's
  int64_t daily = 625'000;
};

/// Another app of the same account, which spends searches and daily calls.
struct OtherApp {
  double requests_per_second = 0;
  double searches_per_second = 0;
};

/// Counts requests against the limits of one portal. Owned by one thread.
class RateLimits {
 public:
  RateLimits(const Switches& switches, Duration utc_offset)
      : switches_(switches), utc_offset_(utc_offset) {}

  void Configure(const LimitSettings& settings) { settings_ = settings; }
  void SetOtherApp(const OtherApp& other) { other_ = other; }
  [[nodiscard]] const LimitSettings& settings() const { return settings_; }
  [[nodiscard]] const OtherApp& other_app() const { return other_; }

  enum class Lane { kGeneral, kSearch, kLinks };
  enum class Exceeded { kNothing, kBurst, kSearch, kLinks, kDaily };
  struct Verdict {
    Exceeded exceeded = Exceeded::kNothing;
    bool shared = false;  ///< the other app took what was missing
    int64_t burst_remaining = 0;
    int64_t daily_remaining = 0;
    Duration wait = 0;  ///< until a slot opens
  };
  /// A request of `app` (its token or client) arrives. A refused one uses nothing.
  Verdict Take(std::string_view app, Lane lane, Instant now);

  [[nodiscard]] int64_t daily_used() const { return daily_used_; }
  [[nodiscard]] Instant day_end() const;
  /// Most requests seen within one window.
  [[nodiscard]] size_t burst_peak() const { return burst_peak_; }
  [[nodiscard]] size_t search_peak() const { return search_peak_; }
  void ResetPeaks() { burst_peak_ = search_peak_ = 0; }

 private:
  struct Search {
    Instant at;
    bool own;
  };
  void SpendForOthers(Instant now);
  void StartDay(Instant now);
  Verdict TakeSearch(std::string_view app, Instant now);
  Verdict TakeBurst(std::string_view app, Instant now);
  Verdict TakeLinks(std::string_view app, Instant now);

  const Switches& switches_;
  const Duration utc_offset_;
  LimitSettings settings_;
  OtherApp other_;
  std::map<std::string, std::deque<Instant>, std::less<>> bursts_;  ///< by app
  std::map<std::string, std::deque<Search>, std::less<>> searches_;
  std::map<std::string, std::deque<Instant>, std::less<>> links_;  ///< by app
  int64_t day_ = -1;
  int64_t daily_used_ = 0;
  int64_t daily_by_others_ = 0;
  double other_requests_ = 0, other_searches_ = 0;  ///< fractions not yet spent
  Instant others_until_ = 0;
  size_t burst_peak_ = 0, search_peak_ = 0;
};

}  // namespace simulated_portal
