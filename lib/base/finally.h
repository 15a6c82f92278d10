#pragma once

#include <utility>

namespace hubmirror {

/// Acts at the end of the scope, whichever way it is left: `const Finally done([&] { ... });`. The
/// action must not throw.
template <class Action>
class [[nodiscard]] Finally {
 public:
  explicit Finally(Action action) : action_(std::move(action)) {}
  ~Finally() { action_(); }
  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;

 private:
  Action action_;
};

}  // namespace hubmirror
