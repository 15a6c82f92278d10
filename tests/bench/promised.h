#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

namespace hubmirror::testing {

/// How long it takes.
inline double MillisecondsOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

/// The value that `share` of them do not exceed.
inline double Quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

/// Prints a figure beside what was promised; whether it is kept, but for what a busy machine adds.
inline bool Judge(const std::string& what, double found, double promised) {
  constexpr double kMargin = 1.25;
  const bool kept = found <= promised * kMargin;
  std::cout << std::setw(58) << std::left << what << std::right << std::setw(9) << found
            << "  promised " << promised << (kept ? "" : "  MISSED") << std::endl;
  return kept;
}

}  // namespace hubmirror::testing
