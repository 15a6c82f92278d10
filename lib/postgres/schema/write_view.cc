// The views `<object>_write` of live_view.h.

#include <algorithm>
#include <utility>

#include "postgres/schema/descriptions.h"
#include "postgres/schema/live_view.h"
#include "postgres/schema/table_dependents.h"
#include "postgres/session/database_failure.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

constexpr const char* kBriefly = "SET LOCAL lock_timeout = 200; ";
constexpr std::string_view kEnding = "_write";

/// Something of others needs it as it is.
bool IsBuiltOn(const StatementError& error) {
  return error.sqlstate() == "2BP01";
}

const StreamPlan* WrittenBack(const PortalPlan& plan, const std::string& object) {
  const auto stream = std::ranges::find(plan.streams, object,
                                        [](const StreamPlan& one) { return one.object.name; });
  const bool written = plan.write.enabled && stream != plan.streams.end() && stream->write.any();
  return written ? &*stream : nullptr;
}

enum class Found {
  kNothing,
  kOurs,
  kOthers,
};

Found Find(Transaction& transaction, const std::string& schema, const std::string& object) {
  const Rows rows = transaction.Run(
      "SELECT c.relkind = 'v' AND coalesce(obj_description(c.oid, 'pg_class'), '') = ANY"
      " ($3::text[]) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
      " WHERE n.nspname = $1 AND c.relname = $2",
      {schema, WriteViewName(object), NameArray({kWriteView, kStaleWriteView})});
  if (rows.empty()) return Found::kNothing;
  return rows.Bool(0, 0) ? Found::kOurs : Found::kOthers;
}

std::string CommentSql(const std::string& view, const char* words) {
  return "COMMENT ON VIEW " + view + " IS " + QuoteLiteral(words) + "; ";
}

/// What happens to what is written into the view.
std::string TriggerSql(Transaction& transaction, const std::string& schema,
                       const std::string& object, const std::vector<MirrorColumn>& columns) {
  std::vector<std::string> names;
  std::vector<std::string> properties;
  std::vector<std::string> times;
  for (const MirrorColumn& column : columns) {
    names.push_back(column.column_name);
    properties.push_back(column.property());
    if (column.type == ColumnType::kTimestamp) times.push_back(column.column_name);
  }
  const Rows texts =
      transaction.Run("SELECT jsonb_object($1::text[], $2::text[]), to_jsonb($3::text[])",
                      {NameArray(names), NameArray(properties), NameArray(times)});
  return std::string("CREATE OR REPLACE TRIGGER ") + kWriteTrigger +
         " INSTEAD OF INSERT OR UPDATE OR DELETE ON " + QuoteName(schema, WriteViewName(object)) +
         " FOR EACH ROW EXECUTE FUNCTION " + QuoteName(schema, "_outbox_write") + "(" +
         QuoteLiteral(object) + ", " + QuoteLiteral(texts.Text(0, 0)) + ", " +
         QuoteLiteral(texts.Text(0, 1)) + "); ";
}

/// Who would go on to read by it what may no longer be written may not read it.
void Withhold(Transaction& transaction, const std::string& schema, const std::string& view) {
  const Rows roles = transaction.Run(
      "SELECT DISTINCT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END"
      " FROM pg_class c, LATERAL (SELECT c.relacl AS acl UNION ALL SELECT a.attacl"
      " FROM pg_attribute a WHERE a.attrelid = c.oid) s, aclexplode(s.acl) x"
      " WHERE c.oid = to_regclass($1) AND x.grantee <> c.relowner",
      {QuoteName(schema, view)});
  std::string sql = CommentSql(QuoteName(schema, view), kStaleWriteView);
  for (size_t i = 0; i < roles.size(); ++i) {
    sql += "REVOKE ALL ON " + QuoteName(schema, view) + " FROM " + std::string(roles.Text(i, 0)) +
           " CASCADE; ";
  }
  transaction.Run(sql);
}

}  // namespace

std::string WriteViewName(const std::string& object) {
  return object + std::string(kEnding);
}

bool CanBeWritten(const ObjectType& object, const MirrorColumn& column) {
  const bool taken = !column.definition->calculated && !column.definition->archived &&
                     !IsNeverWritten(object, column.property());
  const bool compared = !column.excluded && column.hashed_with.empty();
  return taken && compared;
}

std::vector<MirrorColumn> WriteViewColumns(const StreamPlan& plan,
                                           const std::vector<MirrorColumn>& columns) {
  std::vector<MirrorColumn> shown;
  for (const bool known_by : {true, false}) {
    for (const MirrorColumn& column : columns) {
      const bool unique = HasUniqueValues(plan.object, column.definition);
      if (shown.size() == kLiveViewProperties) break;
      if (unique != known_by || !CanBeWritten(plan.object, column)) continue;
      if (column.property() == plan.write.key_property) continue;
      if (unique || FitsAny(column.property(), plan.write.update)) shown.push_back(column);
    }
  }
  return shown;
}

bool HasWriteView(Transaction& transaction, const std::string& schema, const std::string& object) {
  return Find(transaction, schema, object) == Found::kOurs;
}

std::vector<std::string> WriteViewGrants(Transaction& transaction, const PortalSchema& schema,
                                         const std::string& object,
                                         const std::vector<MirrorColumn>& columns) {
  const StreamPlan* const plan = WrittenBack(schema.plan(), object);
  if (plan == nullptr) return {};
  const std::string view = WriteViewName(object);
  std::vector<std::string> grants = GrantsOf(transaction, schema.name(), view);
  const auto add = [&](const std::string& column) {
    for (std::string& grant : GrantsOf(transaction, schema.name(), view, column)) {
      grants.push_back(std::move(grant));
    }
  };
  add("id");
  for (const MirrorColumn& column : WriteViewColumns(*plan, columns)) add(column.column_name);
  return grants;
}

void KeepWriteView(Transaction& transaction, const PortalSchema& schema, const std::string& object,
                   const std::vector<MirrorColumn>& columns,
                   const std::set<std::string>& arriving) {
  if (!schema.plan().write.enabled) return;
  const Found found = Find(transaction, schema.name(), object);
  const StreamPlan* const plan = WrittenBack(schema.plan(), object);
  if (found == Found::kOthers || (found == Found::kNothing && plan == nullptr)) return;
  const std::string name = WriteViewName(object);
  const std::string view = schema.Table(name);
  const auto run = [&](const std::string& sql) {
    transaction.InSavepoint([&] { transaction.Run(kBriefly + sql); });
  };
  try {
    if (plan == nullptr) return run("DROP VIEW " + view);
    const std::vector<MirrorColumn> shown = WriteViewColumns(*plan, columns);
    const std::string make =
        "VIEW " + view + " AS " + WriteViewQuery(schema.name(), object, shown, arriving) + "; " +
        CommentSql(view, kWriteView) + TriggerSql(transaction, schema.name(), object, shown);
    try {
      run((found == Found::kOurs ? "CREATE OR REPLACE " : "CREATE ") + make);
    } catch (const StatementError& error) {
      // 42P16: it has other columns.
      if (error.sqlstate() != "42P16") throw;
      std::string sql = "DROP VIEW " + view + "; CREATE " + make;
      for (const std::string& grant : WriteViewGrants(transaction, schema, object, columns)) {
        sql += grant + "; ";
      }
      run(sql);
    }
    Description description{.relation = name, .text = {}, .columns = {}};
    description.columns.emplace_back("id", "HubSpot's id of the record");
    for (const MirrorColumn& column : shown) {
      description.columns.emplace_back(column.column_name, WordsOf(column.definition));
    }
    WriteComments(transaction.connection(), schema.name(), {description});
  } catch (const StatementError& error) {
    if (!IsBuiltOn(error)) throw;
    Withhold(transaction, schema.name(), name);
  }
}

void DropOtherWriteViews(Transaction& transaction, const PortalPlan& plan) {
  const Rows views = transaction.Run(
      "SELECT c.relname, current_setting('lock_timeout') FROM pg_class c"
      " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'v'"
      " AND obj_description(c.oid, 'pg_class') = ANY ($2::text[])",
      {plan.schema, NameArray({kWriteView, kStaleWriteView})});
  for (size_t i = 0; i < views.size(); ++i) {
    const std::string view(views.Text(i, 0));
    if (WrittenBack(plan, view.substr(0, view.size() - kEnding.size())) != nullptr) continue;
    try {
      transaction.InSavepoint([&] {
        transaction.Run(kBriefly + ("DROP VIEW " + QuoteName(plan.schema, view)) +
                        "; SET LOCAL lock_timeout = " + QuoteLiteral(views.Text(i, 1)));
      });
    } catch (const StatementError& error) {
      if (!IsBuiltOn(error) && !IsLockTimeout(error.sqlstate())) throw;
      Withhold(transaction, plan.schema, view);
    }
  }
}

}  // namespace hubmirror
