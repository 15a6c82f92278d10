#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compare/difference.h"
#include "compare/json.h"
#include "compare/layout_check.h"
#include "compare/mirror.h"
#include "compare/truth.h"

namespace hubmirror::compare {

/// Holds single rows of one table and its views against the portal's records: flags, times and
/// every value of every promised property. What cannot be known is not held against the mirror:
/// the last values of a record that vanished while they were changing, and whether a loser whose
/// survivor is gone too was merged first.
class RecordCheck {
 public:
  /// The layout and the sink must outlive it.
  RecordCheck(const ObjectLayout& layout, std::vector<PropertyPlace> places,
              const DifferenceSink& sink, Selection selection = {});

  /// A row of the table.
  void CheckRow(const TruthRecord& record, const MirrorRow& row);
  /// A row of view number `view`, which must be that of a live record.
  void CheckViewRow(size_t view, const TruthRecord& record, const MirrorRow& row);

  /// How many property values were held against their raw value.
  int64_t values() const { return values_; }

 private:
  using Cell = std::optional<std::string>;

  void Report(std::string column, std::string expected, std::string found);
  const Cell& CellOf(std::string_view column) const;
  Cell InstantOf(std::string_view column) const;
  Json::Object ObjectOf(std::string_view column);

  void ExpectCell(const std::string& column, const Cell& expected, const Cell& found);
  void ExpectUnset(std::string_view column);
  void ExpectSet(std::string_view column);
  void CheckFlags();
  void CheckMerged();
  void CheckGone();
  void CheckErasure();
  void CheckTimes();
  void CheckValues(bool with_calculated);
  void CheckKeys(const Json::Object& kept, const std::string& column, bool overflow_only);
  bool ValuesAreKnown() const;
  /// The raw value that must be shown of the record, in the table or in a view.
  std::string RawOf(const PropertyPlace& place, bool in_view) const;

  const ObjectLayout& layout_;
  const std::vector<PropertyPlace> places_;
  const DifferenceSink& sink_;
  const Selection selection_;
  const bool holds_personal_data_;
  const std::string modified_column_;
  std::map<std::string_view, size_t> positions_;  ///< of the table's columns
  std::map<std::string_view, const MirrorProperty*> properties_;
  int64_t values_ = 0;
  // Of the row that is being checked.
  const TruthRecord* record_ = nullptr;
  const MirrorRow* row_ = nullptr;
};

}  // namespace hubmirror::compare
