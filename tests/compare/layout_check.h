#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compare/difference.h"
#include "compare/mirror.h"
#include "compare/selection.h"
#include "compare/truth.h"
#include "compare/value.h"

namespace hubmirror::compare {

/// Where the values of one promised property are found, or those of an excluded one must not be.
/// Archived properties are not promised.
struct PropertyPlace {
  std::string name;
  ValueKind kind = ValueKind::kText;  ///< of the column there is, right or wrong
  std::string_view wanted_type;       ///< PostgreSQL's name for the type it must have
  bool calculated = false;
  bool hashed = false;
  /// By the operator: all its values are NULL; in the views only, where the mirror needs them.
  bool excluded = false;
  bool needed = false;
  std::optional<size_t> column;  ///< in the table; nothing: in `_overflow`
  struct InView {
    size_t view = 0;
    size_t column = 0;
  };
  std::optional<InView> in_view;
};

/// Holds the mirror's tables, views and `properties` against the portal's definitions: names by
/// the rule, types by the property's type (unless `blocked_by` says why not), at most 400 property
/// columns, labels and descriptions, nothing `filling`. Returns where values are to be looked for.
std::vector<PropertyPlace> CheckLayout(const std::vector<Definition>& definitions,
                                       const ObjectLayout& layout, const DifferenceSink& sink,
                                       const Selection& selection = {});

}  // namespace hubmirror::compare
