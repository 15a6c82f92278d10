#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/portal/portal_plan.h"
#include "model/source/page_source.h"
#include "model/store/mirror_table.h"

namespace hubmirror {

/// The requests that together name every property of a stream: live ones, sensitive ones where the
/// operator wants them, archived ones.
std::vector<PropertiesRequest> DefinitionRequests(const StreamPlan& stream);

/// One of them, asked. Without its scope sensitive properties are simply not there. Blocks for a
/// request.
Result<std::vector<PropertyDefinition>, ApiError> ReadDefinitions(PageSource& source,
                                                                  const ObjectType& object,
                                                                  const PropertiesRequest& request);

/// The table that a stream should have by its configuration and these definitions; `standing` is
/// null for a new one, `hashed_with` the id of the key that values are hashed with. Pure; see
/// mirror/table_layout.h.
MirrorTable WantedLayout(const StreamPlan& stream,
                         const std::vector<PropertyDefinition>& definitions,
                         const MirrorTable* standing, const std::string& hashed_with);

}  // namespace hubmirror
