#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compare/difference.h"
#include "compare/layout_check.h"
#include "compare/mirror.h"
#include "compare/truth.h"

namespace hubmirror::compare {

/// A small right mirror to spoil: one object type with a text, a number, a date, an instant and a
/// calculated property in columns, `remark` and `level` (a number) in `_overflow`, and `retired`,
/// which is archived.
class SampleMirror {
 public:
  explicit SampleMirror(std::string object = "contacts");

  std::vector<Definition> definitions;
  ObjectLayout layout;
  Selection selection;  ///< what the operator asked for; all of it

  /// A live record with a value in every property.
  TruthRecord Record(RecordId id) const;
  /// The table's row that such a record must have.
  MirrorRow RowOf(const TruthRecord& record) const;
  /// The view's row that such a record must have.
  MirrorRow ViewRowOf(const TruthRecord& record) const;

  /// The cell of a row of the table.
  std::optional<std::string>& Cell(MirrorRow& row, const std::string& column) const;
  /// Makes a row that of an erased record: all cells but the kept ones are NULL.
  void Erase(MirrorRow& row) const;

  const std::string& modified_property() const { return modified_property_; }

 private:
  void AddProperty(const Definition& definition, const std::string& storage);

  std::string modified_property_;
};

/// Collects differences as `id column: expected / found`, sorted.
class Findings {
 public:
  DifferenceSink sink();
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// All findings of the layout check alone.
std::vector<std::string> LayoutFindings(const SampleMirror& mirror);
/// All findings of one record against one row of the table, or of the view.
std::vector<std::string> RowFindings(const SampleMirror& mirror, const TruthRecord& record,
                                     const MirrorRow& row);
std::vector<std::string> ViewFindings(const SampleMirror& mirror, const TruthRecord& record,
                                      const MirrorRow& row);

}  // namespace hubmirror::compare
