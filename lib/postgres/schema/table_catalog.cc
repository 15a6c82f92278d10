#include "postgres/schema/table_catalog.h"

#include <array>
#include <unordered_map>

#include "base/check.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

constexpr std::array kTypes = {ColumnType::kText,    ColumnType::kNumeric, ColumnType::kInteger,
                               ColumnType::kBoolean, ColumnType::kDate,    ColumnType::kTimestamp};

ColumnType TypeNamed(std::string_view name) {
  for (const ColumnType type : kTypes) {
    if (SqlName(type) == name) return type;
  }
  return ColumnType::kText;
}

std::string_view NameOf(Storage storage) {
  return storage == Storage::kColumn ? "column" : "overflow";
}

std::string_view NameOf(PropertyState state) {
  return state == PropertyState::kCurrent ? "current" : "filling";
}

/// A column of `properties` that says what HubSpot's definition says.
template <typename Value>
struct Told {
  const char* column;
  Value PropertyDefinition::*member;
};

constexpr Told<std::string> kTexts[] = {
    {"type", &PropertyDefinition::type},
    {"field_type", &PropertyDefinition::field_type},
    {"label", &PropertyDefinition::label},
    {"group_name", &PropertyDefinition::group_name},
    {"description", &PropertyDefinition::description},
    {"data_sensitivity", &PropertyDefinition::data_sensitivity},
    {"referenced_object_type", &PropertyDefinition::referenced_object_type},
    {"currency_property_name", &PropertyDefinition::currency_property_name},
    {"number_display_hint", &PropertyDefinition::number_display_hint},
    {"text_display_hint", &PropertyDefinition::text_display_hint},
    {"date_display_hint", &PropertyDefinition::date_display_hint},
};
constexpr Told<bool> kFlags[] = {
    {"calculated", &PropertyDefinition::calculated},
    {"hubspot_defined", &PropertyDefinition::hubspot_defined},
    {"external_options", &PropertyDefinition::external_options},
    {"has_unique_value", &PropertyDefinition::has_unique_value},
    {"hidden", &PropertyDefinition::hidden},
    {"archived", &PropertyDefinition::archived},
    {"show_currency_symbol", &PropertyDefinition::show_currency_symbol},
};

struct StoredColumn {
  const char* name;
  const char* type;
  const char* absent = "NULL";  ///< what an older layout, without the column, says
};
/// What the mirror says of the property itself, and what is neither text nor flag.
constexpr StoredColumn kOurColumns[] = {
    {"position", "int"},           {"name", "text"},
    {"column_name", "text"},       {"storage", "text"},
    {"column_type", "text"},       {"state", "text"},
    {"blocked_by", "text"},        {"hashed_with", "text"},
    {"excluded", "bool", "false"}, {"display_order", "bigint", "-1"},
    {"created_at", "timestamptz"},
};

/// The columns of `properties` but `object`, in the order in which they are read and written.
std::vector<StoredColumn> StoredColumns() {
  std::vector<StoredColumn> all(std::begin(kOurColumns), std::end(kOurColumns));
  for (const auto& text : kTexts) all.push_back({text.column, "text"});
  for (const auto& flag : kFlags) all.push_back({flag.column, "bool", "false"});
  return all;
}

std::string StoredNames() {
  std::vector<std::string> names;
  for (const StoredColumn& column : StoredColumns()) names.emplace_back(column.name);
  return Join(names);
}

MirrorColumn ColumnAt(const Rows& rows, size_t i) {
  size_t at = 1;  // the position is the order
  const auto text = [&] { return std::string(rows.Text(i, at++)); };
  const auto flag = [&] { return rows.Bool(i, at++); };
  MirrorColumn column;
  PropertyDefinition definition;
  definition.name = text();
  column.column_name = text();
  column.storage = text() == "column" ? Storage::kColumn : Storage::kOverflow;
  column.type = TypeNamed(text());
  column.state = text() == "filling" ? PropertyState::kFilling : PropertyState::kCurrent;
  column.blocked_by = text();
  column.hashed_with = text();
  column.excluded = flag();
  definition.display_order = rows.Int(i, at++);
  definition.created_at = rows.Time(i, at++);
  for (const auto& told : kTexts) definition.*told.member = text();
  for (const auto& told : kFlags) definition.*told.member = flag();
  column.definition = std::move(definition);
  return column;
}

void ReadOptions(Connection& connection, const std::string& schema, const std::string& object,
                 std::vector<MirrorColumn>& columns) {
  std::unordered_map<std::string_view, MirrorColumn*> by_name;
  for (MirrorColumn& column : columns) by_name.emplace(column.property(), &column);
  std::unordered_map<MirrorColumn*, std::vector<PropertyOption>> options;
  const Rows rows = connection.Run(
      "SELECT property, value, label, description, display_order, hidden FROM " +
          QuoteName(schema, "property_options") + " WHERE object = $1 ORDER BY property, position",
      {object});
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto found = by_name.find(rows.Text(i, 0));
    if (found == by_name.end()) continue;
    options[found->second].push_back({.value = std::string(rows.Text(i, 1)),
                                      .label = std::string(rows.Text(i, 2)),
                                      .description = std::string(rows.Text(i, 3)),
                                      .display_order = rows.Int(i, 4),
                                      .hidden = rows.Bool(i, 5)});
  }
  for (auto& [column, all] : options) column->definition.Edit().options = std::move(all);
}

/// Columns of an INSERT from arrays: one array a column.
class ColumnArrays {
 public:
  explicit ColumnArrays(size_t columns) : arrays_(columns) {}

  ArrayText& operator[](size_t column) { return arrays_[column]; }
  Params Take(const std::string& object) {
    Params params = {object};
    for (ArrayText& array : arrays_) params.emplace_back(array.Take());
    return params;
  }

 private:
  std::vector<ArrayText> arrays_;
};

void InsertColumns(Transaction& transaction, const std::string& schema, const std::string& object,
                   const std::vector<std::pair<size_t, const MirrorColumn*>>& columns) {
  const std::vector<StoredColumn> stored = StoredColumns();
  ColumnArrays arrays(stored.size());
  for (const auto& [position, column] : columns) {
    const PropertyDefinition& definition = column->definition;
    size_t at = 0;
    const auto text = [&](std::string_view value) {
      arrays[at++].AddParam(TextParam(std::string(value)));
    };
    arrays[at++].Add(static_cast<int64_t>(position));
    text(definition.name);
    text(column->column_name);
    text(NameOf(column->storage));
    text(SqlName(column->type));
    text(NameOf(column->state));
    text(column->blocked_by);
    text(column->hashed_with);
    arrays[at++].AddFlag(column->excluded);
    arrays[at++].Add(definition.display_order);
    arrays[at++].AddParam(TimeParam(definition.created_at));
    for (const auto& told : kTexts) text(definition.*told.member);
    for (const auto& told : kFlags) arrays[at++].AddFlag(definition.*told.member);
  }
  std::vector<std::string> casts;
  for (size_t i = 0; i < stored.size(); ++i) {
    casts.push_back("$" + std::to_string(i + 2) + "::" + stored[i].type + "[]");
  }
  transaction.Run("INSERT INTO " + QuoteName(schema, "properties") + " (object, " + StoredNames() +
                      ") SELECT $1, * FROM unnest(" + Join(casts) + ")",
                  arrays.Take(object));
}

void InsertOptions(Transaction& transaction, const std::string& schema, const std::string& object,
                   const std::vector<std::pair<size_t, const MirrorColumn*>>& columns) {
  ColumnArrays arrays(7);
  bool any = false;
  for (const auto& [unused, column] : columns) {
    int64_t position = 0;
    for (const PropertyOption& option : column->definition->options) {
      any = true;
      arrays[0].Add(column->property());
      arrays[1].Add(position++);
      arrays[2].Add(option.value);
      arrays[3].AddParam(TextParam(option.label));
      arrays[4].AddParam(TextParam(option.description));
      arrays[5].Add(option.display_order);
      arrays[6].AddFlag(option.hidden);
    }
  }
  if (!any) return;
  transaction.Run("INSERT INTO " + QuoteName(schema, "property_options") +
                      " (object, property, position, value, label, description, display_order,"
                      " hidden) SELECT $1, * FROM unnest($2::text[], $3::int[], $4::text[],"
                      " $5::text[], $6::text[], $7::bigint[], $8::bool[])",
                  arrays.Take(object));
}

}  // namespace

std::vector<MirrorColumn> ReadColumns(Connection& connection, const std::string& schema,
                                      const std::string& object) {
  // A verb may read what an older daemon still writes: a name that `properties` does not have yet
  // means the column of `absent`, which is outside.
  std::vector<std::string> absent;
  std::vector<std::string> read;
  for (const StoredColumn& column : StoredColumns()) {
    absent.push_back(std::string(column.absent) + "::" + column.type + " AS " + column.name);
    const bool is_time = column.type == std::string_view("timestamptz");
    const std::string name = std::string("p.") + column.name;
    read.push_back(is_time ? EpochOf(name) : name);
  }
  const Rows rows = connection.Run("SELECT " + Join(read) + " FROM (SELECT " + Join(absent) +
                                       ") absent CROSS JOIN LATERAL (SELECT " + StoredNames() +
                                       " FROM " + QuoteName(schema, "properties") +
                                       " WHERE object = $1) p ORDER BY p.position",
                                   {object});
  std::vector<MirrorColumn> columns;
  columns.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) columns.push_back(ColumnAt(rows, i));
  ReadOptions(connection, schema, object, columns);
  return columns;
}

void SaveColumns(Transaction& transaction, const std::string& schema, const std::string& object,
                 const std::vector<MirrorColumn>& stored,
                 const std::vector<MirrorColumn>& columns) {
  std::vector<std::pair<size_t, const MirrorColumn*>> changed;
  std::vector<std::string> names;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i < stored.size() && stored[i] == columns[i]) continue;
    changed.emplace_back(i, &columns[i]);
    names.push_back(columns[i].property());
  }
  if (changed.empty()) return;
  const Params which = {object, NameArray(names)};
  transaction.Run("DELETE FROM " + QuoteName(schema, "properties") +
                      " WHERE object = $1 AND name = ANY ($2::text[])",
                  which);
  transaction.Run("DELETE FROM " + QuoteName(schema, "property_options") +
                      " WHERE object = $1 AND property = ANY ($2::text[])",
                  which);
  InsertColumns(transaction, schema, object, changed);
  InsertOptions(transaction, schema, object, changed);
}

void SaveChanges(Transaction& transaction, const std::string& schema, const std::string& object,
                 const std::vector<SchemaChange>& changes) {
  if (changes.empty()) return;
  ColumnArrays arrays(4);
  for (const SchemaChange& change : changes) {
    arrays[0].Add(NameOf(change.kind));
    arrays[1].AddParam(TextParam(change.property));
    arrays[2].AddParam(TextParam(change.column_name));
    arrays[3].AddParam(TextParam(change.detail));
  }
  transaction.Run("INSERT INTO " + QuoteName(schema, "schema_changes") +
                      " (object, change, property, column_name, detail) SELECT $1, * FROM"
                      " unnest($2::text[], $3::text[], $4::text[], $5::text[])",
                  arrays.Take(object));
}

PhysicalColumns ReadPhysicalColumns(Connection& connection, const std::string& schema,
                                    const std::string& relation) {
  const Rows rows = connection.Run(
      "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
      " WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
      {QuoteName(schema, relation)});
  PhysicalColumns physical;
  for (size_t i = 0; i < rows.size(); ++i) {
    // What SqlName calls timestamptz is spelled out by the server.
    const std::string_view type = rows.Text(i, 1);
    physical.emplace(rows.Text(i, 0),
                     type == "timestamp with time zone" ? "timestamptz" : std::string(type));
  }
  return physical;
}

std::vector<MirrorColumn> Present(std::vector<MirrorColumn> columns,
                                  const PhysicalColumns& physical) {
  std::erase_if(columns, [&](const MirrorColumn& column) {
    return column.storage == Storage::kColumn && !physical.contains(column.column_name);
  });
  return columns;
}

void SaveGroups(Transaction& transaction, const std::string& schema, const std::string& object,
                const std::vector<PropertyGroup>& groups) {
  ColumnArrays arrays(4);
  for (const PropertyGroup& group : groups) {
    arrays[0].Add(group.name);
    arrays[1].AddParam(TextParam(group.label));
    arrays[2].Add(group.display_order);
    arrays[3].AddFlag(group.archived);
  }
  const std::string table = QuoteName(schema, "property_groups");
  transaction.Run("DELETE FROM " + table + " WHERE object = $1", {object});
  transaction.Run("INSERT INTO " + table +
                      " (object, name, label, display_order, archived) SELECT $1, * FROM"
                      " unnest($2::text[], $3::text[], $4::bigint[], $5::bool[])"
                      " ON CONFLICT DO NOTHING",
                  arrays.Take(object));
}

}  // namespace hubmirror
