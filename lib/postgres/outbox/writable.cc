#include "postgres/outbox/writable.h"

#include <algorithm>

#include "postgres/session/sql_text.h"

namespace hubmirror {

std::vector<std::string> WritableOf(const StreamPlan& plan,
                                    const std::vector<MirrorColumn>& columns) {
  std::vector<std::string> names;
  for (const MirrorColumn& column : columns) {
    const std::string& name = column.property();
    const bool taken = !column.definition.calculated && !column.definition.archived &&
                       !IsNeverWritten(plan.object, name);
    const bool compared = !column.excluded && column.hashed_with.empty();
    if (taken && compared && FitsAny(name, plan.write.update)) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

void KeepWritable(Transaction& transaction, const std::string& schema, const std::string& object,
                  const std::vector<std::string>& properties) {
  const std::string table = QuoteName(schema, "_writable");
  transaction.Run(
      "WITH gone AS (DELETE FROM " + table +
          " WHERE object = $1 AND property <> ALL ($2::text[]))"
          " INSERT INTO " +
          table +
          " (object, property, op) SELECT $1, name, 'update' FROM unnest($2::text[]) name"
          " WHERE NOT EXISTS (SELECT FROM " +
          table + " w WHERE w.object = $1 AND w.op = 'update' AND w.property = name)",
      {object, NameArray(properties)});
}

void KeepOnlyWritable(Transaction& transaction, const std::string& schema,
                      const std::vector<std::string>& objects) {
  transaction.Run(
      "DELETE FROM " + QuoteName(schema, "_writable") + " WHERE object <> ALL ($1::text[])",
      {NameArray(objects)});
}

}  // namespace hubmirror
