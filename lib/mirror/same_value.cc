#include "mirror/same_value.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/ascii.h"
#include "mirror/value_parser.h"

namespace hubmirror {
namespace {

bool IsEmailAddress(const PropertyDefinition& definition) {
  return definition.text_display_hint == "email" || definition.name == "email";
}

/// A number without what can be written in more than one way: sign, digits that count, and the
/// place of the last of them.
struct Amount {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;
  friend bool operator==(const Amount&, const Amount&) = default;
};

/// `raw` is a number.
Amount AmountOf(std::string_view raw) {
  Amount amount{.negative = raw.front() == '-'};
  if (!IsDigit(raw.front())) raw.remove_prefix(1);
  const size_t end = raw.find_first_of("eE");
  if (end != raw.npos) {
    const size_t number = end + (raw[end + 1] == '+' ? 2 : 1);
    std::from_chars(raw.data() + number, raw.data() + raw.size(), amount.exponent);
    raw = raw.substr(0, end);
  }
  if (const size_t point = raw.find('.'); point != raw.npos) {
    amount.exponent -= static_cast<int64_t>(raw.size() - point - 1);
  }
  std::ranges::copy_if(raw, std::back_inserter(amount.digits), IsDigit);
  amount.digits.erase(0, amount.digits.find_first_not_of('0'));
  while (amount.digits.ends_with('0')) {
    amount.digits.pop_back();
    ++amount.exponent;
  }
  if (amount.digits.empty()) return {};
  return amount;
}

bool SameCanonical(ColumnType type, std::string_view one, std::string_view other) {
  std::string left;
  std::string right;
  return AppendCanonical(type, one, left) && AppendCanonical(type, other, right) && left == right;
}

}  // namespace

bool HoldsSeveral(const PropertyDefinition& definition) {
  return definition.type == "enumeration" && definition.field_type == "checkbox";
}

std::vector<std::string_view> PartsOf(std::string_view value) {
  std::vector<std::string_view> parts;
  while (!value.empty()) {
    const size_t end = std::min(value.find(';'), value.size());
    const std::string_view part = value.substr(0, end);
    if (!part.empty() && std::ranges::find(parts, part) == parts.end()) parts.push_back(part);
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return parts;
}

bool SameValue(const MirrorColumn& column, std::string_view one, std::string_view other) {
  if (one == other) return true;
  if (HoldsSeveral(column.definition)) {
    auto left = PartsOf(one);
    auto right = PartsOf(other);
    std::ranges::sort(left);
    std::ranges::sort(right);
    return left == right;
  }
  if (one.empty() || other.empty()) return false;
  switch (column.type) {
    case ColumnType::kNumeric:
    case ColumnType::kInteger:
      return IsNumber(one) && IsNumber(other) && AmountOf(one) == AmountOf(other);
    case ColumnType::kBoolean:
    case ColumnType::kDate:
    case ColumnType::kTimestamp:
      return SameCanonical(column.type, one, other);
    case ColumnType::kText:
      break;
  }
  return IsEmailAddress(column.definition) && std::ranges::equal(one, other, {}, Lower, Lower);
}

}  // namespace hubmirror
