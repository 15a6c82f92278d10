#include "hubspot/read/text_repair.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/ascii.h"

namespace hubmirror {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;
constexpr uint64_t kBackslashes = kOnes * '\\';

constexpr ptrdiff_t kBlock = 32;

/// A block of plain ASCII without a backslash: nothing to look at.
bool IsPlain(const char* bytes) {
  uint64_t found = 0;
  for (ptrdiff_t at = 0; at < kBlock; at += sizeof found) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + at, sizeof word);
    const uint64_t zero_at_backslash = word ^ kBackslashes;
    found |= word | ((zero_at_backslash - kOnes) & ~zero_at_backslash);
  }
  return (found & kHighs) == 0;
}

/// The value of `\uXXXX` at `at`; -1 when there is no such escape.
int EscapedUnit(const char* at, const char* end) {
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return -1;
  int unit = 0;
  for (int i = 2; i < 6; ++i) {
    const int digit = HexDigit(at[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool IsHigh(int unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool IsLow(int unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

bool IsContinuation(const char* at, const char* end) {
  return at < end && (static_cast<unsigned char>(*at) & 0xC0) == 0x80;
}

/// Walks the text once.
class Repair {
 public:
  explicit Repair(std::string& text) : at_(text.data()), end_(text.data() + text.size()) {}

  std::optional<uint64_t> Run() {
    while (at_ < end_) {
      if (end_ - at_ >= kBlock && IsPlain(at_)) {
        at_ += kBlock;
        continue;
      }
      const char* const until = at_ + std::min(kBlock, end_ - at_);
      while (at_ < until) {
        if (!Pass()) return std::nullopt;
      }
    }
    return repaired_;
  }

 private:
  /// Goes on to the next character; false where that is none.
  bool Pass() {
    if (static_cast<unsigned char>(*at_) >= 0x80) return PassSequence();
    if (*at_ == '\\') {
      PassEscape();
    } else {
      ++at_;
    }
    return true;
  }

  void PassEscape() {
    const int unit = EscapedUnit(at_, end_);
    if (unit < 0) {
      at_ += end_ - at_ >= 2 ? 2 : 1;  // Malformed ones are the parser's business.
      return;
    }
    if (IsHigh(unit) && IsLow(EscapedUnit(at_ + 6, end_))) {
      at_ += 12;
      return;
    }
    if (unit == 0 || IsHigh(unit) || IsLow(unit)) {
      std::memcpy(at_ + 2, "fffd", 4);
      ++repaired_;
    }
    at_ += 6;
  }

  /// One character of two to four bytes, shortest form only (RFC 3629).
  bool PassSequence() {
    const auto first = static_cast<unsigned char>(at_[0]);
    const int length = first >= 0xC2 && first <= 0xDF   ? 2
                       : first >= 0xE0 && first <= 0xEF ? 3
                       : first >= 0xF0 && first <= 0xF4 ? 4
                                                        : 0;
    if (length == 0) return false;
    for (int i = 1; i < length; ++i) {
      if (!IsContinuation(at_ + i, end_)) return false;
    }
    const auto second = static_cast<unsigned char>(at_[1]);
    if (first == 0xE0 && second < 0xA0) return false;
    if (first == 0xF0 && second < 0x90) return false;
    if (first == 0xF4 && second > 0x8F) return false;
    if (first == 0xED && second >= 0xA0) {
      std::memcpy(at_, "\xEF\xBF\xBD", 3);
      ++repaired_;
    }
    at_ += length;
    return true;
  }

  char* at_;
  char* const end_;
  uint64_t repaired_ = 0;
};

}  // namespace

std::optional<uint64_t> RepairText(std::string& json) {
  return Repair(json).Run();
}

}  // namespace hubmirror
