#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "compare/truth.h"

namespace hubmirror::compare {

/// One link between two records, read from one side. Ordered by all of its fields but the types'.
struct LinkLine {
  RecordId from = 0;
  RecordId to = 0;
  std::string category;
  std::string type_id;
  std::string label;  ///< empty: none
  auto operator<=>(const LinkLine&) const = default;
};

/// A link as the portal knows it, with the ids of the two types (`0-1`).
struct TruthLink {
  std::string from_type_id;
  std::string to_type_id;
  LinkLine line;
};

/// Throws std::runtime_error when `line` is not what the portal writes.
TruthLink ParseTruthLink(std::string_view line);

}  // namespace hubmirror::compare
