#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/named_properties.h"
#include "model/portal/portal_plan.h"
#include "model/source/page_source.h"
#include "model/store/mirror_table.h"

namespace hubmirror {

/// Whether to read sensitive definitions: if the operator wants them, or names something that is
/// not among the `live` ones, since a sensitive property must not be mistaken for an unlisted one
/// and requested.
bool WantsSensitiveDefinitions(const StreamPlan& stream,
                               const std::vector<PropertyDefinition>& live);

/// Reads definitions of one kind. Without the scope for them HubSpot leaves sensitive properties
/// out and says nothing. Blocks for one request.
Result<std::vector<PropertyDefinition>, ApiError> ReadDefinitions(PageSource& source,
                                                                  const ObjectType& object,
                                                                  const PropertiesRequest& request);

/// All that HubSpot says about a stream's properties.
struct KnownProperties {
  std::vector<PropertyDefinition> definitions;
  UnlistedAnswers unlisted;
};

/// Reads all of it, for commands. Blocks for a handful of requests.
Result<KnownProperties, ApiError> ReadProperties(PageSource& source, const StreamPlan& stream);

/// The table that a stream should have, by its configuration and by what HubSpot lists and shows.
/// `standing` is the present one, null if there is none; `hashed_with` the id of the key that
/// values are hashed with. Pure; see mirror/table_layout.h.
MirrorTable WantedLayout(const StreamPlan& stream, const KnownProperties& known,
                         const MirrorTable* standing, const std::string& hashed_with);

}  // namespace hubmirror
