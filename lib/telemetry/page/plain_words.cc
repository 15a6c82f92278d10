#include "telemetry/page/plain_words.h"

#include "base/printable.h"

namespace hubmirror {
namespace {

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
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
      return "held: too many records would be marked gone at once";
    case StreamState::kFailing:
      return "failing, tried again";
    case StreamState::kPassive:
      return "another daemon owns this portal";
  }
  return "late";
}

std::string OneLine(std::string_view text) {
  return WithoutControls(text, ' ');
}

std::string Shortened(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  constexpr std::string_view kEllipsis = "…";
  size_t end = bytes > kEllipsis.size() ? bytes - kEllipsis.size() : 0;
  while (end > 0 && IsContinuation(text[end])) --end;
  return std::string(text.substr(0, end)).append(kEllipsis);
}

}  // namespace hubmirror
