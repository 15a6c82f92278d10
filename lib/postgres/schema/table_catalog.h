#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/store/mirror_table.h"
#include "model/store/schema_change.h"
#include "postgres/session/connection.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// What tables `properties` and `property_options` of `schema` say of one object, in order.
std::vector<MirrorColumn> ReadColumns(Connection& connection, const std::string& schema,
                                      const std::string& object);

/// Writes what differs between `stored` and `columns`. Nothing is ever taken out: a property that
/// is gone is an archived one.
void SaveColumns(Transaction& transaction, const std::string& schema, const std::string& object,
                 const std::vector<MirrorColumn>& stored, const std::vector<MirrorColumn>& columns);

/// Adds to `schema_changes` what was changed.
void SaveChanges(Transaction& transaction, const std::string& schema, const std::string& object,
                 const std::vector<SchemaChange>& changes);

using PhysicalColumns = std::map<std::string, std::string>;  ///< column name -> type

/// The columns a table or view really has; empty when it is not there.
PhysicalColumns ReadPhysicalColumns(Connection& connection, const std::string& schema,
                                    const std::string& relation);

/// Without those whose column was dropped by hand.
std::vector<MirrorColumn> Present(std::vector<MirrorColumn> columns,
                                  const PhysicalColumns& physical);

void SaveGroups(Transaction& transaction, const std::string& schema, const std::string& object,
                const std::vector<PropertyGroup>& groups);

}  // namespace hubmirror
