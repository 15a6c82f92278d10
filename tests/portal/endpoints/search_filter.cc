#include "endpoints/search_filter.h"

#include <charconv>
#include <cmath>

#include "endpoints/json_text.h"
#include "faults/glob.h"

namespace simulated_portal {
namespace {

bool IsNumeric(const PropertyDefinition& property) {
  return property.type == "number" || property.type == "date" || property.type == "datetime";
}

bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '*';
}

}  // namespace

std::optional<double> SearchNumber(const PropertyDefinition& property, const std::string& raw) {
  if (property.type != "number") {
    if (const auto instant = ParseInstant(raw)) return static_cast<double>(*instant);
    if (property.type == "date" && raw.size() == 10) return std::nullopt;
  }
  double number = 0;
  const auto parsed = std::from_chars(raw.data(), raw.data() + raw.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != raw.data() + raw.size()) return std::nullopt;
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

CompiledFilter::CompiledFilter(const SearchFilter& filter, const CrmObject& object)
    : catalog_(object.catalog), op_(filter.op) {
  const auto property = catalog_.Find(filter.property);
  if (!property) {
    source_ = Source::kNothing;
    return;
  }
  property_ = *property;
  const PropertyDefinition& definition = catalog_.at(property_);
  const PropertyCatalog::Assigned& assigned = catalog_.assigned();
  if (property_ == assigned.modified) source_ = Source::kStamp;
  if (property_ == assigned.id) source_ = Source::kId;
  with_case_ = definition.type == "enumeration";
  numeric_ = IsNumeric(definition);
  const auto prepare = [&](const std::string& raw) {
    SearchValue value;
    value.text = with_case_ ? raw : LowerCase(raw);
    value.number = SearchNumber(definition, raw).value_or(std::nan(""));
    return value;
  };
  value_ = prepare(filter.value);
  high_ = prepare(filter.high);
  for (const std::string& raw : filter.values) {
    // Listed values are compared as they are with the lower-case value.
    texts_.insert(raw);
    numbers_.insert(prepare(raw).number);
  }
}

bool CompiledFilter::Matches(RecordId id, const RecordVersion& version) const {
  if (source_ == Source::kNothing) return false;
  const bool has = source_ != Source::kValue || version.HasValue(catalog_, property_);
  if (op_ == SearchOperator::kHasProperty) return has;
  if (op_ == SearchOperator::kNotHasProperty) return !has;
  if (!has) return false;
  if (source_ == Source::kStamp) return MatchesNumber(static_cast<double>(version.stamp));
  if (source_ == Source::kId) return MatchesNumber(static_cast<double>(id));
  return MatchesValue(version.Value(catalog_, property_).value_or(""));
}

bool CompiledFilter::MatchesValue(const std::string& raw) const {
  const bool token =
      op_ == SearchOperator::kContainsToken || op_ == SearchOperator::kNotContainsToken;
  if (token) return ContainsToken(raw) == (op_ == SearchOperator::kContainsToken);
  if (!numeric_) return MatchesText(with_case_ ? raw : LowerCase(raw));
  const auto number = SearchNumber(catalog_.at(property_), raw);
  return number && MatchesNumber(*number);
}

bool CompiledFilter::MatchesNumber(double number) const {
  switch (op_) {
    case SearchOperator::kEq:
      return number == value_.number;
    case SearchOperator::kNeq:
      return number != value_.number;
    case SearchOperator::kLt:
      return number < value_.number;
    case SearchOperator::kLte:
      return number <= value_.number;
    case SearchOperator::kGt:
      return number > value_.number;
    case SearchOperator::kGte:
      return number >= value_.number;
    case SearchOperator::kBetween:
      return number >= value_.number && number <= high_.number;
    case SearchOperator::kIn:
      return numbers_.contains(number);
    case SearchOperator::kNotIn:
      return !numbers_.contains(number);
    default:
      return false;
  }
}

bool CompiledFilter::MatchesText(const std::string& text) const {
  switch (op_) {
    case SearchOperator::kEq:
      return text == value_.text;
    case SearchOperator::kNeq:
      return text != value_.text;
    case SearchOperator::kLt:
      return text < value_.text;
    case SearchOperator::kLte:
      return text <= value_.text;
    case SearchOperator::kGt:
      return text > value_.text;
    case SearchOperator::kGte:
      return text >= value_.text;
    case SearchOperator::kBetween:
      return text >= value_.text && text <= high_.text;
    case SearchOperator::kIn:
      return texts_.contains(text);
    case SearchOperator::kNotIn:
      return !texts_.contains(text);
    default:
      return false;
  }
}

bool CompiledFilter::ContainsToken(const std::string& raw) const {
  const std::string text = LowerCase(raw);
  const std::string wanted = LowerCase(value_.text);
  for (size_t at = 0; at < text.size();) {
    while (at < text.size() && !IsWordByte(text[at])) ++at;
    const size_t begin = at;
    while (at < text.size() && IsWordByte(text[at])) ++at;
    if (at > begin && MatchesGlob(wanted, std::string_view(text).substr(begin, at - begin))) {
      return true;
    }
  }
  return false;
}

void CompiledFilter::Narrow(Instant& low, Instant& high, RecordId& low_id,
                            RecordId& high_id) const {
  if (source_ != Source::kStamp && source_ != Source::kId) return;
  if (std::isnan(value_.number)) return;
  int64_t& bottom = source_ == Source::kStamp ? low : low_id;
  int64_t& top = source_ == Source::kStamp ? high : high_id;
  const auto number = static_cast<int64_t>(value_.number);
  switch (op_) {
    case SearchOperator::kEq:
      bottom = std::max(bottom, number);
      top = std::min(top, number);
      return;
    case SearchOperator::kLt:
    case SearchOperator::kLte:
      top = std::min(top, number);
      return;
    case SearchOperator::kGt:
    case SearchOperator::kGte:
      bottom = std::max(bottom, number);
      return;
    case SearchOperator::kBetween:
      bottom = std::max(bottom, number);
      if (!std::isnan(high_.number)) top = std::min(top, static_cast<int64_t>(high_.number));
      return;
    default:
      return;
  }
}

}  // namespace simulated_portal
