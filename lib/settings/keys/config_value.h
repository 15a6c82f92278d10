#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "settings/text/problem.h"
#include "settings/text/secret_ref.h"
#include "settings/yaml/config_node.h"

namespace hubmirror {

struct KeyRule;

struct ConfigMap;

/// A value of one key as its type has it; monostate: left to us (`auto`) or not set. Sizes are
/// whole numbers of bytes.
using ConfigValue =
    std::variant<std::monostate, bool, int64_t, double, std::chrono::milliseconds, std::string,
                 std::vector<std::string>, SecretRef, std::vector<SecretRef>,
                 std::vector<ConfigMap>, std::map<std::string, std::string>>;

/// One item of a list of maps: the values of its keys, by their rules, as far as they are given.
struct ConfigMap {
  std::vector<std::pair<const KeyRule*, ConfigValue>> members;

  /// nullptr: not given.
  const ConfigValue* Find(const KeyRule& rule) const;
};

/// Reads the value of a key by its rule; nullopt after at least one problem was reported. Layer
/// reads lists of maps.
std::optional<ConfigValue> ReadValue(const ConfigNode& node, const KeyRule& rule,
                                     const std::string& path, ConfigProblems& problems);

/// The value of a default as the table has it.
ConfigValue ReadPreset(const KeyRule& rule, std::string_view preset);

/// The value as the file would have it: `30s`, `64MiB`, `[amount, dealstage]`, quoted where YAML
/// needs it, `auto` where that is the choice. Empty for what is not set.
std::string WriteValue(const ConfigValue& value, const KeyRule& rule);

/// Text as YAML: without quotes where every reader takes it for the same text.
std::string YamlText(const std::string& text);

}  // namespace hubmirror
