#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "compare/difference.h"
#include "compare/mirror.h"
#include "compare/record_check.h"
#include "compare/truth.h"

namespace hubmirror::compare {

/// The next record or row, ascending by id; nothing at the end.
using TruthStream = std::function<std::optional<TruthRecord>()>;
using RowStream = std::function<std::optional<MirrorRow>()>;

/// How long a mirror took to show the last change of a record that moved its stamp: from the
/// portal's clock at the change to `_synced_at`.
struct Lateness {
  RecordId id = 0;
  Milliseconds took = 0;
  std::string change;  ///< its kind: create, update or merge
};

/// What was held against each other.
struct ObjectTally {
  int64_t records = 0;  ///< of the portal, gone ones too
  int64_t rows = 0;
  int64_t values = 0;
  std::vector<Lateness> lateness;  ///< of records changed at or after the asked instant
  std::vector<RecordId> ids;       ///< of all rows, ascending
};

struct ObjectComparisonOptions {
  /// Rows that were there at an earlier look: a mirror never loses a row.
  std::vector<RecordId> known_before;
  /// From which change on lateness is measured, by the portal's clock; nothing: not at all.
  std::optional<Milliseconds> changes_since;
};

/// Goes through all records of the portal and all rows of the table and its views side by side:
/// each must have the row the rules promise it, and there must be no other.
/// Live and archived records have one row. A record that is gone, and was never shown to a client,
/// has none; one that may have been known may have one.
ObjectTally CompareObject(const ObjectLayout& layout, RecordCheck& check, TruthStream truth,
                          RowStream table, std::vector<RowStream> views,
                          const ObjectComparisonOptions& options, const DifferenceSink& sink);

}  // namespace hubmirror::compare
