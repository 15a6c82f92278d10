#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/source/api_error.h"
#include "model/source/page.h"
#include "model/source/property.h"

namespace hubmirror {

// Pure; errors are kDecode. Characters that PostgreSQL cannot hold become U+FFFD and are added to
// `replaced`.

/// All property definitions of an object type. One that does not say how sensitive it is has the
/// sensitivity that was asked for.
Result<std::vector<PropertyDefinition>, ApiError> ReadPropertyDefinitions(
    std::string body, std::string_view asked_sensitivity, uint64_t& replaced);

Result<std::vector<PropertyGroup>, ApiError> ReadPropertyGroups(std::string body,
                                                                uint64_t& replaced);

/// The account; its portal id is required, the rest may be missing.
Result<Account, ApiError> ReadAccount(std::string body, uint64_t& replaced);

/// The scopes that a private app's token holds.
Result<std::vector<std::string>, ApiError> ReadScopes(std::string body);

}  // namespace hubmirror
