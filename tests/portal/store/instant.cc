#include "store/instant.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace simulated_portal {
namespace {

struct CivilTime {
  std::chrono::year_month_day date;
  int hour, minute, second, millisecond;
  std::chrono::weekday weekday;
};

CivilTime ToCivil(Instant instant) {
  using std::chrono::floor;
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(instant)};
  const auto day = floor<std::chrono::days>(time);
  const auto rest = static_cast<int>((time - day).count());
  return {std::chrono::year_month_day(day),
          rest / 3'600'000,
          rest / 60'000 % 60,
          rest / 1000 % 60,
          rest % 1000,
          std::chrono::weekday(day)};
}

/// Reads exactly `width` digits at `at` and moves past them.
std::optional<int> Digits(std::string_view text, size_t& at, size_t width) {
  if (at + width > text.size()) return std::nullopt;
  int value = 0;
  for (size_t end = at + width; at < end; ++at) {
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

bool Skip(std::string_view text, size_t& at, char wanted) {
  if (at >= text.size() || text[at] != wanted) return false;
  ++at;
  return true;
}

std::optional<Instant> ParseDay(std::string_view text, size_t& at) {
  const auto year = Digits(text, at, 4);
  if (!year || !Skip(text, at, '-')) return std::nullopt;
  const auto month = Digits(text, at, 2);
  if (!month || !Skip(text, at, '-')) return std::nullopt;
  const auto day = Digits(text, at, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay;
}

std::optional<Duration> ParseClock(std::string_view text, size_t& at) {
  const auto hour = Digits(text, at, 2);
  if (!hour || !Skip(text, at, ':')) return std::nullopt;
  const auto minute = Digits(text, at, 2);
  if (!minute || !Skip(text, at, ':')) return std::nullopt;
  const auto second = Digits(text, at, 2);
  if (!second) return std::nullopt;
  Duration fraction = 0;
  if (Skip(text, at, '.')) {
    Duration unit = 100;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) {
      fraction += (text[at] - '0') * unit;
    }
  }
  return ((*hour * 60 + *minute) * 60 + *second) * kSecond + fraction;
}

}  // namespace

std::string FormatInstant(Instant instant, InstantStyle style) {
  const CivilTime t = ToCivil(instant);
  std::string out = "0000-00-00T00:00:00.000Z";
  // Written by hand: every record of every page carries two of these.
  const auto put = [&out](size_t at, size_t width, int value) {
    for (size_t i = at + width; i-- > at; value /= 10) out[i] = static_cast<char>('0' + value % 10);
  };
  put(0, 4, static_cast<int>(t.date.year()));
  put(5, 2, static_cast<int>(static_cast<unsigned>(t.date.month())));
  put(8, 2, static_cast<int>(static_cast<unsigned>(t.date.day())));
  put(11, 2, t.hour);
  put(14, 2, t.minute);
  put(17, 2, t.second);
  put(20, 3, t.millisecond);
  if (style == InstantStyle::kTrimmed) {
    out.pop_back();
    while (out.back() == '0') out.pop_back();
    if (out.back() == '.') out.pop_back();
    out += 'Z';
  }
  return out;
}

std::string FormatDate(Instant instant) {
  return FormatInstant(instant).substr(0, 10);
}

std::string FormatHttpDate(Instant instant) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime t = ToCivil(instant);
  std::array<char, 48> text;
  const int length =
      std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                    kDays[t.weekday.c_encoding()], static_cast<unsigned>(t.date.day()),
                    kMonths[static_cast<unsigned>(t.date.month()) - 1],
                    static_cast<int>(t.date.year()), t.hour, t.minute, t.second);
  return std::string(text.data(), static_cast<size_t>(length));
}

std::optional<Instant> ParseInstant(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  size_t at = 0;
  const auto day = ParseDay(text, at);
  if (!day || at == text.size()) return day;
  if (!Skip(text, at, 'T')) return std::nullopt;
  const auto clock = ParseClock(text, at);
  if (!clock) return std::nullopt;
  if (Skip(text, at, 'Z') && at == text.size()) return *day + *clock;
  const auto offset = ParseUtcOffset(text.substr(at));
  if (!offset) return std::nullopt;
  return *day + *clock - *offset;
}

std::optional<Duration> ParseDuration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  double factor = 0;
  if (unit.empty() || unit == "ms") factor = 1;
  if (unit == "s") factor = 1000;
  if (unit == "m") factor = 60'000;
  if (unit == "h") factor = 3'600'000;
  if (factor == 0) return std::nullopt;
  return static_cast<Duration>(number * factor);
}

std::optional<Duration> ParseUtcOffset(std::string_view text) {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  size_t at = 1;
  const auto hours = Digits(text, at, 2);
  if (!hours || !Skip(text, at, ':')) return std::nullopt;
  const auto minutes = Digits(text, at, 2);
  if (!minutes) return std::nullopt;
  const Duration size = (*hours * 60 + *minutes) * (60 * kSecond);
  return text[0] == '-' ? -size : size;
}

}  // namespace simulated_portal
