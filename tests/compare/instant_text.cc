#include "compare/instant_text.h"

#include <chrono>
#include <cstdio>

namespace hubmirror::compare {
namespace {

constexpr Milliseconds kMinute = 60'000;
constexpr Milliseconds kDay = 24 * 60 * kMinute;

/// Takes one thing after the other from the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }

  bool Take(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_[0]) == any_of.npos) return false;
    text_.remove_prefix(1);
    return true;
  }

  /// Exactly `count` digits with a value from `least` to `most`.
  std::optional<int> Number(size_t count, int least, int most) {
    if (text_.size() < count) return std::nullopt;
    int value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
      value = value * 10 + (text_[i] - '0');
    }
    if (value < least || value > most) return std::nullopt;
    text_.remove_prefix(count);
    return value;
  }

  /// One or more digits after a decimal point, as whole milliseconds.
  std::optional<Milliseconds> Fraction() {
    size_t count = 0;
    Milliseconds value = 0;
    for (; count < text_.size() && text_[count] >= '0' && text_[count] <= '9'; ++count) {
      if (count < 3) value = value * 10 + (text_[count] - '0');
    }
    if (count == 0) return std::nullopt;
    for (size_t i = count; i < 3; ++i) value *= 10;
    text_.remove_prefix(count);
    return value;
  }

 private:
  std::string_view text_;
};

std::optional<Milliseconds> TakeDay(Cursor& cursor) {
  const auto year = cursor.Number(4, 1, 9999);
  if (!year || !cursor.Take("-")) return std::nullopt;
  const auto month = cursor.Number(2, 1, 12);
  if (!month || !cursor.Take("-")) return std::nullopt;
  const auto day = cursor.Number(2, 1, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay;
}

std::optional<Milliseconds> TakeTime(Cursor& cursor) {
  const auto hour = cursor.Number(2, 0, 23);
  if (!hour || !cursor.Take(":")) return std::nullopt;
  const auto minute = cursor.Number(2, 0, 59);
  if (!minute || !cursor.Take(":")) return std::nullopt;
  const auto second = cursor.Number(2, 0, 59);
  if (!second) return std::nullopt;
  const Milliseconds whole = ((*hour * 60 + *minute) * 60 + *second) * Milliseconds{1000};
  if (!cursor.Take(".")) return whole;
  const auto fraction = cursor.Fraction();
  if (!fraction) return std::nullopt;
  return whole + *fraction;
}

/// `+hh:mm`, with `minutes_may_miss` also `+hh`.
std::optional<Milliseconds> TakeOffset(Cursor& cursor, bool minutes_may_miss) {
  const bool west = cursor.Take("-");
  if (!west && !cursor.Take("+")) return std::nullopt;
  const auto hours = cursor.Number(2, 0, 23);
  if (!hours) return std::nullopt;
  int minutes = 0;
  if (cursor.Take(":")) {
    const auto read = cursor.Number(2, 0, 59);
    if (!read) return std::nullopt;
    minutes = *read;
  } else if (!minutes_may_miss) {
    return std::nullopt;
  }
  const Milliseconds offset = (*hours * 60 + minutes) * kMinute;
  return west ? -offset : offset;
}

std::optional<Milliseconds> Parse(std::string_view text, std::string_view separator,
                                  bool postgres) {
  Cursor cursor(text);
  const auto day = TakeDay(cursor);
  if (!day || !cursor.Take(separator)) return std::nullopt;
  const auto time = TakeTime(cursor);
  if (!time) return std::nullopt;
  Milliseconds offset = 0;
  if (postgres || !cursor.Take("Zz")) {
    const auto read = TakeOffset(cursor, postgres);
    if (!read) return std::nullopt;
    offset = *read;
  }
  const Milliseconds instant = *day + *time - offset;
  if (!cursor.at_end() || !IsStorableInstant(instant)) return std::nullopt;
  return instant;
}

std::chrono::sys_days DayOf(Milliseconds instant) {
  return std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(instant)));
}

}  // namespace

std::optional<Milliseconds> ParseRfc3339(std::string_view text) {
  return Parse(text, "Tt ", false);
}

std::optional<Milliseconds> ParsePostgresInstant(std::string_view text) {
  return Parse(text, " ", true);
}

std::optional<Milliseconds> ParseDay(std::string_view text) {
  Cursor cursor(text);
  const auto day = TakeDay(cursor);
  if (!cursor.at_end()) return std::nullopt;
  return day;
}

bool IsStorableInstant(Milliseconds instant) {
  constexpr Milliseconds kFirst = -719'162 * kDay;  // 0001-01-01
  constexpr Milliseconds kEnd = 2'932'897 * kDay;   // 10000-01-01
  return instant >= kFirst && instant < kEnd;
}

std::string FormatDay(Milliseconds instant) {
  const std::chrono::year_month_day day(DayOf(instant));
  char text[32];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text;
}

std::string FormatInstant(Milliseconds instant) {
  const Milliseconds in_day = instant - DayOf(instant).time_since_epoch().count() * kDay;
  const auto part = [in_day](Milliseconds unit, Milliseconds range) {
    return static_cast<int>(in_day / unit % range);
  };
  char text[32];
  std::snprintf(text, sizeof(text), "T%02d:%02d:%02d.%03dZ", part(60 * kMinute, 24),
                part(kMinute, 60), part(1000, 60), part(1, 1000));
  return FormatDay(instant) + text;
}

}  // namespace hubmirror::compare
