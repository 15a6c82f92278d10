#pragma once

#include <string>
#include <vector>

#include "model/store/row.h"
#include "postgres/writing/change_selection.h"

namespace hubmirror {

/// How lines of one shape become rows of the table as it is now, which may have changed since the
/// lines were made. Immutable.
class UpsertStatement {
 public:
  /// `table` quoted with its schema.
  UpsertStatement(const RowShape& shape, const MirrorTable& current, std::string table);

  /// Lines can be copied into the table as they are.
  bool fits() const { return fits_; }

  /// The quoted columns of a line, in its order.
  std::string LineColumns() const;
  /// The same with types, for a staging table. A column that is skipped is text.
  std::string LineDeclarations() const;
  /// `unnest($1::bigint[], $2::timestamptz[], ...) AS s(...)`: the lines as arrays, a column each.
  std::string FromArrays() const;

  /// The INSERT ... ON CONFLICT from `source`, which must be named s and have the line's columns.
  /// Only columns the shape carries are touched; rows with a newer stamp are left alone.
  std::string InsertFrom(const std::string& source) const;
  /// The same, moving values of one row into `_overflow`: `$n` is a jsonb of them.
  std::string InsertFromWithSpill(const std::string& source, const std::string& spill) const;

  /// Rows of (id, names joined by U+001F) for the lines of `source` that the stored row of their id
  /// is not equal to: names of properties, or of columns of the envelope. A value that was moved
  /// into `_overflow` because the row was too large counts as stored.
  std::string Differences(const std::string& source) const;

  /// Rows of (id, what the row was, what it becomes, what it was merged into, pipeline, properties
  /// that differ as they were, as they become) for the stored rows that `source` changes, to be
  /// asked before InsertFromWithSpill with the same `source` and `spill`. The last two are jsonb,
  /// NULL where no property differs; of what nobody knows how it was the former says nothing.
  std::string Changes(const std::string& source, const std::string& spill,
                      const ChangeSelection& selection) const;

  /// One row: for each property in Countable(), how many rows of `source` clear a value the stored
  /// row has.
  std::string CountLost(const std::string& source) const;
  const std::vector<std::string>& Countable() const { return countable_; }
  /// The same for what is asked for and lives in `_overflow`: rows of (property, count). Empty
  /// when there is nothing of the kind.
  std::string CountLostOverflow(const std::string& source) const;

  /// Properties whose values in the lines may no longer be stored: since the lines were made the
  /// operator's selection has left them out, or they are hashed in another way.
  const std::vector<std::string>& dropped() const { return dropped_; }

  /// The names of property columns in the line, from field kEnvelopeFields on; empty: skipped.
  const std::vector<std::string>& line_properties() const { return line_properties_; }
  static constexpr size_t kEnvelopeFields = 8;

 private:
  struct Field {
    std::string name;  ///< quoted
    std::string type;  ///< of the table's column, text when skipped
    std::string property;
    bool used = true;
  };
  struct Moved {
    std::string column;  ///< quoted
    std::string property;
    std::string type;
  };

  std::string Without(const std::string& column, const std::vector<std::string>& names) const;
  std::string Overflow(const std::string& spill) const;
  /// `made`: what the line brings for a column that holds several properties.
  std::string Combined(const std::string& column, const std::string& made) const;
  /// Whether the line may replace the row: it is not older.
  std::string IsNewer(const std::string& line) const;

  const std::string table_;
  std::string modified_;  ///< quoted column, empty when the table has none
  std::vector<Field> fields_;
  std::vector<Moved> moved_;  ///< properties that were in `_overflow` when the lines were made
  std::vector<std::string> asked_;
  std::vector<std::string> overflow_;
  std::vector<std::string> dropped_;
  std::vector<std::string> countable_;
  std::vector<std::string> line_properties_;
  bool asks_everything_ = false;
  bool keeps_hash_ = false;
  bool fits_ = false;
};

}  // namespace hubmirror
