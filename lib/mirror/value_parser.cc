#include "mirror/value_parser.h"

#include <charconv>

#include "base/ascii.h"
#include "base/time_text.h"

namespace hubmirror {
namespace {

using std::chrono::milliseconds;
using std::chrono::sys_days;

// https://www.postgresql.org/docs/current/datatype-numeric.html
constexpr int64_t kMostWholeDigits = 131'072;
constexpr int64_t kMostFractionDigits = 16'383;
// A number with at most this many characters fits, whatever its three-digit exponent.
constexpr size_t kSurelyFits = 4'000;

// HubSpot sends every value as a string, whatever its type. Old data and imports have left times as
// milliseconds, also as `1.7E12` (https://github.com/airbytehq/airbyte/issues/61326), and texts in
// number properties (https://github.com/airbytehq/airbyte/issues/62866): what does not parse is
// kept in `_rejected` (rule R10).
constexpr TimePoint kFirst{sys_days{std::chrono::year{1} / 1 / 1}};
constexpr TimePoint kPastLast{sys_days{std::chrono::year{10000} / 1 / 1}};

std::string_view TakeDigits(std::string_view& text) {
  size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

/// Takes a sign if there is one; whether it was a minus.
bool TakeMinus(std::string_view& text) {
  if (text.empty() || (text[0] != '-' && text[0] != '+')) return false;
  const bool minus = text[0] == '-';
  text.remove_prefix(1);
  return minus;
}

/// A number taken apart, its digits still where they were sent.
struct Decimal {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  int exponent = 0;

  size_t size() const { return whole.size() + fraction.size(); }
  char digit(size_t i) const { return i < whole.size() ? whole[i] : fraction[i - whole.size()]; }
  /// How many of the digits stand before the decimal point once the exponent has moved it; more
  /// than size() when zeros are to be added, negative when zeros follow the point.
  int64_t point() const { return static_cast<int64_t>(whole.size()) + exponent; }
};

std::optional<Decimal> SplitNumber(std::string_view raw) {
  Decimal number;
  number.negative = TakeMinus(raw);
  number.whole = TakeDigits(raw);
  if (number.whole.empty()) return std::nullopt;
  if (!raw.empty() && raw[0] == '.') {
    raw.remove_prefix(1);
    number.fraction = TakeDigits(raw);
    if (number.fraction.empty()) return std::nullopt;
  }
  if (!raw.empty() && (raw[0] == 'e' || raw[0] == 'E')) {
    raw.remove_prefix(1);
    const bool minus = TakeMinus(raw);
    const std::string_view digits = TakeDigits(raw);
    if (digits.empty() || digits.size() > 3) return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), number.exponent);
    if (minus) number.exponent = -number.exponent;
  }
  if (!raw.empty()) return std::nullopt;
  return number;
}

bool FitsNumeric(const Decimal& number) {
  const auto scale = static_cast<int64_t>(number.fraction.size()) - number.exponent;
  if (scale > kMostFractionDigits) return false;
  size_t zeros = 0;
  while (zeros < number.size() && number.digit(zeros) == '0') ++zeros;
  return zeros == number.size() || number.point() - static_cast<int64_t>(zeros) <= kMostWholeDigits;
}

/// The instant a number of milliseconds means, cut off downwards; nullopt outside years 1-9999.
std::optional<TimePoint> InstantOf(const Decimal& number) {
  constexpr int64_t kOutOfRange = 1'000'000'000'000'000;
  const int64_t point = number.point();
  int64_t value = 0;
  bool rest = false;
  for (size_t i = 0; i < number.size(); ++i) {
    const char digit = number.digit(i);
    if (static_cast<int64_t>(i) >= point) {
      rest = rest || digit != '0';
      continue;
    }
    value = value * 10 + (digit - '0');
    if (value >= kOutOfRange) return std::nullopt;
  }
  for (auto i = static_cast<int64_t>(number.size()); i < point && value != 0; ++i) {
    value *= 10;
    if (value >= kOutOfRange) return std::nullopt;
  }
  if (number.negative) value = -value - (rest ? 1 : 0);
  const TimePoint time{milliseconds{value}};
  if (time < kFirst || time >= kPastLast) return std::nullopt;
  return time;
}

/// Whether `text` has digits where `pattern` has `0` and elsewhere the same characters.
bool HasShape(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '0' ? !IsDigit(text[i]) : text[i] != pattern[i]) return false;
  }
  return true;
}

int Two(std::string_view text, size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// The day that `YYYY-MM-DD` at the start of a text of the right shape names.
std::optional<sys_days> DayAt(std::string_view text) {
  const std::chrono::year_month_day day{std::chrono::year{Two(text, 0) * 100 + Two(text, 2)},
                                        std::chrono::month{static_cast<unsigned>(Two(text, 5))},
                                        std::chrono::day{static_cast<unsigned>(Two(text, 8))}};
  if (!day.ok() || day.year() < std::chrono::year{1}) return std::nullopt;
  return sys_days{day};
}

/// Almost every time comes in exactly the form we write, and is then copied.
bool IsCanonicalTimestamp(std::string_view raw) {
  return HasShape(raw, "0000-00-00T00:00:00.000Z") && Two(raw, 11) < 24 && Two(raw, 14) < 60 &&
         Two(raw, 17) < 60 && DayAt(raw);
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    const bool upper = letter >= 'A' && letter <= 'Z';
    if ((upper ? static_cast<char>(letter - 'A' + 'a') : letter) != lower[i]) return false;
  }
  return true;
}

bool AppendDateText(std::string_view raw, std::string& out) {
  const auto day = ParseDate(raw);
  if (!day) return false;
  out += FormatDate(*day);
  return true;
}

bool AppendTimestampText(std::string_view raw, std::string& out) {
  if (IsCanonicalTimestamp(raw)) {
    out += raw;
    return true;
  }
  const auto time = ParseTimestamp(raw);
  if (!time) return false;
  AppendRfc3339(*time, out);
  return true;
}

}  // namespace

bool IsNumber(std::string_view raw) {
  const auto number = SplitNumber(raw);
  return number && (raw.size() <= kSurelyFits || FitsNumeric(*number));
}

bool IsId(std::string_view raw) {
  constexpr size_t kMostDigits = 18;
  return !raw.empty() && raw.size() <= kMostDigits &&
         raw.find_first_not_of("0123456789") == raw.npos;
}

std::optional<bool> ParseBoolean(std::string_view raw) {
  if (EqualsIgnoringCase(raw, "true") || EqualsIgnoringCase(raw, "yes")) return true;
  if (EqualsIgnoringCase(raw, "false") || EqualsIgnoringCase(raw, "no")) return false;
  return std::nullopt;
}

std::optional<sys_days> ParseDate(std::string_view raw) {
  if (HasShape(raw, "0000-00-00")) return DayAt(raw);
  const auto number = SplitNumber(raw);
  if (!number || raw.find_first_of(".eE") != raw.npos) return std::nullopt;
  const auto instant = InstantOf(*number);
  if (!instant) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*instant);
}

std::optional<TimePoint> ParseTimestamp(std::string_view raw) {
  if (const auto time = ParseRfc3339(raw)) return time;
  const auto number = SplitNumber(raw);
  return number ? InstantOf(*number) : std::nullopt;
}

bool AppendCanonical(ColumnType type, std::string_view raw, std::string& out) {
  switch (type) {
    case ColumnType::kNumeric:
      if (!IsNumber(raw)) return false;
      out += raw;
      return true;
    case ColumnType::kInteger:
      if (!IsId(raw)) return false;
      out += raw;
      return true;
    case ColumnType::kBoolean: {
      const auto flag = ParseBoolean(raw);
      if (flag) out += *flag ? "true" : "false";
      return flag.has_value();
    }
    case ColumnType::kDate:
      return AppendDateText(raw, out);
    case ColumnType::kTimestamp:
      return AppendTimestampText(raw, out);
    case ColumnType::kText:
      break;
  }
  out += raw;
  return true;
}

}  // namespace hubmirror
