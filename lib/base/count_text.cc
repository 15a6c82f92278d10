#include "base/count_text.h"

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

}  // namespace hubmirror
