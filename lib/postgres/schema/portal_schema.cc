#include "postgres/schema/portal_schema.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "model/source/reference.h"
#include "postgres/schema/comments.h"
#include "postgres/schema/descriptions.h"
#include "postgres/schema/layout_steps.h"
#include "postgres/schema/live_view.h"
#include "postgres/schema/preparation.h"
#include "postgres/schema/status_view.h"
#include "postgres/schema/union_view.h"
#include "postgres/session/database_failure.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

using Kind = DatabaseError::Kind;

// How long the owner may be silent before another daemon takes over.
constexpr const char* kOwnerSilence = "60 seconds";
constexpr const char* kRenewEvery = "5 seconds";
constexpr int kLayoutWithEpochs = 11;
// With so many portals the views over all of them are made in a fraction of a second.
constexpr int64_t kFewPortals = 20;

/// What a row of `outbox` is inserted with; all its other columns are ours.
constexpr std::array kCallersColumns = {
    "key",        "object",       "op",   "record_id",   "match_property", "match_value",
    "properties", "associations", "base", "on_conflict", "not_before",     "dry_run"};

bool Exists(Transaction& transaction, const std::string& quoted_relation) {
  return !transaction.Run("SELECT to_regclass($1)::text", {quoted_relation}).IsNull(0, 0);
}

}  // namespace

PortalSchema::PortalSchema(PortalPlan plan, std::string instance)
    : plan_(std::move(plan)), instance_(std::move(instance)) {}

std::optional<std::string> PortalSchema::ObjectOfHistory(std::string_view table) {
  // No object is called so: custom types whose names end so have another one here.
  const std::string ending = HistoryName("");
  if (!table.ends_with(ending)) return std::nullopt;
  return std::string(table.substr(0, table.size() - ending.size()));
}

std::string PortalSchema::Table(const std::string& table) const {
  return QuoteName(plan_.schema, table);
}

PortalSchema::Claimed PortalSchema::Claim(Transaction& transaction,
                                          std::optional<int64_t> held) const {
  if (plan_.schema == kCommonSchema || plan_.schema == "public" ||
      plan_.schema == "information_schema" || plan_.schema.starts_with("pg_")) {
    throw DatabaseError(Kind::kForeign, "",
                        "schema " + QuoteName(plan_.schema) +
                            " cannot hold a portal; choose another `schema:` for it");
  }
  CheckEncoding(transaction);
  LockLayouts(transaction.connection());
  EnsureSchemas(transaction);
  const bool common_changed = EnsureCommonLayout(transaction);
  Claimed claimed = EnsurePortalLayout(transaction, held);
  const bool some_left = Register(transaction);
  if (common_changed || some_left || !Exists(transaction, QuoteName(kCommonSchema, "status"))) {
    RebuildCommonViews(transaction);
  }
  claimed.waits = StillWaits(transaction, kFewPortals);
  GrantCommon(transaction);
  GrantReaders(transaction);
  return claimed;
}

void PortalSchema::CheckEncoding(Transaction& transaction) const {
  const Rows rows =
      transaction.Run("SELECT current_setting('server_encoding'), current_database()");
  // Any other encoding lacks characters that HubSpot sends, and refuses the whole row with 22P05;
  // SQL_ASCII converts nothing at all (https://www.postgresql.org/docs/current/multibyte.html).
  if (rows.Text(0, 0) == "UTF8") return;
  throw DatabaseError(Kind::kForeign, "22P05",
                      "database " + QuoteName(rows.Text(0, 1)) + " has the encoding " +
                          std::string(rows.Text(0, 0)) +
                          ", which cannot hold every text; create one WITH ENCODING 'UTF8'");
}

void PortalSchema::EnsureSchemas(Transaction& transaction) const {
  // CREATE SCHEMA IF NOT EXISTS asks for the privilege even when the schema is there.
  const Rows rows = transaction.Run(
      "SELECT name, n.oid IS NOT NULL,"
      " coalesce(has_schema_privilege(n.oid, 'CREATE') AND has_schema_privilege(n.oid, 'USAGE'),"
      "          has_database_privilege(current_database(), 'CREATE')),"
      " current_user"
      " FROM unnest($1::text[]) name LEFT JOIN pg_namespace n ON n.nspname = name",
      {NameArray({kCommonSchema, plan_.schema})});
  std::vector<std::string> remedies;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows.Bool(i, 2)) continue;
    const std::string schema = QuoteName(rows.Text(i, 0));
    const std::string role = QuoteName(rows.Text(i, 3));
    remedies.push_back(
        rows.Bool(i, 1)
            ? std::string("ALTER SCHEMA ").append(schema).append(" OWNER TO ") + role + ";"
            : std::string("CREATE SCHEMA ").append(schema).append(" AUTHORIZATION ") + role + ";");
  }
  if (!remedies.empty()) {
    throw DatabaseError(
        Kind::kPrivilege, "42501",
        "the database role " + QuoteName(rows.Text(0, 3)) +
            " may not create what it needs; run as the database's owner: " + Join(remedies, " "));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows.Bool(i, 1)) transaction.Run("CREATE SCHEMA " + QuoteName(rows.Text(i, 0)));
  }
}

bool PortalSchema::EnsureCommonLayout(Transaction& transaction) const {
  const std::string layout = QuoteName(kCommonSchema, "layout");
  int stored = 0;
  if (Exists(transaction, layout)) {
    const Rows rows = transaction.Run("SELECT version FROM " + layout);
    if (!rows.empty()) stored = static_cast<int>(rows.Int(0, 0));
  }
  const int version = RunSteps(transaction, kCommonSchema, stored, CommonSteps());
  if (version == stored) return false;
  WriteComments(transaction.connection(), kCommonSchema, DescribeCommon());
  transaction.Run("INSERT INTO " + layout + " (version) VALUES ($1) ON CONFLICT (only_row)" +
                      " DO UPDATE SET version = excluded.version",
                  {std::to_string(version)});
  return true;
}

PortalSchema::Claimed PortalSchema::EnsurePortalLayout(Transaction& transaction,
                                                       std::optional<int64_t> held) const {
  const std::string portal = Table("_portal");
  const std::string id = std::to_string(plan_.portal_id.value);
  int stored = 0;
  int stored_write = 0;
  if (Exists(transaction, portal)) {
    // One of before may not have the column yet.
    const Rows rows = transaction.Run(
        "SELECT portal_id, layout_version,"
        " coalesce((to_jsonb(p) ->> 'write_layout')::integer, 0) FROM " +
        portal + " p");
    if (!rows.empty()) {
      if (rows.Text(0, 0) != id) {
        throw DatabaseError(Kind::kForeign, "",
                            "schema " + QuoteName(plan_.schema) + " holds portal " +
                                std::string(rows.Text(0, 0)) + ", not " + id +
                                "; nothing is written: correct portal_id or choose another schema");
      }
      stored = static_cast<int>(rows.Int(0, 1));
      stored_write = static_cast<int>(rows.Int(0, 2));
    }
    if (stored > 0) CheckMayOwn(transaction, stored, held);
  } else {
    const Rows rows = transaction.Run(
        "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid) OR"
        " EXISTS (SELECT FROM pg_proc WHERE pronamespace = n.oid) OR"
        " EXISTS (SELECT FROM pg_type WHERE typnamespace = n.oid)"
        " FROM pg_namespace n WHERE nspname = $1",
        {plan_.schema});
    if (rows.Bool(0, 0)) {
      throw DatabaseError(Kind::kForeign, "",
                          "schema " + QuoteName(plan_.schema) +
                              " holds something that is not a portal; nothing is written: choose "
                              "another `schema:` or empty it");
    }
  }
  const int version = RunSteps(transaction, plan_.schema, stored, PortalSteps());
  if (version != stored) {
    WriteComments(transaction.connection(), plan_.schema, DescribePortal());
    transaction.Run("INSERT INTO " + portal + " (portal_id, layout_version) VALUES ($1, $2)" +
                        " ON CONFLICT (only_row) DO UPDATE SET" +
                        " layout_version = excluded.layout_version",
                    {id, std::to_string(version)});
  }
  EnsureWriteLayout(transaction, stored_write);
  int64_t found = 0;
  if (plan_.write.enabled) {
    found = transaction.Run("SELECT coalesce(max(epoch), 0) FROM " + Table("_owner")).Int(0, 0);
  }
  return {.epoch = TakeOwnership(transaction, held),
          .found = found,
          .outbox = stored_write > 0 || plan_.write.enabled};
}

void PortalSchema::EnsureWriteLayout(Transaction& transaction, int stored) const {
  if (plan_.write.enabled) {
    const int version = RunSteps(transaction, plan_.schema, stored, WriteSteps());
    if (version != stored) {
      WriteComments(transaction.connection(), plan_.schema, DescribePortal());
      transaction.Run("UPDATE " + Table("_portal") + " SET write_layout = $1",
                      {std::to_string(version)});
    }
  } else if (stored == 0) {
    return;
  }
  DropOtherWriteViews(transaction, plan_);
  // Who may no longer write is refused at the insert, and need not find out by waiting.
  const Rows rows = transaction.Run(
      "SELECT DISTINCT quote_ident(r.rolname) FROM pg_class c"
      " JOIN pg_attribute a ON a.attrelid = c.oid,"
      " LATERAL (SELECT * FROM aclexplode(a.attacl) UNION ALL SELECT * FROM aclexplode(c.relacl)) x"
      " JOIN pg_roles r ON r.oid = x.grantee WHERE c.oid = $1::regclass"
      " AND x.privilege_type = 'INSERT' AND x.grantee <> c.relowner"
      " AND r.rolname <> ALL ($2::text[])",
      {Table("outbox"), NameArray(WritersOf(plan_))});
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string role(rows.Text(i, 0));
    transaction.Run("REVOKE ALL ON " + Table("outbox") + " FROM " + role);
    const Rows views = transaction.Run(
        "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relkind = 'v' AND obj_description(c.oid, 'pg_class') = $2",
        {plan_.schema, kWriteView});
    for (size_t v = 0; v < views.size(); ++v) {
      transaction.Run("REVOKE ALL ON " + std::string(views.Text(v, 0)) + " FROM " + role);
    }
    const Rows functions = transaction.Run(
        "SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = $1 AND p.proname ~ '^outbox_'",
        {plan_.schema});
    for (size_t f = 0; f < functions.size(); ++f) {
      transaction.Run("REVOKE EXECUTE ON FUNCTION " + std::string(functions.Text(f, 0)) + " FROM " +
                      role);
    }
  }
}

void PortalSchema::CheckMayOwn(Transaction& transaction, int layout,
                               std::optional<int64_t> held) const {
  const std::string epoch = layout < kLayoutWithEpochs ? "0" : "epoch";
  const Rows rows = transaction.Run(
      "SELECT instance, round(extract(epoch FROM clock_timestamp() - renewed_at)),"
      " renewed_at < clock_timestamp() - interval '" +
      std::string(kOwnerSilence) + "', " + epoch + " FROM " + Table("_owner") + " FOR UPDATE");
  if (rows.empty() || rows.Bool(0, 2)) return;
  // An earlier epoch than ours is our own, of a database that went back.
  if (rows.Text(0, 0) == instance_ && (!held || rows.Int(0, 3) <= *held)) return;
  throw DatabaseError(
      Kind::kPassive, "",
      "another daemon (" + std::string(rows.Text(0, 0)) + ", seen " + std::string(rows.Text(0, 1)) +
          " s ago) mirrors this portal; this one takes over when it is silent for " +
          kOwnerSilence +
          (rows.Text(0, 0) == instance_ ? ". It bears the same id: its state directory is a copy"
                                        : ""));
}

int64_t PortalSchema::TakeOwnership(Transaction& transaction, std::optional<int64_t> held) const {
  return transaction
      .Run("INSERT INTO " + Table("_owner") +
               " AS o (instance, renewed_at, epoch) VALUES ($1, clock_timestamp(), $2::bigint + 1)"
               " ON CONFLICT (only_row) DO UPDATE SET instance = excluded.instance,"
               " renewed_at = excluded.renewed_at, epoch = greatest(o.epoch, $2::bigint) + 1"
               " RETURNING epoch",
           {instance_, std::to_string(held.value_or(0))})
      .Int(0, 0);
}

bool PortalSchema::Register(Transaction& transaction) const {
  const std::string portals = QuoteName(kCommonSchema, "portals");
  const Rows gone = transaction.Run("DELETE FROM " + portals +
                                    " WHERE to_regclass(quote_ident(schema_name) ||"
                                    " '._stream_state') IS NULL");
  transaction.Run(
      "INSERT INTO " + portals +
          " AS p (schema_name, portal, portal_id, unions) VALUES ($1, $2, $3, $4)" +
          " ON CONFLICT (schema_name) DO UPDATE SET portal = excluded.portal," +
          " portal_id = excluded.portal_id, unions = excluded.unions," +
          " waits_since = clock_timestamp()" +
          " WHERE (p.portal, p.portal_id, p.unions) IS DISTINCT FROM" +
          " (excluded.portal, excluded.portal_id, excluded.unions)",
      {plan_.schema, plan_.key, std::to_string(plan_.portal_id.value), NameArray(plan_.unions)});
  return gone.affected() > 0;
}

void PortalSchema::RebuildCommonViews(Transaction& transaction) const {
  RebuildStatus(transaction.connection());
  RebuildUnions(transaction.connection());
}

void PortalSchema::RestoreStatus(Transaction& transaction) const {
  if (TryLockLayouts(transaction.connection())) RebuildCommonViews(transaction);
}

bool PortalSchema::StillWaits(Transaction& transaction, int64_t few) const {
  const std::string portals = QuoteName(kCommonSchema, "portals");
  // While others keep coming they are waited for, within bounds.
  const Rows rows = transaction.Run(
      "SELECT w.count > 0, (SELECT count(*) FROM (SELECT FROM " + portals +
          " LIMIT $1::bigint + 1) p) <= $1::bigint"
          " OR w.last < clock_timestamp() - interval '5 seconds'"
          " OR w.first < clock_timestamp() - interval '60 seconds' FROM (SELECT count(*),"
          " min(waits_since) AS first, max(waits_since) AS last FROM " +
          portals + " WHERE waits_since IS NOT NULL) w",
      {std::to_string(few)});
  if (!rows.Bool(0, 0)) return false;
  if (!rows.Bool(0, 1) || !TryLockLayouts(transaction.connection())) return true;
  RebuildCommonViews(transaction);
  return false;
}

void PortalSchema::GrantReaders(Transaction& transaction) const {
  if (KnownRoles(plan_).empty()) return;
  // Consumers of the feed need not be readers of everything.
  const Rows grants = transaction.Run(
      "SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, r.rolname)"
      " FROM pg_namespace n, pg_roles r WHERE n.nspname = $1"
      " AND r.rolname = ANY ($2::text[] || $3::text[] || $4::text[])"
      " AND NOT has_schema_privilege(r.oid, n.oid, 'USAGE')"
      " UNION ALL SELECT format('GRANT SELECT ON %I.%I TO %I', n.nspname, c.relname, r.rolname)"
      " FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid, pg_roles r,"
      " LATERAL (SELECT c.relname IN ('changes', 'stage_changes', 'feed_consumers', '_feed')) "
      "f(feed)"
      " WHERE n.nspname = $1 AND c.relkind IN ('r', 'v', 'm', 'p')"
      " AND c.relname NOT IN ('outbox', 'outbox_log')"
      " AND coalesce(obj_description(c.oid, 'pg_class'), '') <> ALL ($6::text[])"
      " AND (r.rolname = ANY ($2::text[]) AND (c.relname NOT LIKE '\\_%' OR c.relname ="
      "  '_stream_state' OR f.feed) OR r.rolname = ANY ($3::text[]) AND f.feed)"
      " AND pg_has_role(c.relowner, 'USAGE') AND NOT has_table_privilege(r.oid, c.oid, 'SELECT')"
      " UNION ALL SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', p.oid::regprocedure,"
      " r.rolname) FROM pg_namespace n JOIN pg_proc p ON p.pronamespace = n.oid, pg_roles r"
      " WHERE n.nspname = $1 AND r.rolname = ANY ($3::text[]) AND p.proname ~ '^feed_'"
      " AND pg_has_role(p.proowner, 'USAGE') AND NOT has_function_privilege(r.oid, p.oid,"
      " 'EXECUTE')"
      " UNION ALL SELECT format('GRANT %s ON %I.%I TO %I', g.what, n.nspname, c.relname, r.rolname)"
      " FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid, pg_roles r,"
      " LATERAL (SELECT 'SELECT' WHERE NOT has_table_privilege(r.oid, c.oid, 'SELECT')"
      "  UNION ALL SELECT format('INSERT (%I)', a.attname) FROM pg_attribute a"
      "  WHERE a.attrelid = c.oid AND a.attname = ANY ($5::text[])"
      "  AND NOT has_column_privilege(r.oid, c.oid, a.attnum, 'INSERT')) g(what)"
      " WHERE n.nspname = $1 AND c.relname = 'outbox' AND r.rolname = ANY ($4::text[])"
      " AND pg_has_role(c.relowner, 'USAGE')"
      " UNION ALL SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', p.oid::regprocedure,"
      " r.rolname) FROM pg_namespace n JOIN pg_proc p ON p.pronamespace = n.oid, pg_roles r"
      " WHERE n.nspname = $1 AND r.rolname = ANY ($4::text[]) AND p.proname ~ '^outbox_'"
      " AND pg_has_role(p.proowner, 'USAGE') AND NOT has_function_privilege(r.oid, p.oid,"
      " 'EXECUTE')"
      " UNION ALL SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I', n.nspname,"
      " c.relname, r.rolname) FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid,"
      " pg_roles r WHERE n.nspname = $1 AND c.relkind = 'v' AND r.rolname = ANY ($4::text[])"
      " AND coalesce(obj_description(c.oid, 'pg_class'), '') = ($6::text[])[1]"
      " AND pg_has_role(c.relowner, 'USAGE') AND EXISTS (SELECT FROM unnest(ARRAY['SELECT',"
      " 'INSERT', 'UPDATE', 'DELETE']) p(what) WHERE NOT has_table_privilege(r.oid, c.oid, "
      "p.what))",
      {plan_.schema, NameArray(plan_.readers), NameArray(ConsumersOf(plan_)),
       NameArray(WritersOf(plan_)), NameArray({kCallersColumns.begin(), kCallersColumns.end()}),
       NameArray({kWriteView, kStaleWriteView})});
  for (size_t i = 0; i < grants.size(); ++i) transaction.Run(std::string(grants.Text(i, 0)));
}

void PortalSchema::GrantCommon(Transaction& transaction) const {
  if (plan_.readers.empty()) return;
  const Rows there =
      transaction.Run("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = ANY ($1::text[])",
                      {NameArray(plan_.readers)});
  std::string roles;
  for (size_t i = 0; i < there.size(); ++i) {
    roles += i == 0 ? "" : ", ";
    roles += there.Text(i, 0);
  }
  if (roles.empty()) return;
  transaction.Run("GRANT USAGE ON SCHEMA " + QuoteName(kCommonSchema) + " TO " + roles +
                  "; GRANT SELECT ON " + QuoteName(kCommonSchema, "status") + " TO " + roles);
}

std::vector<std::string> PortalSchema::MissingReaders(Transaction& transaction) const {
  return MissingRoles(transaction.connection(), KnownRoles(plan_));
}

std::vector<std::string> MissingRoles(Connection& connection,
                                      const std::vector<std::string>& roles) {
  std::vector<std::string> missing;
  if (roles.empty()) return missing;
  const Rows rows = connection.Run(
      "SELECT name FROM unnest($1::text[]) WITH ORDINALITY role(name, place)"
      " WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) ORDER BY place",
      {NameArray(roles)});
  for (size_t i = 0; i < rows.size(); ++i) missing.emplace_back(rows.Text(i, 0));
  return missing;
}

std::string PortalSchema::OwnSql(int64_t epoch) const {
  const std::string mine =
      " WHERE instance = " + QuoteLiteral(instance_) + " AND epoch = " + std::to_string(epoch);
  return "UPDATE " + Table("_owner") + " SET renewed_at = clock_timestamp()" + mine +
         " AND renewed_at < clock_timestamp() - interval '" + kRenewEvery + "'; SELECT " +
         "to_regclass('" + kCommonSchema + ".status') IS NULL, " + kServerSql +
         (plan_.feed.enabled ? ", " + EpochOf("clock_timestamp()") : "") + " FROM " +
         Table("_owner") + mine + " FOR NO KEY UPDATE";
}

void PortalSchema::CheckOwned(const Transaction& transaction) const {
  if (!transaction.first().empty()) return;
  throw DatabaseError(Kind::kPassive, "",
                      "another daemon has taken over this portal; this one is passive until that "
                      "one is silent for " +
                          std::string(kOwnerSilence));
}

}  // namespace hubmirror
