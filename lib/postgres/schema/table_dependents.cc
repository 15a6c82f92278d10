#include "postgres/schema/table_dependents.h"

#include "postgres/schema/live_view.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {

std::vector<std::string> DependentsOf(Connection& connection, const std::string& schema,
                                      const std::string& table, const std::string& column,
                                      const std::vector<std::string>& our_views) {
  // pg_depend knows a view by its rewrite rule; a view's own rule depends on the view itself.
  const Rows rows = connection.Run(
      "WITH ours AS ("
      "  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
      "  WHERE n.nspname = $1 AND c.relname = ANY ($4::text[])"
      "  OR n.nspname = $6 AND c.relname = $2 AND c.relkind = 'v'),"
      " target AS ("
      "  SELECT a.attrelid AS relation, a.attnum::int AS number FROM pg_attribute a"
      "  WHERE a.attrelid = to_regclass(quote_ident($1) || '.' || quote_ident($2))"
      "  AND a.attname = $3 AND NOT a.attisdropped"
      "  UNION ALL SELECT oid, NULL FROM ours)"
      " SELECT DISTINCT CASE WHEN r.oid IS NOT NULL"
      "   THEN 'view ' || r.ev_class::regclass"
      "   ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END AS what"
      " FROM target JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass"
      "  AND d.refobjid = target.relation"
      "  AND (target.number IS NULL OR d.refobjsubid = target.number)"
      " LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid"
      " LEFT JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid"
      " WHERE d.deptype IN ('n', 'a') AND g.tgname IS DISTINCT FROM $7"
      "  AND NOT (d.classid = 'pg_class'::regclass"
      "   AND coalesce(obj_description(d.objid, 'pg_class'), '') = ANY ($5::text[]))"
      "  AND (r.ev_class IS NULL OR r.ev_class NOT IN (SELECT oid FROM ours)) ORDER BY what",
      {schema, table, column, NameArray(our_views), NameArray({kAskedIndex, kBuiltInIndex}),
       kCommonSchema, kWriteTrigger});
  std::vector<std::string> dependents;
  for (size_t i = 0; i < rows.size(); ++i) dependents.emplace_back(rows.Text(i, 0));
  return dependents;
}

std::vector<std::string> GrantsOf(Transaction& transaction, const std::string& schema,
                                  const std::string& relation, const std::string& column) {
  const std::string source =
      column.empty()
          ? "SELECT relacl AS acl, relowner AS owner FROM pg_class WHERE oid = to_regclass($1)"
          : "SELECT attacl, (SELECT relowner FROM pg_class WHERE oid = attrelid)"
            " FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2";
  const std::string on = QuoteName(schema, relation);
  Params params = {on};
  if (!column.empty()) params.emplace_back(column);
  const Rows rows = transaction.Run(
      "SELECT g.privilege_type, CASE WHEN g.grantee = 0 THEN 'PUBLIC'"
      " ELSE g.grantee::regrole::text END, g.is_grantable FROM (" +
          source + ") s(acl, owner), aclexplode(s.acl) g WHERE g.grantee <> s.owner",
      params);
  std::vector<std::string> grants;
  for (size_t i = 0; i < rows.size(); ++i) {
    std::string grant = "GRANT " + std::string(rows.Text(i, 0));
    if (!column.empty()) grant += " (" + QuoteName(column) + ")";
    grant += " ON " + on + " TO " + std::string(rows.Text(i, 1));
    if (rows.Bool(i, 2)) grant += " WITH GRANT OPTION";
    grants.push_back(std::move(grant));
  }
  return grants;
}

}  // namespace hubmirror
