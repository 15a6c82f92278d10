#include "postgres/schema/schema_plan.h"

#include "postgres/schema/live_view.h"
#include "postgres/schema/mirror_indexes.h"
#include "postgres/schema/table_catalog.h"
#include "postgres/schema/table_dependents.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

bool Exists(Connection& connection, const std::string& schema, const std::string& table) {
  return !connection.Run("SELECT to_regclass($1)::text", {QuoteName(schema, table)}).IsNull(0, 0);
}

}  // namespace

std::optional<MirrorTable> ReadStandingTable(Connection& connection, const std::string& schema,
                                             const ObjectType& object) {
  if (!Exists(connection, schema, "properties") || !Exists(connection, schema, object.name)) {
    return std::nullopt;
  }
  MirrorTable table{.object = object, .columns = ReadColumns(connection, schema, object.name)};
  if (table.columns.empty()) return std::nullopt;
  return table;
}

std::vector<PlannedChange> PlanSchema(Connection& connection, const PortalPlan& plan,
                                      const MirrorTable& wanted) {
  std::vector<MirrorColumn> standing;
  if (auto table = ReadStandingTable(connection, plan.schema, wanted.object)) {
    const auto physical = ReadPhysicalColumns(connection, plan.schema, wanted.name());
    standing = Present(std::move(table->columns), physical);
  }
  std::vector<PlannedChange> planned;
  for (SchemaChange& change : CompareLayouts(standing, wanted.columns)) {
    std::vector<std::string> blocked_by;
    if (change.kind == SchemaChange::Kind::kRetypeColumn) {
      blocked_by = DependentsOf(connection, plan.schema, wanted.name(), change.column_name,
                                LiveViewNames(plan.schema, wanted.name(), wanted.columns));
    }
    planned.push_back({std::move(change), std::move(blocked_by)});
  }
  for (IndexChange& index : CompareIndexes(connection, plan.schema, wanted.name(),
                                           AskedIndexes(plan, wanted.name()), wanted.columns)) {
    planned.push_back({std::move(index.change), {}});
  }
  return planned;
}

}  // namespace hubmirror
