#include "compare/decimal.h"

#include <algorithm>
#include <charconv>

namespace hubmirror::compare {
namespace {

std::string_view TakeDigits(std::string_view& text) {
  const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool TakeAny(std::string_view& text, std::string_view letters) {
  if (text.empty() || letters.find(text[0]) == letters.npos) return false;
  text.remove_prefix(1);
  return true;
}

/// A sign if there is one; whether it was a minus.
bool TakeMinus(std::string_view& text) {
  const bool minus = text.starts_with('-');
  TakeAny(text, "+-");
  return minus;
}

}  // namespace

std::optional<Decimal> Decimal::Parse(std::string_view text) {
  Decimal number;
  number.negative_ = TakeMinus(text);
  const std::string_view whole = TakeDigits(text);
  if (whole.empty()) return std::nullopt;
  number.digits_ = whole;
  if (TakeAny(text, ".")) {
    const std::string_view fraction = TakeDigits(text);
    if (fraction.empty()) return std::nullopt;
    number.digits_ += fraction;
    number.scale_ = fraction.size();
  }
  int exponent = 0;
  if (TakeAny(text, "eE")) {
    const bool minus = TakeMinus(text);
    const std::string_view digits = TakeDigits(text);
    if (digits.empty() || digits.size() > 3) return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (minus) exponent = -exponent;
  }
  if (!text.empty()) return std::nullopt;

  if (exponent < 0) {
    number.scale_ += static_cast<size_t>(-exponent);
  } else {
    const auto moved = static_cast<size_t>(exponent);
    if (moved > number.scale_) number.digits_.append(moved - number.scale_, '0');
    number.scale_ -= std::min(moved, number.scale_);
  }
  number.digits_.erase(0, std::min(number.digits_.find_first_not_of('0'), number.digits_.size()));
  if (number.digits_.size() <= number.scale_) {
    number.digits_.insert(0, number.scale_ + 1 - number.digits_.size(), '0');
  }
  return number;
}

std::string Decimal::Shown() const {
  std::string text = digits_;
  if (scale_ > 0) text.insert(text.size() - scale_, ".");
  return negative_ && !IsZero() ? "-" + text : text;
}

bool Decimal::FitsNumeric() const {
  return digits_.size() - scale_ <= 131'072 && scale_ <= 16'383;
}

std::optional<int64_t> Decimal::Floor() const {
  const std::string_view whole = std::string_view(digits_).substr(0, digits_.size() - scale_);
  int64_t value = 0;
  const auto read = std::from_chars(whole.data(), whole.data() + whole.size(), value);
  if (read.ec != std::errc()) return std::nullopt;
  if (!negative_) return value;
  const bool has_fraction =
      std::string_view(digits_).substr(whole.size()).find_first_not_of('0') != std::string::npos;
  return -value - (has_fraction ? 1 : 0);
}

}  // namespace hubmirror::compare
