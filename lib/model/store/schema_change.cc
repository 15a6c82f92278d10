#include "model/store/schema_change.h"

#include <algorithm>
#include <unordered_map>

namespace hubmirror {
namespace {

using Kind = SchemaChange::Kind;

SchemaChange ChangeOf(Kind kind, const MirrorColumn& column, std::string detail = {}) {
  return {.kind = kind,
          .property = column.property(),
          .column_name = column.column_name,
          .detail = std::move(detail)};
}

SchemaChange NewTable(const std::vector<MirrorColumn>& columns) {
  const auto in_columns =
      std::count_if(columns.begin(), columns.end(),
                    [](const MirrorColumn& column) { return column.storage == Storage::kColumn; });
  std::string detail = std::to_string(in_columns) + " properties";
  const auto others = static_cast<int64_t>(columns.size()) - in_columns;
  if (others > 0) detail += ", " + std::to_string(others) + " more in _overflow";
  return {.kind = Kind::kCreateTable, .property = {}, .column_name = {}, .detail = detail};
}

SchemaChange NewProperty(const MirrorColumn& column) {
  const Kind kind = column.storage == Storage::kColumn ? Kind::kAddColumn : Kind::kAddOverflow;
  return ChangeOf(kind, column, std::string(SqlName(column.type)));
}

std::string_view HashWords(const std::string& before, const std::string& after) {
  if (before.empty()) return "hashed from now on";
  return after.empty() ? "no longer hashed" : "hashed with another key";
}

void Compare(const MirrorColumn& before, const MirrorColumn& after,
             std::vector<SchemaChange>& changes) {
  if (before.storage != after.storage && after.storage == Storage::kColumn) {
    changes.push_back(ChangeOf(Kind::kMoveToColumn, after, std::string(SqlName(after.type))));
  }
  if (before.type != after.type) {
    changes.push_back(
        ChangeOf(Kind::kRetypeColumn, after,
                 std::string(SqlName(before.type)).append(" to ").append(SqlName(after.type))));
  }
  if (before.excluded != after.excluded) {
    changes.push_back(ChangeOf(after.excluded ? Kind::kExclude : Kind::kInclude, after));
  }
  if (before.hashed_with != after.hashed_with) {
    changes.push_back(ChangeOf(Kind::kRehash, after,
                               std::string(HashWords(before.hashed_with, after.hashed_with))));
  }
  if (before.definition->archived != after.definition->archived) {
    changes.push_back(
        ChangeOf(after.definition->archived ? Kind::kArchive : Kind::kRestore, after));
  }
}

}  // namespace

std::string_view NameOf(SchemaChange::Kind kind) {
  switch (kind) {
    case Kind::kCreateTable:
      return "create_table";
    case Kind::kAddColumn:
      return "add_column";
    case Kind::kAddOverflow:
      return "add_overflow";
    case Kind::kMoveToColumn:
      return "move_to_column";
    case Kind::kRetypeColumn:
      return "retype_column";
    case Kind::kExclude:
      return "exclude";
    case Kind::kInclude:
      return "include";
    case Kind::kRehash:
      return "rehash";
    case Kind::kArchive:
      return "archive";
    case Kind::kRestore:
      return "restore";
    case Kind::kCreateIndex:
      return "create_index";
    case Kind::kDropIndex:
      return "drop_index";
  }
  return "unknown";
}

std::vector<SchemaChange> CompareLayouts(const std::vector<MirrorColumn>& standing,
                                         const std::vector<MirrorColumn>& wanted) {
  if (standing.empty()) return {NewTable(wanted)};
  std::unordered_map<std::string_view, const MirrorColumn*> by_name;
  for (const MirrorColumn& column : standing) by_name.emplace(column.property(), &column);
  std::vector<SchemaChange> changes;
  for (const MirrorColumn& column : wanted) {
    const auto before = by_name.find(column.property());
    if (before == by_name.end()) {
      changes.push_back(NewProperty(column));
    } else {
      Compare(*before->second, column, changes);
    }
  }
  return changes;
}

}  // namespace hubmirror
