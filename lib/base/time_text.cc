#include "base/time_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace hubmirror {
namespace {

using std::chrono::milliseconds;
using std::chrono::sys_days;

constexpr TimePoint kFirst{sys_days{std::chrono::year{1} / 1 / 1}};
constexpr TimePoint kPastLast{sys_days{std::chrono::year{10000} / 1 / 1}};

/// Reads exactly `digits` decimal digits at `text[at]`; -1 when they are not there.
int Digits(std::string_view text, size_t at, size_t digits) {
  if (at + digits > text.size()) return -1;
  int value = 0;
  for (size_t i = at; i < at + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::optional<sys_days> Day(int year, int month, int day) {
  if (year < 1 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

std::optional<milliseconds> TimeOfDay(int hour, int minute, int second) {
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return std::nullopt;
  }
  return std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
}

/// Reads `.123456` at `at`, moving `at` past it. Digits after the third are cut off.
std::optional<milliseconds> Fraction(std::string_view text, size_t& at) {
  if (at >= text.size() || text[at] != '.') return milliseconds{0};
  const size_t start = ++at;
  int value = 0;
  int scale = 100;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - start < 9) {
    value += (text[at] - '0') * scale;
    scale /= 10;
    ++at;
  }
  if (at == start) return std::nullopt;
  return milliseconds{value};
}

/// Reads `Z` or `+hh:mm` at `at`, which must end the text.
std::optional<milliseconds> Offset(std::string_view text, size_t at) {
  if (at + 1 == text.size() && (text[at] == 'Z' || text[at] == 'z')) return milliseconds{0};
  if (at + 6 != text.size() || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':') {
    return std::nullopt;
  }
  const auto amount = TimeOfDay(Digits(text, at + 1, 2), Digits(text, at + 4, 2), 0);
  if (!amount) return std::nullopt;
  return text[at] == '-' ? -*amount : *amount;
}

std::optional<TimePoint> InRange(TimePoint time) {
  if (time < kFirst || time >= kPastLast) return std::nullopt;
  return time;
}

void AppendDigits(int value, int digits, std::string& out) {
  std::array<char, 8> text{};
  for (int i = digits; i-- > 0; value /= 10) {
    text[static_cast<size_t>(i)] = static_cast<char>('0' + value % 10);
  }
  out.append(text.data(), static_cast<size_t>(digits));
}

void AppendDate(sys_days day, std::string& out) {
  const std::chrono::year_month_day date{day};
  AppendDigits(static_cast<int>(date.year()), 4, out);
  out += '-';
  AppendDigits(static_cast<int>(static_cast<unsigned>(date.month())), 2, out);
  out += '-';
  AppendDigits(static_cast<int>(static_cast<unsigned>(date.day())), 2, out);
}

}  // namespace

std::optional<TimePoint> ParseRfc3339(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':' ||
      (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) {
    return std::nullopt;
  }
  const auto day = Day(Digits(text, 0, 4), Digits(text, 5, 2), Digits(text, 8, 2));
  const auto time = TimeOfDay(Digits(text, 11, 2), Digits(text, 14, 2), Digits(text, 17, 2));
  size_t at = 19;
  const auto fraction = Fraction(text, at);
  const auto offset = Offset(text, at);
  if (!day || !time || !fraction || !offset) return std::nullopt;
  return InRange(TimePoint{*day} + *time + *fraction - *offset);
}

std::optional<TimePoint> ParseHttpDate(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(25) != " GMT") return std::nullopt;
  const size_t month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  const auto day = Day(Digits(text, 12, 4), static_cast<int>(month / 3) + 1, Digits(text, 5, 2));
  const auto time = TimeOfDay(Digits(text, 17, 2), Digits(text, 20, 2), Digits(text, 23, 2));
  if (!day || !time) return std::nullopt;
  return TimePoint{*day} + *time;
}

std::optional<TimePoint> ParseEpochMilliseconds(std::string_view text) {
  int64_t whole = 0;
  const char* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, whole);
      read.ec == std::errc() && read.ptr == end) {
    if (whole < kFirst.time_since_epoch().count() ||
        whole >= kPastLast.time_since_epoch().count()) {
      return std::nullopt;
    }
    return TimePoint{milliseconds{whole}};
  }
  double number = 0;
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || !std::isfinite(number)) return std::nullopt;
  if (std::fabs(number) > 1e15) return std::nullopt;
  return InRange(TimePoint{milliseconds{std::llround(number)}});
}

void AppendRfc3339(TimePoint time, std::string& out) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock{time - day};
  AppendDate(day, out);
  out += 'T';
  AppendDigits(static_cast<int>(clock.hours().count()), 2, out);
  out += ':';
  AppendDigits(static_cast<int>(clock.minutes().count()), 2, out);
  out += ':';
  AppendDigits(static_cast<int>(clock.seconds().count()), 2, out);
  out += '.';
  AppendDigits(static_cast<int>(clock.subseconds().count()), 3, out);
  out += 'Z';
}

std::string FormatRfc3339(TimePoint time) {
  std::string out;
  AppendRfc3339(time, out);
  return out;
}

std::string FormatDate(sys_days day) {
  std::string out;
  AppendDate(day, out);
  return out;
}

}  // namespace hubmirror
