#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/check.h"

namespace hubmirror {

/// A value or the error that took its place, for failures on which the caller must choose what to
/// do. C++20 has no std::expected. Reading the side that is not there is a bug and aborts.
template <typename T, typename E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  explicit operator bool() const { return state_.index() == 0; }

  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  T& value() {
    CHECK_THAT(state_.index() == 0);
    return std::get<0>(state_);
  }
  const T& value() const {
    CHECK_THAT(state_.index() == 0);
    return std::get<0>(state_);
  }
  E& error() {
    CHECK_THAT(state_.index() == 1);
    return std::get<1>(state_);
  }
  const E& error() const {
    CHECK_THAT(state_.index() == 1);
    return std::get<1>(state_);
  }

 private:
  std::variant<T, E> state_;
};

/// The value of a Result that only can succeed or fail.
struct Done {};

}  // namespace hubmirror
