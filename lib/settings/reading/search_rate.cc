#include "settings/reading/search_rate.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "settings/text/quantity_text.h"

namespace hubmirror {
namespace {

constexpr double kSearchesPerSecond = 3.0;

std::string OneDecimal(double number) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::fixed, 1).ptr;
  return {text, end};
}

}  // namespace

std::optional<ConfigFault> TooManySearches(const PortalPlan& plan) {
  std::map<std::chrono::milliseconds, int> by_interval;
  double searches = 0;
  for (const StreamPlan& stream : plan.streams) {
    if (stream.interval.count() <= 0) continue;  // The value was wrong and is reported.
    ++by_interval[stream.interval];
    searches += 1000.0 / static_cast<double>(stream.interval.count());
  }
  if (searches <= kSearchesPerSecond) return std::nullopt;

  std::string sum;
  for (const auto& [interval, objects] : by_interval) {
    if (!sum.empty()) sum += " + ";
    sum += std::to_string(objects) + " per " + WriteDuration(interval);
  }
  const double evenly = 1000.0 * static_cast<double>(plan.streams.size()) / kSearchesPerSecond;
  const std::chrono::milliseconds enough{static_cast<int64_t>(std::ceil(evenly))};
  return ConfigFault{"polls would ask for " + OneDecimal(searches) + " searches a second (" + sum +
                         "), more than the " + OneDecimal(kSearchesPerSecond) +
                         " planned for one portal, so each interval will be " +
                         OneDecimal(searches / kSearchesPerSecond) + " times as long",
                     "lengthen intervals: " + WriteDuration(enough) +
                         " fits if all of the portal's " + std::to_string(plan.streams.size()) +
                         " objects have it"};
}

}  // namespace hubmirror
