#pragma once

#include <string>

namespace hubmirror {

/// An Environment in which no variable is set.
inline std::string NoEnvironment(const std::string&) {
  return {};
}

}  // namespace hubmirror
