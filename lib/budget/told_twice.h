#pragma once

#include <optional>

namespace hubmirror {

/// What HubSpot's headers tell, believed when two answers in a row agree: what one answer tells may
/// be made up by something on the way. Owned by one thread at a time.
template <typename T>
class ToldTwice {
 public:
  /// Whether `value` is the same as what the answer before told; `slack`: or as near to it.
  bool Confirms(const T& value, const T& slack = T{}) {
    const bool same = told_ && value - *told_ <= slack && *told_ - value <= slack;
    told_ = value;
    return same;
  }

 private:
  std::optional<T> told_;
};

}  // namespace hubmirror
