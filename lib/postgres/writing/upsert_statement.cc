#include "postgres/writing/upsert_statement.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

struct Envelope {
  const char* name;
  const char* type;
};

constexpr std::array kEnvelope = {Envelope{"id", "bigint"},
                                  Envelope{"created_at", "timestamptz"},
                                  Envelope{"updated_at", "timestamptz"},
                                  Envelope{"archived", "boolean"},
                                  Envelope{"archived_at", "timestamptz"},
                                  Envelope{"_hash", "bigint"},
                                  Envelope{"_rejected", "jsonb"},
                                  Envelope{"_overflow", "jsonb"}};
static_assert(kEnvelope.size() == UpsertStatement::kEnvelopeFields);

/// Whether values made for a property as it stood may be stored as it stands.
bool MayStore(const MirrorTable& current, const MirrorColumn& made_for,
              const MirrorColumn& standing) {
  return KeepsValues(current.object, standing) && made_for.hashed_with == standing.hashed_with;
}

}  // namespace

UpsertStatement::UpsertStatement(const RowShape& shape, const MirrorTable& current,
                                 std::string table)
    : table_(std::move(table)), asked_(shape.asked), overflow_(shape.overflow) {
  const bool is_current = shape.table->version == current.version;
  std::unordered_map<std::string_view, const MirrorColumn*> standing;
  for (const MirrorColumn& column : current.columns) standing.emplace(column.property(), &column);

  for (const MirrorColumn& made_for : shape.table->columns) {
    if (is_current) break;
    const auto found = standing.find(made_for.property());
    if (found == standing.end() || MayStore(current, made_for, *found->second)) continue;
    dropped_.push_back(made_for.property());
  }
  const auto is_dropped = [this](const std::string& property) {
    return std::find(dropped_.begin(), dropped_.end(), property) != dropped_.end();
  };

  for (const Envelope& field : kEnvelope) {
    fields_.push_back({QuoteName(field.name), field.type, "", true});
  }
  for (const size_t index : shape.columns) {
    const MirrorColumn& made_for = shape.table->columns[index];
    const auto found = standing.find(made_for.property());
    const bool same = found != standing.end() && found->second->type == made_for.type &&
                      found->second->storage == Storage::kColumn &&
                      !is_dropped(made_for.property()) &&
                      found->second->column_name == made_for.column_name;
    fields_.push_back({QuoteName(made_for.column_name),
                       same ? std::string(SqlName(made_for.type)) : "text", made_for.property(),
                       same});
    line_properties_.push_back(same ? made_for.property() : "");
    if (!same) continue;
    countable_.push_back(made_for.property());
    const bool is_modified = made_for.property() == current.object.modified_property;
    if (is_modified && made_for.type == ColumnType::kTimestamp) modified_ = fields_.back().name;
  }
  for (const std::string& name : shape.overflow) {
    const auto found = standing.find(name);
    if (found == standing.end() || found->second->storage != Storage::kColumn) continue;
    if (is_dropped(name)) continue;
    moved_.push_back(
        {QuoteName(found->second->column_name), name, std::string(SqlName(found->second->type))});
  }
  const std::unordered_set<std::string_view> asked(asked_.begin(), asked_.end());
  asks_everything_ =
      std::all_of(current.columns.begin(), current.columns.end(), [&](const MirrorColumn& column) {
        return column.excluded || asked.contains(column.property());
      });
  keeps_hash_ = shape.whole && is_current;
  fits_ = keeps_hash_ && std::all_of(fields_.begin(), fields_.end(),
                                     [](const Field& field) { return field.used; });
}

std::string UpsertStatement::LineColumns() const {
  std::vector<std::string> names;
  for (const Field& field : fields_) names.push_back(field.name);
  return Join(names);
}

std::string UpsertStatement::LineDeclarations() const {
  std::vector<std::string> parts;
  for (const Field& field : fields_) parts.push_back(field.name + " " + field.type);
  return Join(parts);
}

std::string UpsertStatement::FromArrays() const {
  std::vector<std::string> arrays;
  for (size_t i = 0; i < fields_.size(); ++i) {
    arrays.push_back("$" + std::to_string(i + 1) + "::" + fields_[i].type + "[]");
  }
  return "unnest(" + Join(arrays) + ") AS s(" + LineColumns() + ")";
}

std::string UpsertStatement::Without(const std::string& column,
                                     const std::vector<std::string>& names) const {
  if (names.empty()) return column;
  return "nullif(" + column + " - " + QuoteLiteral(NameArray(names)) + "::text[], '{}')";
}

std::string UpsertStatement::Overflow(const std::string& spill) const {
  std::vector<std::string> names = dropped_;
  for (const Moved& moved : moved_) names.push_back(moved.property);
  std::string overflow = Without("s._overflow", names);
  if (!spill.empty()) overflow = "coalesce(" + overflow + ", '{}') || " + spill;
  return overflow;
}

std::string UpsertStatement::Combined(const std::string& column, const std::string& made) const {
  if (asks_everything_) return made;
  // What was not asked for is neither confirmed nor denied by the answer.
  return "CASE WHEN t." + column + " IS NULL THEN " + made + " ELSE nullif((t." + column + " - " +
         QuoteLiteral(NameArray(asked_)) + "::text[]) || coalesce(" + made + ", '{}'), '{}') END";
}

std::string UpsertStatement::IsNewer(const std::string& line) const {
  if (modified_.empty()) return "true";
  const std::string stamp = line + "." + modified_;
  return "(t." + modified_ + " IS NULL OR " + stamp + " IS NULL OR t." + modified_ +
         " <= " + stamp + ")";
}

std::string UpsertStatement::InsertFrom(const std::string& source) const {
  return InsertFromWithSpill(source, "");
}

std::string UpsertStatement::InsertFromWithSpill(const std::string& source,
                                                 const std::string& spill) const {
  std::vector<std::string> names;
  std::vector<std::string> values;
  std::vector<std::string> sets = {
      "merged_into = CASE WHEN excluded.archived THEN t.merged_into END", "erased_at = NULL",
      "purged_at = NULL", "_synced_at = now()"};
  for (const Field& field : fields_) {
    if (!field.used) continue;
    names.push_back(field.name);
    if (field.name == "\"_overflow\"") {
      values.push_back(Overflow(spill));
      sets.push_back("_overflow = " + Combined("_overflow", "excluded._overflow"));
    } else if (field.name == "\"_rejected\"") {
      values.push_back(Without("s._rejected", dropped_));
      sets.push_back("_rejected = " + Combined("_rejected", "excluded._rejected"));
    } else if (field.name == "\"_hash\"" && !keeps_hash_) {
      values.emplace_back("NULL");
      sets.emplace_back("_hash = NULL");
    } else {
      values.push_back("s." + field.name);
      if (field.name != "\"id\"") sets.push_back(field.name + " = excluded." + field.name);
    }
  }
  for (const Moved& moved : moved_) {
    names.push_back(moved.column);
    values.push_back("(s._overflow->>" + QuoteLiteral(moved.property) + ")::" + moved.type);
    sets.push_back(moved.column + " = excluded." + moved.column);
  }
  // DO UPDATE locks every row it finds, also where its WHERE is false
  // (https://www.postgresql.org/docs/current/sql-insert.html): equal rows must not come here (R9).
  std::string sql = "INSERT INTO " + table_ + " AS t (" + Join(names) + ") SELECT " + Join(values) +
                    " FROM " + source + " ON CONFLICT (id) DO UPDATE SET " + Join(sets);
  if (!modified_.empty()) sql += " WHERE " + IsNewer("excluded");
  return sql;
}

std::string UpsertStatement::Changes(const std::string& source, const std::string& spill,
                                     const ChangeSelection& selection) const {
  const std::string made = Combined("_overflow", "(" + Overflow(spill) + ")");
  std::string pipeline = selection.PipelineOf("t", made);
  std::vector<std::string> differ;
  const auto compare = [&](const std::string& property, const std::string& stored,
                           const std::string& line) {
    if (!selection.Has(property)) return;
    differ.push_back("CASE WHEN " + stored + " IS DISTINCT FROM " + line +
                     " THEN jsonb_build_array(" + QuoteLiteral(property) + ", " + stored +
                     "::text, " + line + "::text) END");
    if (property == selection.pipeline()) pipeline = line + "::text";
  };
  for (const Field& field : fields_) {
    if (!field.used || field.property.empty()) continue;
    compare(field.property, "t." + field.name, "s." + field.name);
  }
  for (const Moved& moved : moved_) {
    compare(moved.property, "t." + moved.column,
            "(s._overflow->>" + QuoteLiteral(moved.property) + ")::" + moved.type);
  }
  // One array of what differs: a row for each column, or an object of each row, takes ten times as
  // long. A value may leave a column and come into `_overflow`, or the other way round: of both
  // places together a property differs, or does not.
  const std::string key = "coalesce(o.key, n.key)";
  return "SELECT d.id, d.was, d.becomes, d.merged_into, d.pipeline, CASE WHEN p.after IS NOT NULL"
         " THEN coalesce(p.before, '{}')::text END, p.after::text"
         " FROM (SELECT s.id, " +
         ChangeSelection::StateOf("t") +
         " AS was, CASE WHEN NOT s.archived THEN 'live' WHEN t.merged_into IS NULL THEN 'archived'"
         " ELSE 'merged' END AS becomes, t.merged_into, " +
         pipeline + " AS pipeline, ARRAY[" + Join(differ) +
         "]::jsonb[] AS columns,"
         " coalesce(t._overflow, '{}') AS stored, coalesce(" +
         made + ", '{}') AS made FROM " + source + " JOIN " + table_ + " t ON t.id = s.id WHERE " +
         IsNewer("s") + ") d, LATERAL (SELECT jsonb_object_agg(name, " +
         selection.Shown("v.before") + ") FILTER (WHERE v.before IS NOT NULL OR " +
         selection.KnowsNone("name", "d.id", "d.was") + ") AS before, jsonb_object_agg(name, " +
         selection.Shown("v.after") +
         ") AS after FROM (SELECT name, max(before) AS before, max(after) AS after FROM"
         " (SELECT c->>0 AS name, c->>1 AS before, c->>2 AS after FROM unnest(d.columns) c"
         " WHERE c IS NOT NULL UNION ALL SELECT " +
         key +
         ", o.value, n.value FROM jsonb_each_text(d.stored) o FULL JOIN"
         " jsonb_each_text(d.made) n ON n.key = o.key WHERE d.stored <> d.made"
         " AND o.value IS DISTINCT FROM n.value AND " +
         selection.HasKey(key) +
         ") e GROUP BY name HAVING max(before) IS DISTINCT FROM max(after)) v) p"
         " WHERE p.after IS NOT NULL OR d.was <> d.becomes";
}

std::string UpsertStatement::Differences(const std::string& source) const {
  std::vector<std::string> ours;
  std::vector<std::string> theirs;
  std::vector<std::string> names;
  std::vector<std::string> in_columns;
  for (const Field& field : fields_) {
    if (!field.used || field.name == "\"id\"" || field.name == "\"_hash\"") continue;
    ours.push_back("t." + field.name);
    theirs.push_back("s." + field.name);
    if (field.name == "\"_overflow\"") continue;
    std::string stored = "t." + field.name;
    std::string name = field.name.substr(1, field.name.size() - 2);
    if (!field.property.empty()) {
      name = field.property;
      in_columns.push_back(field.property);
      stored.insert(0, "coalesce(").append(", (t._overflow->>").append(QuoteLiteral(name));
      stored.append(")::").append(field.type).append(")");
    }
    names.push_back("CASE WHEN s." + field.name + " IS DISTINCT FROM " + stored + " THEN " +
                    QuoteLiteral(name) + " END");
  }
  names.push_back(
      "CASE WHEN coalesce(s._overflow, '{}') IS DISTINCT FROM"
      " (coalesce(t._overflow, '{}') - " +
      QuoteLiteral(NameArray(in_columns)) + "::text[]) THEN '_overflow' END");
  // Naming what differs takes far longer than seeing that something does. Functions take at most
  // 100 arguments, array constructors any number.
  return "SELECT d.id, d.names FROM (SELECT s.id, array_to_string(ARRAY[" + Join(names) +
         "], E'\\x1f') AS names FROM " + source + " JOIN " + table_ + " t ON t.id = s.id WHERE (" +
         Join(ours) + ") IS DISTINCT FROM (" + Join(theirs) + ")) d WHERE d.names <> ''";
}

std::string UpsertStatement::CountLost(const std::string& source) const {
  std::vector<std::string> counts;
  for (const Field& field : fields_) {
    if (!field.used || field.property.empty()) continue;
    counts.push_back("count(*) FILTER (WHERE t." + field.name + " IS NOT NULL AND s." + field.name +
                     " IS NULL AND (s._rejected->" + QuoteLiteral(field.property) + ") IS NULL)");
  }
  return "SELECT " + Join(counts) + " FROM " + source + " JOIN " + table_ + " t ON t.id = s.id";
}

std::string UpsertStatement::CountLostOverflow(const std::string& source) const {
  if (overflow_.empty()) return "";
  return "SELECT k, count(*) FROM " + source + " JOIN " + table_ +
         " t ON t.id = s.id, LATERAL jsonb_object_keys(t._overflow) k WHERE k = ANY (" +
         QuoteLiteral(NameArray(overflow_)) +
         "::text[]) AND NOT coalesce(s._overflow ? k, false)"
         " AND NOT coalesce(s._rejected ? k, false) GROUP BY k";
}

}  // namespace hubmirror
