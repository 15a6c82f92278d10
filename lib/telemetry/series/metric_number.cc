#include "telemetry/series/metric_number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace hubmirror {
namespace {

constexpr int kDigits = 16;
constexpr double kMostExact = 1e15;  ///< below it a whole number has fewer digits

}  // namespace

void AppendNumber(double value, std::string& text) {
  if (std::isnan(value)) {
    text += "Nan";
  } else if (std::isinf(value)) {
    text += value < 0 ? "-Inf" : "+Inf";
  } else {
    std::array<char, 32> digits{};
    const auto whole = std::abs(value) < kMostExact ? static_cast<int64_t>(value) : 0;
    const bool is_whole = whole != 0 && static_cast<double>(whole) == value;
    const auto end = is_whole ? std::to_chars(digits.data(), digits.data() + digits.size(), whole)
                              : std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                              std::chars_format::general, kDigits);
    text.append(digits.data(), end.ptr);
  }
}

}  // namespace hubmirror
