#include "compare/sample_mirror.h"

#include <algorithm>
#include <utility>

#include "compare/record_check.h"

namespace hubmirror::compare {
namespace {

constexpr Milliseconds kNewYear = 1767225600000;  // 2026-01-01T00:00:00.000Z

const char* TypeOfColumn(const std::string& hubspot_type) {
  if (hubspot_type == "number") return "numeric";
  if (hubspot_type == "date") return "date";
  if (hubspot_type == "datetime") return "timestamp with time zone";
  return "text";
}

using Row = std::map<std::string, std::string>;

MirrorRow InOrder(const Relation& relation, RecordId id, const Row& cells) {
  MirrorRow row{.id = id, .cells = {}};
  for (const Column& column : relation.columns) {
    const auto found = cells.find(column.name);
    row.cells.push_back(found == cells.end() ? std::nullopt
                                             : std::optional<std::string>(found->second));
  }
  return row;
}

}  // namespace

SampleMirror::SampleMirror(std::string object)
    : modified_property_(object == "contacts" ? "lastmodifieddate" : "hs_lastmodifieddate") {
  layout.object = object;
  layout.table.name = object;
  layout.table.columns = {{"id", "bigint"},
                          {"created_at", "timestamp with time zone"},
                          {"updated_at", "timestamp with time zone"},
                          {"archived", "boolean"},
                          {"archived_at", "timestamp with time zone"},
                          {"merged_into", "bigint"},
                          {"erased_at", "timestamp with time zone"},
                          {"purged_at", "timestamp with time zone"},
                          {"_synced_at", "timestamp with time zone"},
                          {"_hash", "bigint"},
                          {"_rejected", "jsonb"},
                          {"_overflow", "jsonb"}};
  layout.views = {{.name = object + "_live", .columns = {{"id", "bigint"}}}};
  AddProperty({.name = modified_property_, .label = "Modified", .type = "datetime"}, "column");
  AddProperty({.name = "name", .label = "Name", .type = "string"}, "column");
  AddProperty({.name = "amount", .label = "Amount", .type = "number"}, "column");
  AddProperty({.name = "birthday", .label = "Birthday", .type = "date"}, "column");
  AddProperty({.name = "score", .label = "Score", .type = "number", .calculated = true}, "column");
  AddProperty({.name = "remark", .label = "Remark", .type = "string"}, "overflow");
  AddProperty({.name = "level", .label = "Level", .type = "number"}, "overflow");
  AddProperty({.name = "retired", .label = "Retired", .type = "string", .archived = true},
              "column");
}

void SampleMirror::AddProperty(const Definition& definition, const std::string& storage) {
  definitions.push_back(definition);
  layout.properties.push_back({.name = definition.name,
                               .column_name = definition.name,
                               .storage = storage,
                               .type = definition.type,
                               .label = definition.label,
                               .group = definition.group,
                               .description = definition.description,
                               .archived = definition.archived,
                               .state = "current",
                               .shown = definition.shown});
  const Column column{definition.name, TypeOfColumn(definition.type)};
  if (storage == "column") layout.table.columns.push_back(column);
  layout.views[0].columns.push_back(column);
}

TruthRecord SampleMirror::Record(RecordId id) const {
  TruthRecord record;
  record.id = id;
  record.created_at = kNewYear;
  record.updated_at = record.modified = kNewYear + 1500;
  record.read = record.listed = true;
  record.changed_at = kNewYear + 1500;
  record.last_change = "update";
  record.properties = {{modified_property_, "2026-01-01T00:00:01.500Z"},
                       {"name", "Zoë"},
                       {"amount", "1.50"},
                       {"birthday", "yesterday"},
                       {"score", "12"},
                       {"remark", "first\nsecond"},
                       {"level", "007"}};
  return record;
}

MirrorRow SampleMirror::RowOf(const TruthRecord& record) const {
  return InOrder(layout.table, record.id,
                 {{"id", std::to_string(record.id)},
                  {"created_at", "2026-01-01 00:00:00+00"},
                  {"updated_at", "2026-01-01 00:00:01.5+00"},
                  {"archived", "f"},
                  {"_synced_at", "2026-01-01 00:00:04.25+00"},
                  {"_hash", "-17"},
                  {"_rejected", R"({"birthday": "yesterday"})"},
                  {"_overflow", R"({"level": "7", "remark": "first\nsecond"})"},
                  {modified_property_, "2026-01-01 00:00:01.5+00"},
                  {"name", "Zoë"},
                  {"amount", "1.50"},
                  {"score", "12"},
                  {"retired", "what it was once"}});
}

MirrorRow SampleMirror::ViewRowOf(const TruthRecord& record) const {
  return InOrder(layout.views[0], record.id,
                 {{"id", std::to_string(record.id)},
                  {modified_property_, "2026-01-01 00:00:01.5+00"},
                  {"name", "Zoë"},
                  {"amount", "1.50"},
                  {"score", "12"},
                  {"remark", "first\nsecond"},
                  {"level", "7"}});
}

std::optional<std::string>& SampleMirror::Cell(MirrorRow& row, const std::string& column) const {
  return row.cells.at(layout.table.Find(column).value());
}

void SampleMirror::Erase(MirrorRow& row) const {
  for (size_t i = 0; i < row.cells.size(); ++i) {
    const std::string& name = layout.table.columns[i].name;
    const bool kept =
        name == "id" || name == "created_at" || name == "archived" || name == "_synced_at";
    if (!kept) row.cells[i].reset();
  }
  Cell(row, "erased_at") = "2026-01-02 00:00:00+00";
}

DifferenceSink Findings::sink() {
  return [this](const Difference& difference) {
    const std::string line = std::to_string(difference.id) + " " + difference.column + ": " +
                             difference.expected + " / " + difference.found;
    lines_.insert(std::upper_bound(lines_.begin(), lines_.end(), line), line);
  };
}

std::vector<std::string> LayoutFindings(const SampleMirror& mirror) {
  Findings findings;
  CheckLayout(mirror.definitions, mirror.layout, findings.sink(), mirror.selection);
  return findings.lines();
}

std::vector<std::string> RowFindings(const SampleMirror& mirror, const TruthRecord& record,
                                     const MirrorRow& row) {
  Findings findings;
  const DifferenceSink sink = findings.sink();
  RecordCheck check(mirror.layout,
                    CheckLayout(mirror.definitions, mirror.layout, sink, mirror.selection), sink,
                    mirror.selection);
  check.CheckRow(record, row);
  return findings.lines();
}

std::vector<std::string> ViewFindings(const SampleMirror& mirror, const TruthRecord& record,
                                      const MirrorRow& row) {
  Findings findings;
  const DifferenceSink sink = findings.sink();
  RecordCheck check(mirror.layout,
                    CheckLayout(mirror.definitions, mirror.layout, sink, mirror.selection), sink,
                    mirror.selection);
  check.CheckViewRow(0, record, row);
  return findings.lines();
}

}  // namespace hubmirror::compare
