#include "settings/text/quantity_text.h"

#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace hubmirror {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr std::array kDurationUnits = {Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
                                       Unit{"h", 3'600'000}, Unit{"d", 86'400'000}};
constexpr std::array kSizeUnits = {Unit{"KiB", 1 << 10}, Unit{"MiB", 1 << 20},
                                   Unit{"GiB", 1 << 30}};
constexpr int64_t kLongestDuration = 366 * int64_t{86'400'000};
constexpr int64_t kLargestSize = int64_t{1} << 40;

/// The kind of quantity, for its messages.
struct Quantity {
  std::span<const Unit> units;
  int64_t most;
  std::string_view noun;
  std::string_view most_text;
  std::string_view form;  ///< what to write instead
};

constexpr Quantity kDurations = {kDurationUnits, kLongestDuration, "a duration", "366d",
                                 "write a whole number and a unit: 250ms, 30s, 5m, 1h or 7d"};
constexpr Quantity kSizes = {kSizeUnits, kLargestSize, "a size", "1024GiB",
                             "write a whole number and a unit: 512KiB, 64MiB or 1GiB"};

ConfigFault Wrong(std::string_view text, const std::string& what, const Quantity& quantity) {
  return {QuoteForMessage(text) + what, std::string(quantity.form)};
}

Result<int64_t, ConfigFault> Read(std::string_view text, const Quantity& quantity) {
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits == 0) return Wrong(text, " is not " + std::string(quantity.noun), quantity);
  if (digits == text.size()) return Wrong(text, " has no unit", quantity);

  const std::string_view name = text.substr(digits);
  std::optional<Unit> unit;
  for (const Unit& known : quantity.units) {
    if (known.name == name) unit = known;
  }
  if (!unit) return Wrong(text, " is not " + std::string(quantity.noun), quantity);
  int64_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + digits, count);
  if (read.ec != std::errc() || count > quantity.most / unit->factor) {
    return ConfigFault{QuoteForMessage(text) + " is too much",
                       "the most is " + std::string(quantity.most_text)};
  }
  return count * unit->factor;
}

std::string Write(int64_t amount, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (amount != 0 && amount % unit.factor == 0) best = &unit;
  }
  return std::to_string(amount / best->factor) + std::string(best->name);
}

}  // namespace

Result<std::chrono::milliseconds, ConfigFault> ReadDuration(std::string_view text) {
  const auto read = Read(text, kDurations);
  if (!read) return read.error();
  return std::chrono::milliseconds(*read);
}

std::string WriteDuration(std::chrono::milliseconds duration) {
  if (duration.count() == 0) return "0s";
  return Write(duration.count(), std::span(kDurationUnits).first(4));
}

Result<int64_t, ConfigFault> ReadByteSize(std::string_view text) {
  return Read(text, kSizes);
}

std::string WriteByteSize(int64_t bytes) {
  return Write(bytes, kSizeUnits);
}

}  // namespace hubmirror
