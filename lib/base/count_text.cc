#include "base/count_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace hubmirror {

std::string CountWords(int64_t count) {
  std::string words = std::to_string(count);
  const size_t first_digit = count < 0 ? 1 : 0;
  for (size_t at = words.size(); at > first_digit + 3;) {
    at -= 3;
    words.insert(at, 1, ',');
  }
  return words;
}

std::string Counted(int64_t count, std::string_view one) {
  return CountWords(count).append(" ").append(one).append(count == 1 ? "" : "s");
}

std::string RatioWords(double ratio) {
  if (!std::isfinite(ratio) || ratio < 0) return "?";
  const int digits =
      ratio > 0 ? std::max(0, 1 - static_cast<int>(std::floor(std::log10(ratio)))) : 0;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", std::min(digits, 6), ratio);
  return text.data();
}

}  // namespace hubmirror
