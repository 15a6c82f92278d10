#include "postgres/schema/schema_writer.h"

#include <algorithm>
#include <unordered_map>

#include "base/check.h"
#include "base/digest.h"
#include "postgres/schema/comments.h"
#include "postgres/schema/descriptions.h"
#include "postgres/schema/live_view.h"
#include "postgres/schema/mirror_indexes.h"
#include "postgres/schema/table_catalog.h"
#include "postgres/schema/table_dependents.h"
#include "postgres/schema/union_view.h"
#include "postgres/session/database_failure.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

// ALTER TABLE takes an ACCESS EXCLUSIVE lock. While it waits for one, it holds up every reader that
// comes after it (https://www.postgresql.org/docs/current/explicit-locking.html).
constexpr const char* kPatience = "SET LOCAL lock_timeout = 200; ";
constexpr int64_t kPiece = 20'000;
constexpr const char* kTableBusy =
    "the table was in use: tried again at the next look at the catalog";

std::string Declaration(const MirrorColumn& column) {
  return QuoteName(column.column_name) + " " + std::string(SqlName(column.type));
}

/// Whether the stored values can be turned into those of the new type here, as R10 would.
bool Converts(const MirrorColumn& stored, const MirrorColumn& wanted) {
  return stored.type == ColumnType::kText && wanted.type == ColumnType::kInteger &&
         stored.hashed_with.empty() && !stored.excluded && !wanted.excluded;
}

bool IsDropped(const MirrorColumn& before, const MirrorColumn& column,
               const PhysicalColumns& physical) {
  return before.storage == Storage::kColumn && column.storage == Storage::kColumn &&
         !physical.contains(column.column_name);
}

/// The column is made anew for another type.
bool LosesValues(const MirrorColumn& before, const MirrorColumn& column) {
  return before.storage == Storage::kColumn && before.type != column.type &&
         !Converts(before, column);
}

/// The operator wants no values of it kept, or others than these.
bool IsForgotten(const ObjectType& object, const MirrorColumn& before, const MirrorColumn& column) {
  return before.hashed_with != column.hashed_with ||
         (!KeepsValues(object, column) && KeepsValues(object, before));
}

bool HasReturned(const MirrorColumn& before, const MirrorColumn& column) {
  return before.definition->archived && !column.definition->archived && !column.excluded;
}

/// Takes the values of these, as they are stored, out of the rows that fulfil `rows`.
SchemaWriter::Clearing ClearingOf(const PhysicalColumns& physical,
                                  const std::vector<const MirrorColumn*>& columns,
                                  const std::string& rows) {
  std::vector<std::string> properties;
  std::vector<std::string> sets = {"_hash = NULL"};
  std::vector<std::string> conditions;
  for (const MirrorColumn* column : columns) {
    properties.push_back(column->property());
    if (!physical.contains(column->column_name) || column->storage != Storage::kColumn) continue;
    const std::string name = QuoteName(column->column_name);
    sets.push_back(name + " = NULL");
    conditions.push_back(name + " IS NOT NULL");
  }
  const std::string names = QuoteLiteral(NameArray(properties)) + "::text[]";
  for (const std::string kept : {"_rejected", "_overflow"}) {
    std::string set = kept;
    sets.push_back(set.append(" = nullif(").append(kept).append(" - ").append(names) + ", '{}')");
    std::string condition = kept;
    conditions.push_back(std::move(condition.append(" ?| ").append(names)));
  }
  return {.set = Join(sets), .where = "(" + Join(conditions, " OR ") + ") AND " + rows};
}

bool CanWait(const StatementError& error) {
  return IsLockTimeout(error.sqlstate()) || error.sqlstate() == "40P01";
}

}  // namespace

bool SchemaWriter::Exists(Transaction& transaction, const std::string& object) const {
  return !transaction.Run("SELECT to_regclass($1)::text", {schema_.Table(object)}).IsNull(0, 0);
}

std::set<std::string> SchemaWriter::Arriving(Transaction& transaction, const std::string& object,
                                             const std::vector<MirrorColumn>& columns) const {
  const PhysicalColumns physical =
      ReadPhysicalColumns(transaction.connection(), schema_.name(), object);
  std::set<std::string> arriving;
  for (const MirrorColumn& column : columns) {
    if (column.storage == Storage::kColumn || column.blocked_by.empty()) continue;
    const auto there = physical.find(column.column_name);
    if (there == physical.end() || there->second != SqlName(column.type)) continue;
    arriving.insert(column.column_name);
  }
  return arriving;
}

void SchemaWriter::KeepStates(const Stored& stored, std::vector<MirrorColumn>& columns) {
  for (MirrorColumn& column : columns) {
    const auto before = stored.find(column.property());
    if (before == stored.end() || NeedsFilling(*before->second, column)) continue;
    const bool asked = !column.excluded && !column.definition->archived;
    const bool stood = before->second->state == PropertyState::kCurrent;
    if (stood || asked) column.state = before->second->state;
  }
}

SchemaWriter::Change SchemaWriter::Apply(Transaction& transaction,
                                         const MirrorTable& wanted) const {
  Change change{.columns = wanted.columns, .changes = {}, .arriving = {}, .created = false};
  const std::vector<MirrorColumn> stored =
      ReadColumns(transaction.connection(), schema_.name(), wanted.name());
  const PhysicalColumns physical =
      ReadPhysicalColumns(transaction.connection(), schema_.name(), wanted.name());
  for (MirrorColumn& column : change.columns) column.blocked_by.clear();
  if (physical.empty()) {
    CreateTable(transaction, wanted);
    change.created = true;
    change.changes.emplace_back("create_table");
  } else {
    Stored by_name;
    for (const MirrorColumn& column : stored) by_name.emplace(column.property(), &column);
    KeepStates(by_name, change.columns);
    // What came since the pieces were done.
    for (const Clearing& clearing : Clearings(transaction, wanted)) {
      Clear(transaction, wanted.name(), clearing);
    }
    AddColumns(transaction, wanted.name(), physical, by_name, change);
    for (MirrorColumn& column : change.columns) {
      const auto found = by_name.find(column.property());
      if (found == by_name.end() || found->second->storage == Storage::kColumn) continue;
      if (column.storage == Storage::kOverflow) continue;
      // Until Arrive has moved the values, they are read from where they are.
      column.storage = Storage::kOverflow;
      column.blocked_by = kTableBusy;
      change.arriving.push_back(column.property());
    }
    for (MirrorColumn& column : change.columns) {
      const auto found = by_name.find(column.property());
      if (found == by_name.end() || found->second->type == column.type) continue;
      Retype(transaction, wanted.name(), column, *found->second, change);
    }
    ForgetValues(transaction, wanted.object, by_name, change.columns);
  }
  const bool keeps = !change.created;
  SaveColumns(transaction, schema_.name(), wanted.name(),
              keeps ? stored : std::vector<MirrorColumn>{}, change.columns);
  if (keeps && change.columns != stored) {
    // Values that were filled may be gone, and where a fill stands says nothing of that.
    transaction.Run("UPDATE " + schema_.Table("_stream_state") +
                        " SET cursor = NULL WHERE object = $1 AND job = 'fill'",
                    {wanted.name()});
  }
  SaveChanges(transaction, schema_.name(), wanted.name(),
              CompareLayouts(keeps ? Present(stored, physical) : std::vector<MirrorColumn>{},
                             change.columns));
  return change;
}

void SchemaWriter::CreateTable(Transaction& transaction, const MirrorTable& wanted) const {
  const std::string table = schema_.Table(wanted.name());
  std::string sql = "CREATE TABLE " + table +
                    " (id bigint PRIMARY KEY, created_at timestamptz, updated_at timestamptz,"
                    " archived boolean NOT NULL DEFAULT false, archived_at timestamptz,"
                    " merged_into bigint, erased_at timestamptz, purged_at timestamptz";
  for (const MirrorColumn& column : wanted.columns) {
    if (column.storage == Storage::kColumn) sql += ", " + Declaration(column);
  }
  sql +=
      ", _synced_at timestamptz NOT NULL DEFAULT now(), _hash bigint, _rejected jsonb,"
      " _overflow jsonb)";
  transaction.Run(sql);
  // The two partial ones hold few rows: they answer for archived lists and for chains of merges.
  transaction.Run("CREATE INDEX ON " + table + " (updated_at); CREATE INDEX ON " + table +
                  " (id) WHERE archived; CREATE INDEX ON " + table +
                  " (merged_into) WHERE merged_into IS NOT NULL");
  std::string built_in;
  for (const IndexChange& index : CompareIndexes(transaction.connection(), schema_.name(),
                                                 wanted.name(), {}, wanted.columns)) {
    built_in += index.sql;
  }
  transaction.Run(built_in);
  ForgetStream(transaction, wanted.name());
}

void SchemaWriter::ForgetStream(Transaction& transaction, const std::string& object) const {
  for (const char* table : {"_stream_state", "_pending", "_quarantine", "_seen", "_due",
                            "properties", "property_options"}) {
    transaction.Run("DELETE FROM " + schema_.Table(table) + " WHERE object = $1", {object});
  }
  transaction.Run("INSERT INTO " + schema_.Table("_stream_state") +
                      " (object, job, state) VALUES ($1, 'stream', 'backfilling')",
                  {object});
}

void SchemaWriter::AddColumns(Transaction& transaction, const std::string& object,
                              const PhysicalColumns& physical, const Stored& stored,
                              Change& change) const {
  std::vector<MirrorColumn*> missing;
  std::vector<std::string> additions;
  for (MirrorColumn& column : change.columns) {
    if (column.storage != Storage::kColumn) continue;
    const auto before = stored.find(column.property());
    const bool was_ours = before != stored.end() && before->second->storage == Storage::kColumn;
    const auto there = physical.find(column.column_name);
    if (there != physical.end()) {
      if (was_ours || there->second == SqlName(column.type)) continue;
      column.storage = Storage::kOverflow;
      column.blocked_by = "a column of this name and type " + there->second + " is there already";
      continue;
    }
    // Someone dropped it, and its values with it.
    if (was_ours) column.state = PropertyState::kFilling;
    missing.push_back(&column);
    additions.push_back("ADD COLUMN " + Declaration(column));
  }
  if (missing.empty()) return;
  std::string refusal;
  try {
    transaction.InSavepoint([&] {
      transaction.Run(kPatience + ("ALTER TABLE " + schema_.Table(object) + " ") + Join(additions));
    });
    change.changes.emplace_back("add_column");
    return;
  } catch (const StatementError& error) {
    // 54011: the table has had 1,600 columns, dropped ones included
    // (https://www.postgresql.org/docs/current/limits.html).
    if (error.sqlstate() == "54011") {
      refusal = "the table has no room for another column";
    } else if (CanWait(error)) {
      refusal = kTableBusy;
    } else {
      throw;
    }
  }
  for (MirrorColumn* column : missing) {
    column->storage = Storage::kOverflow;
    column->blocked_by = refusal;
  }
}

std::vector<std::string> SchemaWriter::ViewsOf(Transaction& transaction, const std::string& object,
                                               const std::vector<MirrorColumn>& columns) const {
  std::vector<std::string> views = LiveViewNames(schema_.name(), object, columns);
  const bool written = schema_.plan().write.enabled;
  if (written && HasWriteView(transaction, schema_.name(), object)) {
    views.push_back(WriteViewName(object));
  }
  return views;
}

void SchemaWriter::Retype(Transaction& transaction, const std::string& object, MirrorColumn& column,
                          const MirrorColumn& stored, Change& change) const {
  const auto keep = [&](const std::string& why) {
    column.type = stored.type;
    column.state = stored.state;
    column.storage = stored.storage;
    column.blocked_by = why;
  };
  const auto dependents =
      DependentsOf(transaction.connection(), schema_.name(), object, column.column_name,
                   ViewsOf(transaction, object, change.columns));
  if (!dependents.empty()) return keep(Join(dependents));
  const bool converts = Converts(stored, column);
  const bool arrives = converts && stored.storage == Storage::kColumn;
  // The values are here, and those of merged and purged records nowhere else: they go through
  // `_overflow` into the new column, and nothing is read again.
  if (converts) column.state = stored.state;
  if (arrives) {
    column.storage = Storage::kOverflow;
    column.blocked_by = kTableBusy;
  }
  try {
    transaction.InSavepoint(
        [&] { SwapColumn(transaction, object, column, stored, change.columns); });
    change.changes.emplace_back("retype_column");
    if (arrives) change.arriving.push_back(column.property());
  } catch (const StatementError& error) {
    // 2BP01: someone built something on it a moment ago.
    if (!CanWait(error) && error.sqlstate() != "2BP01") throw;
    keep(kTableBusy);
  }
}

void SchemaWriter::SetValuesAside(Transaction& transaction, const std::string& object,
                                  const MirrorColumn& stored) const {
  const std::string name = QuoteName(stored.column_name);
  const std::string property = QuoteLiteral(stored.property());
  const std::string update = "UPDATE " + schema_.Table(object) + " SET ";
  std::string sql;
  if (stored.storage == Storage::kColumn) {
    sql += update + "_overflow = coalesce(_overflow, '{}') || jsonb_build_object(" + property +
           ", " + name + ") WHERE " + name + " IS NOT NULL; ";
  }
  sql += update + "_rejected = coalesce(_rejected, '{}') || jsonb_build_object(" + property +
         ", _overflow->>" + property + "), _overflow = nullif(_overflow - " + property +
         ", '{}') WHERE _overflow->>" + property + " !~ '^[0-9]{1,18}$'";
  transaction.Run(sql);
}

void SchemaWriter::SwapColumn(Transaction& transaction, const std::string& object,
                              const MirrorColumn& column, const MirrorColumn& stored,
                              const std::vector<MirrorColumn>& columns) const {
  if (Converts(stored, column)) SetValuesAside(transaction, object, stored);
  // A new column and a fill: to change a type PostgreSQL rewrites the whole table under an
  // exclusive lock (https://www.postgresql.org/docs/current/sql-altertable.html). The views go
  // first, as they use the old column.
  const std::vector<std::string> views = ViewsOf(transaction, object, columns);
  std::vector<std::string> grants =
      GrantsOf(transaction, schema_.name(), object, column.column_name);
  std::vector<std::string> grants_to_write;
  std::string sql = kPatience;
  for (const std::string& view : views) {
    if (view == WriteViewName(object)) {
      grants_to_write = WriteViewGrants(transaction, schema_, object, columns);
    } else {
      const auto held = GrantsOf(transaction, schema_.name(), view);
      grants.insert(grants.end(), held.begin(), held.end());
    }
    sql += "DROP VIEW IF EXISTS " + schema_.Table(view) + "; ";
  }
  const std::string name = QuoteName(column.column_name);
  if (stored.storage == Storage::kColumn) {
    sql += "ALTER TABLE " + schema_.Table(object) + " DROP COLUMN IF EXISTS " + name +
           ", ADD COLUMN " + Declaration(column);
  } else if (!Converts(stored, column)) {
    // Values of the old type would make every query on the view fail.
    const std::string property = QuoteLiteral(column.property());
    sql += "UPDATE " + schema_.Table(object) + " SET _overflow = nullif(_overflow - " + property +
           ", '{}'), _hash = NULL" + " WHERE _overflow ? " + property;
  }
  DropUnion(transaction.connection(), object);
  transaction.Run(sql);
  ReplaceViews(transaction, object, columns);
  for (const std::string& grant : grants) transaction.Run(grant);
  // It is there again only if something may still be written.
  if (grants_to_write.empty() || !HasWriteView(transaction, schema_.name(), object)) return;
  for (const std::string& grant : grants_to_write) transaction.Run(grant);
}

void SchemaWriter::ForgetValues(Transaction& transaction, const ObjectType& object,
                                const Stored& stored, std::vector<MirrorColumn>& columns) const {
  std::vector<std::string> properties;
  for (MirrorColumn& column : columns) {
    const auto found = stored.find(column.property());
    if (found == stored.end() || !IsForgotten(object, *found->second, column)) continue;
    // Keeping its type, when something of others forbids the new one, keeps its state too.
    const bool rehashed = found->second->hashed_with != column.hashed_with;
    if (rehashed && !column.excluded && !column.definition->archived) {
      column.state = PropertyState::kFilling;
    }
    properties.push_back(column.property());
  }
  if (properties.empty()) return;
  ForgetQuarantined(transaction, object.name, properties);
  ForgetHistory(transaction, object.name, properties);
}

std::vector<SchemaWriter::Clearing> SchemaWriter::Clearings(Transaction& transaction,
                                                            const MirrorTable& wanted) const {
  const PhysicalColumns physical =
      ReadPhysicalColumns(transaction.connection(), schema_.name(), wanted.name());
  if (physical.empty()) return {};
  const std::vector<MirrorColumn> stored =
      ReadColumns(transaction.connection(), schema_.name(), wanted.name());
  Stored by_name;
  for (const MirrorColumn& column : stored) by_name.emplace(column.property(), &column);
  bool dropped = false;
  std::vector<std::string> swapped;
  std::vector<const MirrorColumn*> forgotten;
  std::vector<const MirrorColumn*> returned;
  for (const MirrorColumn& column : wanted.columns) {
    const auto found = by_name.find(column.property());
    if (found == by_name.end()) continue;
    const MirrorColumn& before = *found->second;
    dropped = dropped || IsDropped(before, column, physical);
    if (LosesValues(before, column) && physical.contains(before.column_name) &&
        DependentsOf(transaction.connection(), schema_.name(), wanted.name(), column.column_name,
                     ViewsOf(transaction, wanted.name(), wanted.columns))
            .empty()) {
      swapped.push_back(QuoteName(before.column_name) + " IS NOT NULL");
    }
    if (IsForgotten(wanted.object, before, column)) forgotten.push_back(&before);
    if (HasReturned(before, column)) returned.push_back(&before);
  }
  std::vector<Clearing> clearings;
  if (dropped) clearings.push_back({.set = "_hash = NULL", .where = "_hash IS NOT NULL"});
  if (!swapped.empty()) {
    clearings.push_back(
        {.set = "_hash = NULL", .where = "_hash IS NOT NULL AND (" + Join(swapped, " OR ") + ")"});
  }
  if (!forgotten.empty()) {
    clearings.push_back(ClearingOf(physical, forgotten, "true"));
    for (const MirrorColumn* column : forgotten) {
      const bool asked = !column->excluded && !column->definition->archived;
      if (asked) clearings.back().properties.push_back(column->property());
    }
  }
  if (!returned.empty()) {
    // One that was deleted and made anew has other values, and only records with a value are found
    // by the fill. What nobody can read any more, merged and purged records, keeps its last values.
    clearings.push_back(ClearingOf(
        physical, returned, "merged_into IS NULL AND erased_at IS NULL AND purged_at IS NULL"));
  }
  return clearings;
}

std::optional<std::vector<MirrorColumn>> SchemaWriter::BeginClearing(
    Transaction& transaction, const std::string& object,
    const std::vector<Clearing>& clearings) const {
  const auto stored = ReadColumns(transaction.connection(), schema_.name(), object);
  auto columns = stored;
  for (MirrorColumn& column : columns) {
    for (const Clearing& clearing : clearings) {
      const bool loses =
          std::ranges::find(clearing.properties, column.property()) != clearing.properties.end();
      if (loses) column.state = PropertyState::kFilling;
    }
  }
  if (columns == stored) return std::nullopt;
  SaveColumns(transaction, schema_.name(), object, stored, columns);
  return columns;
}

void SchemaWriter::Clear(Transaction& transaction, const std::string& object,
                         const Clearing& clearing) const {
  transaction.Run("UPDATE " + schema_.Table(object) + " SET " + clearing.set + " WHERE " +
                  clearing.where);
}

std::optional<RecordId> SchemaWriter::ClearPiece(Transaction& transaction,
                                                 const std::string& object,
                                                 const Clearing& clearing,
                                                 std::optional<RecordId> above) const {
  const std::string table = schema_.Table(object);
  const std::string from = above ? " WHERE id > " + std::to_string(above->value) : "";
  const Rows rows =
      transaction.Run("WITH piece AS MATERIALIZED (SELECT id FROM " + table + from +
                      " ORDER BY id LIMIT " + std::to_string(kPiece) + "), cleared AS (UPDATE " +
                      table + " SET " + clearing.set + " WHERE id IN (SELECT id FROM piece) AND " +
                      clearing.where + ") SELECT max(id), count(*) FROM piece");
  if (rows.Int(0, 1) < kPiece) return std::nullopt;
  return RecordId{rows.Int(0, 0)};
}

void SchemaWriter::ForgetQuarantined(Transaction& transaction, const std::string& object,
                                     const std::vector<std::string>& properties) const {
  // What several properties share there is a text of JSON; the server's reason may quote the row.
  std::vector<std::string> names = properties;
  names.insert(names.end(), {"_rejected", "_overflow"});
  transaction.Run("UPDATE " + schema_.Table("_quarantine") +
                      " SET record = record - $2::text[],"
                      " reason = 'the configuration left out what was quoted here'"
                      " WHERE object = $1 AND record ?| $2::text[]",
                  {object, NameArray(names)});
}

void SchemaWriter::ForgetHistory(Transaction& transaction, const std::string& object,
                                 const std::vector<std::string>& properties) const {
  const std::string table = schema_.HistoryTable(object);
  if (transaction.Run("SELECT to_regclass($1)::text", {table}).IsNull(0, 0)) return;
  transaction.Run("DELETE FROM " + table + " WHERE property = ANY ($1::text[])",
                  {NameArray(properties)});
}

std::vector<MirrorColumn> SchemaWriter::Arrive(Transaction& transaction, const std::string& object,
                                               const std::string& property) const {
  const std::vector<MirrorColumn> stored =
      ReadColumns(transaction.connection(), schema_.name(), object);
  std::vector<MirrorColumn> columns = stored;
  const auto column = std::find_if(columns.begin(), columns.end(),
                                   [&](const MirrorColumn& c) { return c.property() == property; });
  CHECK_THAT(column != columns.end());
  const std::string name = QuoteLiteral(property);
  transaction.Run("UPDATE " + schema_.Table(object) + " SET " + QuoteName(column->column_name) +
                  " = (_overflow->>" + name + ")::" + std::string(SqlName(column->type)) +
                  ", _overflow = nullif(_overflow - " + name + ", '{}') WHERE _overflow ? " + name);
  column->storage = Storage::kColumn;
  column->blocked_by.clear();
  SaveColumns(transaction, schema_.name(), object, stored, columns);
  SaveChanges(transaction, schema_.name(), object, CompareLayouts(stored, columns));
  return columns;
}

void SchemaWriter::ReplaceViews(Transaction& transaction, const std::string& object,
                                const std::vector<MirrorColumn>& columns) const {
  const std::set<std::string> arriving = Arriving(transaction, object, columns);
  const auto views = LiveViewsOf(schema_.name(), object, columns, arriving);
  for (const LiveView& view : views) CreateView(transaction, object, view);
  KeepWriteView(transaction, schema_, object, columns, arriving);
  RebuildUnion(transaction.connection(), object);
  schema_.GrantReaders(transaction);
}

void SchemaWriter::CreateView(Transaction& transaction, const std::string& object,
                              const LiveView& view) const {
  const std::string create = "VIEW " + schema_.Table(view.name) + " AS " + view.query;
  try {
    transaction.InSavepoint([&] { transaction.Run(kPatience + ("CREATE OR REPLACE " + create)); });
    return;
  } catch (const StatementError& error) {
    // 42P16: the view as it stands has other columns than we left there.
    if (error.sqlstate() != "42P16") throw;
  }
  const auto grants = GrantsOf(transaction, schema_.name(), view.name);
  DropUnion(transaction.connection(), object);
  transaction.Run(kPatience + ("DROP VIEW " + schema_.Table(view.name) + "; CREATE ") + create);
  for (const std::string& grant : grants) transaction.Run(grant);
}

void SchemaWriter::Index(Transaction& transaction, const std::string& object,
                         const std::vector<MirrorColumn>& columns) const {
  const auto changes = CompareIndexes(transaction.connection(), schema_.name(), object,
                                      AskedIndexes(schema_.plan(), object), columns);
  if (changes.empty()) return;
  std::string sql = kPatience;
  std::vector<SchemaChange> made;
  for (const IndexChange& index : changes) {
    sql += index.sql;
    made.push_back(index.change);
  }
  transaction.Run(sql);
  SaveChanges(transaction, schema_.name(), object, made);
}

void SchemaWriter::Comment(Transaction& transaction, const std::string& object,
                           const std::vector<MirrorColumn>& columns) const {
  WriteComments(transaction.connection(), schema_.name(),
                DescribeObject(schema_.name(), object, columns), kPatience);
  CommentUnion(transaction.connection(), object);
}

}  // namespace hubmirror
