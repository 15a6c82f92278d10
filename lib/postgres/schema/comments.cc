#include "postgres/schema/comments.h"

#include <map>

#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

struct CommentsOf {
  const char* kind = "TABLE";
  std::string text;
  std::map<std::string, std::string, std::less<>> columns;
};
using AllStanding = std::map<std::string, CommentsOf, std::less<>>;

AllStanding ReadComments(Connection& connection, const std::string& schema,
                         const std::vector<Description>& descriptions) {
  std::vector<std::string> relations;
  relations.reserve(descriptions.size());
  for (const Description& description : descriptions) relations.push_back(description.relation);
  // As col_description does, which is a query of its own for every column.
  const auto comment_on = [](const std::string& column) {
    return "coalesce((SELECT d.description FROM pg_description d WHERE d.objoid = c.oid"
           " AND d.classoid = 'pg_class'::regclass AND d.objsubid = " +
           column + "), '')";
  };
  const Rows rows = connection.Run(
      "SELECT c.relname, c.relkind = 'v', " + comment_on("0") + ", a.attname, " +
          comment_on("a.attnum") +
          " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
          " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
          " WHERE n.nspname = $1 AND c.relname = ANY ($2::text[]) AND c.relkind IN ('r', 'p', 'v')"
          " AND pg_has_role(c.relowner, 'USAGE')",
      {schema, NameArray(relations)});
  AllStanding all;
  for (size_t i = 0; i < rows.size(); ++i) {
    CommentsOf& one = all[std::string(rows.Text(i, 0))];
    one.kind = rows.Bool(i, 1) ? "VIEW" : "TABLE";
    one.text = rows.Text(i, 2);
    one.columns.emplace(rows.Text(i, 3), rows.Text(i, 4));
  }
  return all;
}

}  // namespace

void WriteComments(Connection& connection, const std::string& schema,
                   const std::vector<Description>& descriptions, const std::string& first) {
  const AllStanding all = ReadComments(connection, schema, descriptions);
  std::string sql;
  for (const Description& description : descriptions) {
    const auto standing = all.find(description.relation);
    if (standing == all.end()) continue;
    const std::string relation = QuoteName(schema, description.relation);
    if (!description.text.empty() && standing->second.text != description.text) {
      // Utility statements take no parameters, so the text is quoted here.
      sql += std::string("COMMENT ON ") + standing->second.kind + " " + relation + " IS " +
             QuoteLiteral(description.text) + ";";
    }
    for (const auto& [column, text] : description.columns) {
      const auto found = standing->second.columns.find(column);
      if (found == standing->second.columns.end() || found->second == text) continue;
      sql += "COMMENT ON COLUMN " + relation + "." + QuoteName(column) + " IS " +
             QuoteLiteral(text) + ";";
    }
  }
  if (!sql.empty()) connection.Run(first + sql);
}

}  // namespace hubmirror
