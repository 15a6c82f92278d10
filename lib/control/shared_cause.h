#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hubmirror {

/// A cause and everything that suffers from it.
struct SharedCause {
  std::string cause;
  std::vector<std::string> names;

  /// `contacts, deals`.
  std::string Names() const;
};

/// Pairs of a name and its cause by cause, in the order in which each was first named: what several
/// share, as a token that is refused, is said once. Without a cause, nothing is said.
std::vector<SharedCause> ByCause(const std::vector<std::pair<std::string, std::string>>& named);

}  // namespace hubmirror
