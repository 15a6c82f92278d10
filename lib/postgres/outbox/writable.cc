#include "postgres/outbox/writable.h"

#include <algorithm>

#include "postgres/schema/live_view.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {

std::vector<Writable> WritableOf(const StreamPlan& plan, const std::vector<MirrorColumn>& columns) {
  const ObjectWritePlan& write = plan.write;
  std::vector<Writable> writable;
  for (const MirrorColumn& column : columns) {
    const std::string& name = column.property();
    if (!CanBeWritten(plan.object, column)) continue;
    const bool unique = HasUniqueValues(plan.object, column.definition);
    if (!write.key_property.empty() && name == write.key_property) {
      if (write.create && unique) writable.push_back({"key", name});
      continue;
    }
    const bool changes = FitsAny(name, write.update);
    if (changes) writable.push_back({"update", name});
    if (!write.create) continue;
    if (changes) writable.push_back({"upsert", name});
    writable.push_back({"create", name});
    if (unique) writable.push_back({"match", name});
  }
  if (write.create && write.unguarded) writable.push_back({"unguarded", ""});
  if (write.archives()) writable.push_back({"archive", ""});
  for (const std::string& other : write.associate) {
    writable.push_back({"associate", other});
    writable.push_back({"disassociate", other});
  }
  std::ranges::sort(writable);
  return writable;
}

void KeepWritable(Transaction& transaction, const std::string& schema, const std::string& object,
                  const std::vector<Writable>& writable) {
  std::vector<std::string> ops;
  std::vector<std::string> properties;
  for (const auto& [op, property] : writable) {
    ops.push_back(op);
    properties.push_back(property);
  }
  const std::string table = QuoteName(schema, "_writable");
  transaction.Run(
      "WITH gone AS (DELETE FROM " + table +
          " WHERE object = $1 AND (op, property) NOT IN"
          " (SELECT * FROM unnest($2::text[], $3::text[])))"
          " INSERT INTO " +
          table +
          " (object, property, op) SELECT $1, n.property, n.op"
          " FROM unnest($2::text[], $3::text[]) n(op, property) WHERE NOT EXISTS (SELECT FROM " +
          table + " w WHERE w.object = $1 AND w.op = n.op AND w.property = n.property)",
      {object, NameArray(ops), NameArray(properties)});
}

void KeepOnlyWritable(Transaction& transaction, const std::string& schema,
                      const std::vector<std::string>& objects) {
  transaction.Run(
      "DELETE FROM " + QuoteName(schema, "_writable") + " WHERE object <> ALL ($1::text[])",
      {NameArray(objects)});
}

}  // namespace hubmirror
