#include "endpoints/rate_limits.h"

#include <algorithm>

namespace simulated_portal {
namespace {

constexpr Duration kSearchWindow = kSecond;

int64_t DayOf(Instant now, Duration utc_offset) {
  const Instant local = now + utc_offset;
  return local >= 0 ? local / kDay : (local - kDay + 1) / kDay;
}

}  // namespace

Instant RateLimits::day_end() const {
  return (day_ + 1) * kDay - utc_offset_;
}

void RateLimits::StartDay(Instant now) {
  const int64_t day = DayOf(now, utc_offset_);
  if (day == day_) return;
  day_ = day;
  daily_used_ = daily_by_others_ = 0;
}

void RateLimits::SpendForOthers(Instant now) {
  const Instant since = others_until_ == 0 ? now : others_until_;
  others_until_ = now;
  const double seconds = static_cast<double>(now - since) / 1000;
  other_requests_ += seconds * other_.requests_per_second;
  other_searches_ += seconds * other_.searches_per_second;
  const auto requests = static_cast<int64_t>(other_requests_);
  const auto searches = static_cast<int64_t>(other_searches_);
  other_requests_ -= static_cast<double>(requests);
  other_searches_ -= static_cast<double>(searches);
  daily_used_ += requests + searches;
  daily_by_others_ += requests + searches;
  auto& account = searches_[""];
  for (int64_t i = 0; i < searches; ++i) {
    account.push_back({since + (now - since) * (i + 1) / searches, false});
  }
}

RateLimits::Verdict RateLimits::Take(std::string_view app, Lane lane, Instant now) {
  StartDay(now);
  SpendForOthers(now);
  Verdict verdict = lane == Lane::kSearch  ? TakeSearch(app, now)
                    : lane == Lane::kLinks ? TakeLinks(app, now)
                                           : TakeBurst(app, now);
  const bool counted = lane != Lane::kSearch || switches_.Is(Setting::kSearchDailyCounted);
  if (verdict.exceeded == Exceeded::kNothing && counted) {
    if (settings_.daily > 0 && daily_used_ >= settings_.daily) {
      verdict.exceeded = Exceeded::kDaily;
      verdict.shared = daily_used_ - daily_by_others_ < settings_.daily;
      verdict.wait = day_end() - now;
    } else {
      ++daily_used_;
    }
  }
  verdict.daily_remaining = std::max<int64_t>(0, settings_.daily - daily_used_);
  return verdict;
}

RateLimits::Verdict RateLimits::TakeSearch(std::string_view app, Instant now) {
  // The other app's searches stand under no name: with a bucket per token they bother nobody.
  const bool shared = switches_.Is(Setting::kSearchBucketAccount);
  auto& searches = searches_[shared ? std::string() : std::string(app)];
  while (!searches.empty() && searches.front().at <= now - kSearchWindow) searches.pop_front();
  Verdict verdict;
  const auto own = std::count_if(searches.begin(), searches.end(),
                                 [](const Search& search) { return search.own; });
  if (settings_.search > 0 && static_cast<int64_t>(searches.size()) >= settings_.search) {
    verdict.exceeded = Exceeded::kSearch;
    verdict.shared = own < settings_.search;
    verdict.wait = searches.front().at + kSearchWindow - now;
    return verdict;
  }
  searches.push_back({now, true});
  search_peak_ = std::max(search_peak_, static_cast<size_t>(own) + 1);
  return verdict;
}

RateLimits::Verdict RateLimits::TakeBurst(std::string_view app, Instant now) {
  std::deque<Instant>& requests = bursts_[std::string(app)];
  while (!requests.empty() && requests.front() <= now - settings_.burst_window) {
    requests.pop_front();
  }
  Verdict verdict;
  const auto used = static_cast<int64_t>(requests.size());
  if (settings_.burst > 0 && used >= settings_.burst) {
    verdict.exceeded = Exceeded::kBurst;
    verdict.wait = requests.front() + settings_.burst_window - now;
    return verdict;
  }
  requests.push_back(now);
  burst_peak_ = std::max(burst_peak_, requests.size());
  verdict.burst_remaining = std::max<int64_t>(0, settings_.burst - used - 1);
  return verdict;
}

RateLimits::Verdict RateLimits::TakeLinks(std::string_view app, Instant now) {
  std::deque<Instant>& requests = links_[std::string(app)];
  while (!requests.empty() && requests.front() <= now - settings_.burst_window) {
    requests.pop_front();
  }
  Verdict verdict;
  if (settings_.associations > 0 &&
      static_cast<int64_t>(requests.size()) >= settings_.associations) {
    verdict.exceeded = Exceeded::kLinks;
    verdict.wait = requests.front() + settings_.burst_window - now;
    return verdict;
  }
  requests.push_back(now);
  return verdict;
}

}  // namespace simulated_portal
