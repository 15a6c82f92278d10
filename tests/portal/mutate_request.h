#pragma once

#include <string>

#include "json_fields.h"
#include "mutation_script.h"
#include "portal.h"

namespace simulated_portal {

/// Carries out one mutation of `POST /_control/mutate`; returns the JSON answer. Throws
/// std::runtime_error when the request makes no sense.
std::string Mutate(Portal& portal, JsonFields& fields, Instant now);

/// Reads the settings of `POST /_control/script`.
ScriptSettings ReadScript(JsonFields& fields);

}  // namespace simulated_portal
