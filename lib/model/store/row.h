#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/store/mirror_table.h"

namespace hubmirror {

/// Which columns the lines of a RowBatch carry, in this order:
/// id, created_at, updated_at, archived, archived_at, _hash, _rejected, _overflow, then
/// `table->columns[i]` for each i in `columns`. Immutable.
struct RowShape {
  MirrorTablePtr table;
  std::vector<size_t> columns;  ///< properties with a column of their own that were asked for
  /// Names asked for that live in `_overflow`; their old values there are replaced.
  std::vector<std::string> overflow;
  /// All names asked for; with a partial set only their `_rejected` entries are replaced.
  std::vector<std::string> asked;
  /// False when the set lacked a property the table has now: the row's hash cannot then be
  /// compared with that of a whole read and is stored as NULL.
  bool whole = true;
};

/// One record ready to be written.
struct Row {
  RecordId id;
  int64_t hash = 0;
  std::optional<TimePoint> modified;  ///< the modified property, not the envelope's updatedAt
  bool archived = false;
  Instant sent_at{};                 ///< when the request that showed it left
  std::vector<RecordId> merged_ids;  ///< records merged into this one
  size_t offset = 0;                 ///< its line in RowBatch::copy_text
  size_t length = 0;                 ///< with the newline
};

/// Rows of one table as COPY text (https://www.postgresql.org/docs/current/sql-copy.html, text
/// format: tabs, \N for NULL, backslash escapes).
struct RowBatch {
  std::shared_ptr<const RowShape> shape;
  std::vector<Row> rows;
  std::string copy_text;
  uint64_t values_rejected = 0;  ///< kept raw in `_rejected`
  uint64_t values_replaced = 0;  ///< characters PostgreSQL cannot hold that became U+FFFD

  std::string_view Line(const Row& row) const {
    return std::string_view(copy_text).substr(row.offset, row.length);
  }
  bool empty() const { return rows.empty(); }
};

}  // namespace hubmirror
