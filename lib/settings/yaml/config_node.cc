#include "settings/yaml/config_node.h"

namespace hubmirror {

std::string NameOf(ConfigNode::Kind kind) {
  switch (kind) {
    case ConfigNode::Kind::kNothing:
      return "nothing";
    case ConfigNode::Kind::kScalar:
      return "a single value";
    case ConfigNode::Kind::kList:
      return "a list";
    case ConfigNode::Kind::kMap:
      return "a map";
  }
  return {};
}

std::string PathOf(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

}  // namespace hubmirror
