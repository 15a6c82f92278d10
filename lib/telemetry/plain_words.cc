#include "telemetry/plain_words.h"

namespace hubmirror {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Length of the well-formed character at the start of `text`, 0 when there is none. Refuses
/// overlong forms, surrogates and values above U+10FFFF (RFC 3629).
size_t CharacterLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool outside = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || outside ? 0 : length;
}

std::string Pair(int64_t large, const char* large_unit, int64_t small, const char* small_unit) {
  std::string words = std::to_string(large) + " " + large_unit;
  if (small > 0) words += " " + std::to_string(small) + " " + small_unit;
  return words;
}

}  // namespace

std::string SpanWords(std::chrono::seconds span) {
  const int64_t seconds = span.count() < 0 ? 0 : span.count();
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return Pair(seconds / 60, "min", seconds % 60, "s");
  if (seconds < 86400) return Pair(seconds / 3600, "h", seconds % 3600 / 60, "min");
  return Pair(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

std::string CountWords(int64_t count) {
  std::string digits = std::to_string(count);
  const size_t first = digits[0] == '-' ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string_view StateWords(StreamState state) {
  switch (state) {
    case StreamState::kBackfilling:
      return "loading for the first time";
    case StreamState::kCurrent:
      return "up to date";
    case StreamState::kLate:
      return "late";
    case StreamState::kPaused:
      return "paused by the operator";
    case StreamState::kBlocked:
      return "blocked: a person must act";
    case StreamState::kSuspicious:
      return "held: too many records would go at once";
    case StreamState::kFailing:
      return "failing, tried again";
    case StreamState::kPassive:
      return "another daemon owns this portal";
  }
  return "late";
}

std::string OneLine(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

std::string ValidUtf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    valid.append(length > 0 ? text.substr(0, length) : kReplacement);
    text.remove_prefix(length > 0 ? length : 1);
  }
  return valid;
}

std::string Shortened(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  constexpr std::string_view kEllipsis = "…";
  size_t end = bytes > kEllipsis.size() ? bytes - kEllipsis.size() : 0;
  while (end > 0 && IsContinuation(text[end])) --end;
  return std::string(text.substr(0, end)).append(kEllipsis);
}

}  // namespace hubmirror
