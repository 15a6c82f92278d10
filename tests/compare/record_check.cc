#include "compare/record_check.h"

#include <algorithm>
#include <array>
#include <utility>

#include "compare/instant_text.h"
#include "compare/value.h"

namespace hubmirror::compare {
namespace {

using Cell = std::optional<std::string>;

constexpr std::string_view kNull = "NULL";

/// What stays of a contact that was erased for privacy.
constexpr std::array<std::string_view, 5> kKeptOfErased = {"id", "created_at", "archived",
                                                           "erased_at", "_synced_at"};

std::string Shown(const Cell& cell) {
  return cell.value_or(std::string(kNull));
}

Cell FormatOptional(const std::optional<Milliseconds>& instant) {
  if (!instant) return std::nullopt;
  return FormatInstant(*instant);
}

/// Of whose records nothing is kept once HubSpot has none of it.
constexpr std::array<std::string_view, 9> kPersonal = {"calls",  "communications",       "contacts",
                                                       "emails", "feedback_submissions", "meetings",
                                                       "notes",  "postal_mail",          "tasks"};

}  // namespace

RecordCheck::RecordCheck(const ObjectLayout& layout, std::vector<PropertyPlace> places,
                         const DifferenceSink& sink, Selection selection)
    : layout_(layout),
      places_(std::move(places)),
      sink_(sink),
      selection_(std::move(selection)),
      holds_personal_data_(std::find(kPersonal.begin(), kPersonal.end(), layout.object) !=
                           kPersonal.end()),
      modified_column_(layout.object == "contacts" ? "lastmodifieddate" : "hs_lastmodifieddate") {
  for (size_t i = 0; i < layout.table.columns.size(); ++i) {
    positions_.emplace(layout.table.columns[i].name, i);
  }
  for (const MirrorProperty& property : layout.properties) {
    properties_.emplace(property.name, &property);
  }
}

void RecordCheck::CheckRow(const TruthRecord& record, const MirrorRow& row) {
  record_ = &record;
  row_ = &row;
  ExpectSet("_synced_at");
  ExpectCell("created_at", FormatInstant(record.created_at), InstantOf("created_at"));
  if (record.there()) {
    CheckFlags();
    CheckTimes();
    CheckValues(true);
    return;
  }
  record.state == RecordState::kMerged ? CheckMerged() : CheckGone();
  if (ValuesAreKnown()) CheckValues(false);
}

void RecordCheck::CheckViewRow(size_t view, const TruthRecord& record, const MirrorRow& row) {
  record_ = &record;
  for (const PropertyPlace& place : places_) {
    if (!place.in_view || place.in_view->view != view) continue;
    ++values_;
    const Cell expected = Expect(place.kind, RawOf(place, true)).cell;
    const Cell& shown = row.cells[place.in_view->column];
    const Cell found = shown ? CanonicalCell(place.kind, *shown) : std::nullopt;
    if (found == expected && found.has_value() == shown.has_value()) continue;
    Report("view." + place.name, Shown(expected), Shown(shown));
  }
}

std::string RecordCheck::RawOf(const PropertyPlace& place, bool in_view) const {
  if (place.excluded && (in_view || !place.needed)) return "";
  const std::string_view raw = record_->Raw(place.name);
  return place.hashed ? HashOf(selection_, raw) : std::string(raw);
}

void RecordCheck::Report(std::string column, std::string expected, std::string found) {
  sink_({.object = layout_.object,
         .id = record_->id,
         .column = std::move(column),
         .expected = std::move(expected),
         .found = std::move(found)});
}

const Cell& RecordCheck::CellOf(std::string_view column) const {
  static const Cell kMissing;  // The layout check has reported it.
  const auto at = positions_.find(column);
  return at == positions_.end() ? kMissing : row_->cells[at->second];
}

Cell RecordCheck::InstantOf(std::string_view column) const {
  const Cell& cell = CellOf(column);
  if (!cell) return std::nullopt;
  const auto canonical = CanonicalCell(ValueKind::kInstant, *cell);
  return canonical ? canonical : cell;
}

Json::Object RecordCheck::ObjectOf(std::string_view column) {
  const Cell& cell = CellOf(column);
  if (!cell) return {};
  return Json::Parse(*cell).AsObject();
}

void RecordCheck::ExpectCell(const std::string& column, const Cell& expected, const Cell& found) {
  if (expected != found) Report(column, Shown(expected), Shown(found));
}

void RecordCheck::ExpectUnset(std::string_view column) {
  ExpectCell(std::string(column), std::nullopt, CellOf(column));
}

void RecordCheck::ExpectSet(std::string_view column) {
  if (!CellOf(column)) Report(std::string(column), "a value", std::string(kNull));
}

void RecordCheck::CheckFlags() {
  const bool archived = record_->state == RecordState::kArchived;
  ExpectCell("archived", archived ? "t" : "f", CellOf("archived"));
  ExpectUnset("merged_into");
  ExpectUnset("erased_at");
  ExpectUnset("purged_at");
}

void RecordCheck::CheckTimes() {
  const bool archived = record_->state == RecordState::kArchived;
  ExpectCell("updated_at", FormatInstant(record_->updated_at), InstantOf("updated_at"));
  ExpectCell("archived_at", archived ? FormatOptional(record_->archived_at) : std::nullopt,
             InstantOf("archived_at"));
}

void RecordCheck::CheckMerged() {
  const bool survivor_gone = record_->survivor_state == RecordState::kErased ||
                             record_->survivor_state == RecordState::kPurged;
  // Who was merged into somebody who is erased is the same person.
  if (survivor_gone && (holds_personal_data_ || !CellOf("merged_into"))) {
    CheckGone();
    return;
  }
  ExpectCell("merged_into",
             record_->merged_into ? Cell(std::to_string(*record_->merged_into)) : Cell(),
             CellOf("merged_into"));
  ExpectUnset("erased_at");
  ExpectUnset("purged_at");
}

void RecordCheck::CheckGone() {
  if (holds_personal_data_) {
    ExpectSet("erased_at");
    CheckErasure();
    return;
  }
  ExpectSet("purged_at");
  ExpectUnset("erased_at");
  ExpectUnset("merged_into");
}

void RecordCheck::CheckErasure() {
  for (size_t i = 0; i < layout_.table.columns.size(); ++i) {
    const std::string& name = layout_.table.columns[i].name;
    if (std::find(kKeptOfErased.begin(), kKeptOfErased.end(), name) != kKeptOfErased.end())
      continue;
    ExpectCell(name, std::nullopt, row_->cells[i]);
  }
}

bool RecordCheck::ValuesAreKnown() const {
  if (CellOf("erased_at")) return false;
  // The mirror read it after its last stamped change, so it has what there was to have.
  return InstantOf(modified_column_) == Cell(FormatInstant(record_->modified));
}

void RecordCheck::CheckValues(bool with_calculated) {
  const Json::Object rejected = ObjectOf("_rejected");
  const Json::Object overflow = ObjectOf("_overflow");
  const auto kept_text = [](const Json::Object& kept, const std::string& name) -> Cell {
    const auto found = kept.find(name);
    if (found == kept.end() || found->second.is_null()) return std::nullopt;
    return found->second.is_string() ? found->second.AsString() : std::string("no string");
  };
  for (const PropertyPlace& place : places_) {
    if (place.calculated && !with_calculated) continue;
    ++values_;
    const ExpectedValue expected = Expect(place.kind, RawOf(place, false));
    Cell shown = place.column ? row_->cells[*place.column] : kept_text(overflow, place.name);
    Cell found;
    if (shown) {
      found = place.column ? CanonicalCell(place.kind, *shown) : Expect(place.kind, *shown).cell;
    }
    const bool unreadable = !record_->there() && selection_.changed;
    if (unreadable && !shown) continue;
    if (found != expected.cell || found.has_value() != shown.has_value()) {
      Report(place.column ? layout_.table.columns[*place.column].name : "_overflow." + place.name,
             Shown(expected.cell), Shown(shown));
    }
    ExpectCell("_rejected." + place.name, expected.rejected, kept_text(rejected, place.name));
  }
  CheckKeys(rejected, "_rejected.", false);
  CheckKeys(overflow, "_overflow.", true);
}

void RecordCheck::CheckKeys(const Json::Object& kept, const std::string& column,
                            bool overflow_only) {
  for (const auto& [name, value] : kept) {
    const auto known = properties_.find(name);
    if (known == properties_.end()) {
      Report(column + name, "no such property", "kept");
    } else if (overflow_only && known->second->storage != "overflow") {
      Report(column + name, "in its column", "kept here");
    }
  }
}

}  // namespace hubmirror::compare
