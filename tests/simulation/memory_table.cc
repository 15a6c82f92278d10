#include <algorithm>

#include "compare/json.h"
#include "compare/value.h"
#include "simulation/judge.h"

namespace hubmirror::simulation {
namespace {

constexpr std::string_view kFixedBefore[][2] = {{"id", "bigint"},
                                                {"created_at", "timestamp with time zone"},
                                                {"updated_at", "timestamp with time zone"},
                                                {"archived", "boolean"},
                                                {"archived_at", "timestamp with time zone"},
                                                {"merged_into", "bigint"},
                                                {"erased_at", "timestamp with time zone"},
                                                {"purged_at", "timestamp with time zone"}};
constexpr std::string_view kFixedAfter[][2] = {{"_synced_at", "timestamp with time zone"},
                                               {"_hash", "bigint"},
                                               {"_rejected", "jsonb"},
                                               {"_overflow", "jsonb"}};

std::string TypeOf(ColumnType type) {
  return type == ColumnType::kTimestamp ? "timestamp with time zone" : std::string(SqlName(type));
}

/// As PostgreSQL shows a timestamptz.
Cell Shown(Cell instant) {
  if (!instant || instant->size() < 11 || (*instant)[10] != 'T') return instant;
  (*instant)[10] = ' ';
  if (instant->back() == 'Z') {
    instant->pop_back();
    *instant += "+00";
  }
  return instant;
}

Cell Shown(const std::optional<TimePoint>& time) {
  if (!time) return std::nullopt;
  return Shown(Cell(compare::FormatInstant(time->time_since_epoch().count())));
}

Cell Shown(const std::optional<int64_t>& number) {
  return number ? Cell(std::to_string(*number)) : std::nullopt;
}

Cell ValueOf(const StoredRow& row, const MirrorColumn& column) {
  const auto found = row.values.find(column.property());
  if (found == row.values.end()) return std::nullopt;
  return column.type == ColumnType::kTimestamp ? Shown(Cell(found->second)) : found->second;
}

compare::MirrorProperty PropertyOf(const MirrorColumn& column) {
  const PropertyDefinition& definition = column.definition;
  return {.name = definition.name,
          .column_name = column.column_name,
          .storage = column.storage == Storage::kColumn ? "column" : "overflow",
          .type = definition.type,
          .label = definition.label,
          .group = definition.group_name,
          .description = definition.description,
          .archived = definition.archived,
          .state = column.state == PropertyState::kCurrent ? "current" : "filling",
          .blocked_by = column.blocked_by,
          .excluded = column.excluded,
          .hashed_with = column.hashed_with,
          .shown = std::to_string(definition.display_order) + "|" +
                   definition.currency_property_name + "|" +
                   (definition.show_currency_symbol ? "t" : "f") + "|" +
                   definition.number_display_hint + "|" + definition.text_display_hint + "|" +
                   definition.date_display_hint};
}

/// One text for what is the same.
std::string Canonical(const std::string& type, const Cell& cell) {
  if (!cell) return "NULL";
  if (type == "jsonb") {
    std::string text;
    const compare::Json object = compare::Json::Parse(*cell);
    for (const auto& [name, value] : object.AsObject()) {
      text += name + "=" + (value.is_string() ? value.AsString() : "?") + "\n";
    }
    return text;
  }
  const auto kind = compare::KindOfColumn(type);
  return kind ? compare::CanonicalCell(*kind, *cell).value_or(*cell) : *cell;
}

std::map<std::string, std::string> NamedCells(const TableCopy& copy,
                                              const compare::MirrorRow& row) {
  std::map<std::string, std::string> cells;
  for (size_t i = 0; i < row.cells.size(); ++i) {
    const compare::Column& column = copy.layout.table.columns[i];
    if (column.name != "_synced_at") cells[column.name] = Canonical(column.type, row.cells[i]);
  }
  return cells;
}

}  // namespace

TableCopy TableOf(const std::string& object, compare::MirrorReader& mirror) {
  TableCopy copy{.layout = mirror.Layout(object)};
  const auto all = [&](const compare::Relation& relation) {
    std::vector<compare::MirrorRow> rows;
    compare::MirrorReader::Rows reader(mirror, relation);
    while (auto row = reader.Next()) rows.push_back(std::move(*row));
    return rows;
  };
  copy.table = all(copy.layout.table);
  if (!copy.layout.views.empty()) copy.view = all(copy.layout.views.front());
  return copy;
}

std::vector<std::string> DifferencesOf(const TableCopy& one, const TableCopy& other) {
  std::vector<std::string> differences;
  std::map<int64_t, std::map<std::string, std::string>> rows;
  for (const compare::MirrorRow& row : other.table) rows[row.id] = NamedCells(other, row);
  for (const compare::MirrorRow& row : one.table) {
    const std::string name = one.layout.object + " " + std::to_string(row.id);
    const auto found = rows.find(row.id);
    if (found == rows.end()) {
      differences.push_back(name + ": a row here, none there");
      continue;
    }
    for (const auto& [column, value] : NamedCells(one, row)) {
      const std::string there = found->second[column];
      if (value == there) continue;
      differences.push_back(name + " " + column + ": " + value + " here, " + there + " there");
    }
    rows.erase(found);
  }
  for (const auto& [id, row] : rows) {
    differences.push_back(one.layout.object + " " + std::to_string(id) +
                          ": none here, a row there");
  }
  return differences;
}

TableCopy TableOf(const std::string& object, const StoredObject& stored) {
  TableCopy made;
  made.layout.object = object;
  made.layout.table.name = object;
  compare::Relation view{.name = object + "_live", .columns = {{"id", "bigint"}}};
  const auto add = [&](std::string_view name, std::string_view type) {
    made.layout.table.columns.push_back({std::string(name), std::string(type)});
  };
  for (const auto& column : kFixedBefore) add(column[0], column[1]);
  for (const MirrorColumn& column : stored.columns) {
    add(column.column_name, TypeOf(column.type));
    view.columns.push_back({column.column_name, TypeOf(column.type)});
    made.layout.properties.push_back(PropertyOf(column));
  }
  for (const auto& column : kFixedAfter) add(column[0], column[1]);
  made.layout.views = {std::move(view)};
  for (const auto& [id, row] : stored.rows) {
    std::vector<Cell> cells = {std::to_string(id),     Shown(row.created_at),
                               Shown(row.updated_at),  row.archived ? "t" : "f",
                               Shown(row.archived_at), Shown(row.merged_into),
                               Shown(row.erased_at),   Shown(row.purged_at)};
    std::vector<Cell> seen = {std::to_string(id)};
    for (const MirrorColumn& column : stored.columns) {
      cells.push_back(ValueOf(row, column));
      seen.push_back(cells.back());
    }
    cells.insert(cells.end(), {Shown(std::optional(VirtualClock::kEpoch)), Shown(row.hash),
                               row.rejected, row.overflow});
    made.table.push_back({.id = id, .cells = std::move(cells)});
    if (row.live()) made.view.push_back({.id = id, .cells = std::move(seen)});
  }
  return made;
}

}  // namespace hubmirror::simulation
