#include "compare/mirror.h"

#include <algorithm>

namespace hubmirror::compare {

std::optional<size_t> Relation::Find(std::string_view column) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [column](const Column& have) { return have.name == column; });
  if (found == columns.end()) return std::nullopt;
  return static_cast<size_t>(found - columns.begin());
}

}  // namespace hubmirror::compare
