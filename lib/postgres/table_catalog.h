#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/mirror_table.h"
#include "postgres/transaction.h"

namespace hubmirror {

/// What tables `properties` and `property_options` of `schema` say of one object, in order.
std::vector<MirrorColumn> ReadColumns(Transaction& transaction, const std::string& schema,
                                      const std::string& object);

/// Writes what differs between `stored` and `columns`. Nothing is ever taken out: a property that
/// is gone is an archived one.
void SaveColumns(Transaction& transaction, const std::string& schema, const std::string& object,
                 const std::vector<MirrorColumn>& stored, const std::vector<MirrorColumn>& columns);

void SaveGroups(Transaction& transaction, const std::string& schema, const std::string& object,
                const std::vector<PropertyGroup>& groups);

}  // namespace hubmirror
