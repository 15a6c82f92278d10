#pragma once

#include <string>

#include "endpoints/json_fields.h"
#include "store/mutation_script.h"
#include "store/portal.h"

namespace simulated_portal {

/// Carries out one mutation of `POST /_control/mutate`; returns the JSON answer. Throws
/// std::runtime_error when the request makes no sense.
std::string Mutate(Portal& portal, JsonFields& fields, Instant now);

/// Carries out `POST /_control/reference`: some changes of one kind, each to an owner, stage, list
/// or event drawn. Answers how many were made.
std::string ChangeReference(Portal& portal, JsonFields& fields, Instant now);

/// Reads the settings of `POST /_control/script`. Where it names no object types, those of `held`
/// that have records are meant.
ScriptSettings ReadScript(JsonFields& fields, const std::vector<CrmObject>& held);

}  // namespace simulated_portal
