#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compare/difference.h"
#include "compare/object_comparison.h"
#include "compare/selection.h"

namespace hubmirror::compare {

/// Which portal is held against which schema.
struct ComparisonOptions {
  std::string portal_url;
  int64_t portal_id = 0;
  std::string dsn;
  std::string schema;
  std::vector<std::string> objects;
  /// By object type: see ObjectComparisonOptions.
  std::map<std::string, std::vector<RecordId>> known_before = {};
  std::optional<Milliseconds> changes_since = {};
  /// By object type, where the mirror does not hold everything.
  std::map<std::string, Selection> selections = {};
  /// By object type: properties whose history the mirror keeps.
  std::map<std::string, std::vector<std::string>> histories = {};
  /// Also owners, pipelines, lists and what else is common to all objects.
  bool reference = false;
};

/// The six types a comparison looks at when it is not told.
std::vector<std::string> AllObjects();

struct ComparisonReport {
  int64_t differences = 0;
  std::map<std::string, ObjectTally> objects;
  int64_t reference = 0;  ///< things beside records
  int64_t links = 0;      ///< of the portal, between live records of these types
  int64_t past_values = 0;

  /// Longest lateness over all objects, 0 when none was measured.
  Milliseconds worst_lateness() const;
  /// One line: what was compared and how many differences there were.
  std::string Summary() const;
};

/// Holds the mirror against the truth, record by record and value by value. Portal and mirror must
/// be quiet meanwhile. Throws when either cannot be read.
ComparisonReport Compare(const ComparisonOptions& options, const DifferenceSink& sink);

}  // namespace hubmirror::compare
