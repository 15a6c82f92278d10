#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "settings/text/problem.h"
#include "settings/yaml/config_node.h"

namespace hubmirror {

/// Bytes that a configuration file may have.
inline constexpr size_t kLargestConfigFile = size_t{8} << 20;

/// Reads one YAML document. nullopt when it cannot be understood; its problems then say where.
/// What YAML allows but a configuration does not need is refused: repeated keys, anchors, aliases,
/// tags, several documents, values over several lines, deep nesting, files over 8 MiB.
std::optional<ConfigNode> ReadYaml(std::string_view text, ConfigProblems& problems);

}  // namespace hubmirror
