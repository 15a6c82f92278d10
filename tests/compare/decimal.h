#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hubmirror::compare {

/// A decimal number as it was written: sign, digits and where the point stands. A value type.
class Decimal {
 public:
  /// `[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?`, nothing else.
  static std::optional<Decimal> Parse(std::string_view text);

  /// As PostgreSQL shows a `numeric` that was given this text: no exponent, no leading zeros, no
  /// `-0`, as many digits after the point as were written (an exponent moves the point).
  std::string Shown() const;
  /// Whether `numeric` can hold it: 131,072 digits before the point, 16,383 after.
  bool FitsNumeric() const;
  /// The whole part towards minus infinity; nothing when it does not fit 64 bits.
  std::optional<int64_t> Floor() const;

 private:
  bool IsZero() const { return digits_.find_first_not_of('0') == digits_.npos; }

  bool negative_ = false;
  std::string digits_;  ///< without leading zeros, but at least scale + 1 of them
  size_t scale_ = 0;    ///< how many of them stand after the point
};

}  // namespace hubmirror::compare
