#pragma once

#include <optional>

namespace hubmirror {

/// What HubSpot's headers say, believed once two answers in a row agree: something on the way may
/// have made up a single one. Owned by one thread at a time.
template <typename T>
class ToldTwice {
 public:
  /// Whether `value` is what the answer before told, or within `slack` of it.
  bool Confirms(const T& value, const T& slack = T{}) {
    const bool same = told_ && value - *told_ <= slack && *told_ - value <= slack;
    told_ = value;
    return same;
  }

 private:
  std::optional<T> told_;
};

}  // namespace hubmirror
