#include "compare/object_comparison.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "compare/instant_text.h"
#include "compare/value.h"

namespace hubmirror::compare {
namespace {

/// A stream with its next element in sight.
template <typename T>
class Ahead {
 public:
  explicit Ahead(std::function<std::optional<T>()> stream) : stream_(std::move(stream)) { Next(); }

  const std::optional<T>& head() const { return head_; }
  /// The id of the next element, past every id at the end.
  RecordId id() const { return head_ ? head_->id : std::numeric_limits<RecordId>::max(); }

  void Next() {
    const RecordId before = head_ ? head_->id : std::numeric_limits<RecordId>::min();
    head_ = stream_();
    if (head_ && head_->id <= before) throw std::runtime_error("ids do not ascend");
  }

 private:
  std::function<std::optional<T>()> stream_;
  std::optional<T> head_;
};

class ObjectComparison {
 public:
  ObjectComparison(const ObjectLayout& layout, RecordCheck& check,
                   const ObjectComparisonOptions& options, const DifferenceSink& sink)
      : layout_(layout),
        check_(check),
        options_(options),
        sink_(sink),
        synced_at_(layout.table.Find("_synced_at")) {}

  ObjectTally Run(TruthStream truth_stream, RowStream table_stream,
                  std::vector<RowStream> view_streams) {
    Ahead<TruthRecord> truth(std::move(truth_stream));
    Ahead<MirrorRow> table(std::move(table_stream));
    std::vector<Ahead<MirrorRow>> views;
    for (RowStream& stream : view_streams) views.emplace_back(std::move(stream));

    while (truth.head()) {
      SkipStrangers(table, truth.id(), "row");
      for (size_t i = 0; i < views.size(); ++i) {
        SkipStrangers(views[i], truth.id(), "row of " + layout_.views[i].name);
      }
      MeetTable(*truth.head(), table);
      for (size_t i = 0; i < views.size(); ++i) MeetView(i, *truth.head(), views[i]);
      ++tally_.records;
      truth.Next();
    }
    SkipStrangers(table, truth.id(), "row");
    for (size_t i = 0; i < views.size(); ++i) {
      SkipStrangers(views[i], truth.id(), "row of " + layout_.views[i].name);
    }
    ReportLost();
    tally_.values = check_.values();
    return std::move(tally_);
  }

 private:
  void Report(RecordId id, std::string place, std::string expected, std::string found) {
    sink_({.object = layout_.object,
           .id = id,
           .column = std::move(place),
           .expected = std::move(expected),
           .found = std::move(found)});
  }

  /// Rows below the next record belong to no record at all.
  void SkipStrangers(Ahead<MirrorRow>& rows, RecordId next, const std::string& what) {
    for (; rows.head() && rows.id() < next; rows.Next()) {
      Report(rows.id(), what, "none: the portal has no such record", "a row");
    }
  }

  void MeetTable(const TruthRecord& record, Ahead<MirrorRow>& table) {
    const bool has_row = table.id() == record.id;
    if (!has_row) {
      if (record.there() && record.knowable()) Report(record.id, "row", "a row", "none");
      return;
    }
    if (!record.knowable()) {
      Report(record.id, "row", "none: gone before a client ever saw it", "a row");
    } else {
      check_.CheckRow(record, *table.head());
      Measure(record, *table.head());
    }
    ++tally_.rows;
    tally_.ids.push_back(record.id);
    table.Next();
  }

  void MeetView(size_t number, const TruthRecord& record, Ahead<MirrorRow>& view) {
    const bool wanted = record.state == RecordState::kLive;
    const bool has_row = view.id() == record.id;
    const std::string what = "row of " + layout_.views[number].name;
    if (wanted && !has_row) Report(record.id, what, "a row", "none");
    if (!wanted && has_row) Report(record.id, what, "none: the record is not live", "a row");
    if (wanted && has_row) check_.CheckViewRow(number, record, *view.head());
    if (has_row) view.Next();
  }

  void Measure(const TruthRecord& record, const MirrorRow& row) {
    const bool moved_stamp = record.last_change == "create" || record.last_change == "update" ||
                             record.last_change == "merge";
    if (!options_.changes_since || !moved_stamp || record.state != RecordState::kLive) return;
    if (record.changed_at < *options_.changes_since || !synced_at_) return;
    const auto& cell = row.cells[*synced_at_];
    const auto synced = cell ? ParsePostgresInstant(*cell) : std::nullopt;
    if (synced)
      tally_.lateness.push_back({record.id, *synced - record.changed_at, record.last_change});
  }

  void ReportLost() {
    for (const RecordId id : options_.known_before) {
      if (std::binary_search(tally_.ids.begin(), tally_.ids.end(), id)) continue;
      Report(id, "row", "still a row", "none");
    }
  }

  const ObjectLayout& layout_;
  RecordCheck& check_;
  const ObjectComparisonOptions& options_;
  const DifferenceSink& sink_;
  const std::optional<size_t> synced_at_;
  ObjectTally tally_;
};

}  // namespace

ObjectTally CompareObject(const ObjectLayout& layout, RecordCheck& check, TruthStream truth,
                          RowStream table, std::vector<RowStream> views,
                          const ObjectComparisonOptions& options, const DifferenceSink& sink) {
  return ObjectComparison(layout, check, options, sink)
      .Run(std::move(truth), std::move(table), std::move(views));
}

}  // namespace hubmirror::compare
