#pragma once

#include <string>
#include <vector>

#include "settings/text/problem.h"

namespace hubmirror {

struct ConfigEntry;

/// A value of the configuration file, with the place where it stands. A plain tree: what is left
/// of YAML once its syntax is understood.
struct ConfigNode {
  enum class Kind { kNothing, kScalar, kList, kMap };
  Kind kind = Kind::kNothing;
  TextPosition at;
  std::string text;                  ///< scalars only
  bool quoted = false;               ///< scalars only: written in quotes, so meant as text
  std::vector<ConfigNode> items;     ///< lists only
  std::vector<ConfigEntry> entries;  ///< maps only, in the order of the file
};

/// A key of a map and its value.
struct ConfigEntry {
  ConfigNode key;  ///< a scalar
  ConfigNode value;
};

/// `a map`, `a list`, `a single value`, `nothing`: for messages.
std::string NameOf(ConfigNode::Kind kind);

/// The path of `key` in the map at `path`.
std::string PathOf(const std::string& path, const std::string& key);

}  // namespace hubmirror
