#pragma once

#include <string>
#include <utility>

namespace hubmirror {

/// A token, password or client secret. It has no printer and no comparison, so it cannot slip into
/// a log, a metric or an error; `Reveal` marks the few places that must send it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  bool empty() const { return value_.empty(); }
  const std::string& Reveal() const { return value_; }

 private:
  std::string value_;
};

}  // namespace hubmirror
