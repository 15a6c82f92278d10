#pragma once

#include <string>
#include <string_view>

#include "store/object_type.h"

namespace simulated_portal {

enum class Endpoint {
  kUnknown,
  kList,
  kGet,
  kBatchRead,
  kCreate,
  kUpdate,
  kArchive,
  kBatchCreate,
  kBatchUpdate,
  kBatchUpsert,
  kBatchArchive,
  kLinkOneDefault,
  kLinkOne,
  kUnlinkOne,
  kSearch,
  kProperties,
  kProperty,
  kMakeProperty,
  kGroups,
  kLinks,
  kLinkLabels,
  kLinkDefault,
  kLinkCreate,
  kUnlabel,
  kUnlink,
  kPipelines,
  kAccount,
  kUsage,
  kTokenInfo,
  kOwners,
  kTeams,
  kUsers,
  kLists,
  kMembers,
  kEvents,
  kCurrencies,
  kSchemas,
  kToken,
  kIntrospect,
  kRevoke,
  kAuthorize,
};

/// What a path asks for. A value type.
struct Route {
  Endpoint endpoint = Endpoint::kUnknown;
  size_t object = kObjectTypes.size();  ///< that many: no such type
  size_t other = kObjectTypes.size();   ///< the type linked with
  std::string name;                     ///< record, list or portal id, property name
  std::string other_name;               ///< the record linked with
  bool get = true;                      ///< the method it must have; else POST
  bool any_method = false;              ///< the method has chosen the endpoint
};

/// Understands dated paths of `version` and the legacy ones.
Route ParseRoute(std::string_view path, std::string_view version);
/// The same path means something else when a record is written under it.
Route ForMethod(Route route, std::string_view method);

/// As counted in the stats: `list archived contacts`.
std::string EndpointName(const Route& route, bool archived);

}  // namespace simulated_portal
