#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compare/difference.h"
#include "compare/history_check.h"
#include "compare/mirror.h"
#include "compare/truth_link.h"

namespace hubmirror::compare {

/// Reads one portal's schema. Every failure throws std::runtime_error or what libpqxx throws.
/// Owned by one thread.
class MirrorReader {
 public:
  MirrorReader(const std::string& dsn, std::string schema);
  ~MirrorReader();

  /// Table, views and `properties` of one object type; a relation that is not there has no columns.
  ObjectLayout Layout(const std::string& object);

  /// What stands in `<object>_history` of these properties.
  HistoryRows Histories(const std::string& object, const std::vector<std::string>& properties);

  /// Rows of one relation, ascending by id, a page at a time.
  class Rows {
   public:
    Rows(MirrorReader& reader, Relation relation);
    std::optional<MirrorRow> Next();

   private:
    void ReadPage();

    MirrorReader& reader_;
    const Relation relation_;
    const size_t id_column_;
    std::deque<MirrorRow> page_;
    std::optional<RecordId> last_;
    bool more_ = true;
  };

  /// Links that are not removed, between live rows of two types.
  std::vector<LinkLine> Links(const std::string& from, const std::string& to);

  /// The columns of a table, as text.
  std::vector<std::vector<std::optional<std::string>>> Cells(
      const std::string& table, const std::vector<std::string>& columns);

  /// Tells the sink of each line of `_pending` and `_quarantine` that concerns the object.
  void ReportLeftovers(const std::string& object, const DifferenceSink& sink);

 private:
  std::vector<Column> Columns(const std::string& relation);
  std::vector<MirrorProperty> Properties(const std::string& object);

  class Connection;
  const std::unique_ptr<Connection> connection_;
  const std::string schema_;
};

}  // namespace hubmirror::compare
