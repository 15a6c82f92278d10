#include "settings/text/text_trap.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.h"

namespace hubmirror {
namespace {

bool OnlyOf(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

bool IsTruth(const std::string& lower) {
  constexpr std::array<std::string_view, 8> kWords = {"y",    "yes",   "n",  "no",
                                                      "true", "false", "on", "off"};
  return std::ranges::find(kWords, lower) != kWords.end();
}

/// `1`, `1_000`, `017`, `0x1F`, `0o17`, `0b1`, `2026.1`, `1e3`, `.inf`, `.nan`; sign taken off.
bool IsNumber(const std::string& lower) {
  if (lower == ".inf" || lower == ".nan") return true;
  const std::string_view text = lower;
  if (text.starts_with("0x")) return OnlyOf(text.substr(2), "0123456789abcdef_");
  if (text.starts_with("0o") || text.starts_with("0b")) {
    return OnlyOf(text.substr(2), "01234567_");
  }
  if (!OnlyOf(text, "0123456789._e+-") || !std::ranges::any_of(text, IsDigit)) return false;
  const size_t exponent = text.find('e');
  const std::string_view mantissa = text.substr(0, exponent);
  if (exponent != std::string_view::npos) {
    std::string_view power = text.substr(exponent + 1);
    if (power.starts_with('+') || power.starts_with('-')) power.remove_prefix(1);
    if (!OnlyOf(power, "0123456789")) return false;
  }
  return OnlyOf(mantissa, "0123456789._") && std::ranges::count(mantissa, '.') <= 1 &&
         (IsDigit(mantissa[0]) || mantissa[0] == '.');
}

/// `1:30`, `12:30:45.5`: base 60 in YAML 1.1.
bool IsBaseSixty(const std::string& text) {
  if (text.find(':') == std::string::npos || !OnlyOf(text, "0123456789_:.")) return false;
  if (!IsDigit(text.front())) return false;
  size_t at = text.find(':');
  while (at != std::string::npos) {
    size_t digits = 0;
    while (at + 1 + digits < text.size() && IsDigit(text[at + 1 + digits])) ++digits;
    if (digits == 0 || digits > 2) return false;
    at = text.find(':', at + 1);
  }
  return true;
}

/// `2026-09-01`, with or without a time of day.
bool IsTimestamp(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00";
  if (text.size() < kShape.size()) return false;
  for (size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '0' ? !IsDigit(text[i]) : text[i] != '-') return false;
  }
  return text.size() == kShape.size() || text[kShape.size()] == ' ' || text[kShape.size()] == 't' ||
         text[kShape.size()] == 'T';
}

}  // namespace

std::string_view TextTrap(std::string_view plain) {
  const std::string lower = LowerCase(plain);
  if (IsTruth(lower)) return "a truth value";
  const bool has_sign = lower.starts_with('+') || lower.starts_with('-');
  const std::string unsigned_text = has_sign ? lower.substr(1) : lower;
  if (IsNumber(unsigned_text)) return "a number";
  if (IsBaseSixty(unsigned_text)) return "a number in base 60";
  if (IsTimestamp(plain)) return "a date";
  return {};
}

}  // namespace hubmirror
