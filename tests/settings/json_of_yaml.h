#pragma once

#include <string>

namespace hubmirror::testing {

/// A YAML text as the JSON that an editor with YAML's core schema makes of it.
std::string JsonOfYaml(const std::string& yaml);

/// What of a YAML text the configuration's JSON Schema does not allow; empty when it fits.
std::string SchemaViolation(const std::string& yaml);

}  // namespace hubmirror::testing
