#pragma once

#include <string>
#include <vector>

#include "model/source/object_type.h"

namespace hubmirror {

/// A scope an app needs to read the configured objects, or to write them.
struct ScopeNeed {
  std::string scope;
  std::vector<std::string> objects;  ///< that cannot be read, or not whole, or not written
  std::string without;               ///< what is missing then, in words for an operator
};

/// Exactly the scopes these objects need, each once: those of the objects in their order, those
/// that write `written`, then `oauth` for the account's id. Scopes as HubSpot's reference lists
/// them,
/// https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/scopes.
std::vector<ScopeNeed> ScopesFor(const std::vector<ObjectType>& objects,
                                 const std::vector<ObjectType>& written = {});

/// Of these, the scopes without which `written` cannot be written: also those that let read and
/// write in one.
std::vector<ScopeNeed> WriteScopesFor(const std::vector<ObjectType>& written);

/// The needs that `granted` does not cover.
std::vector<ScopeNeed> MissingScopes(const std::vector<ScopeNeed>& needs,
                                     const std::vector<std::string>& granted);

}  // namespace hubmirror
