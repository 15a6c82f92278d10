#include "settings/keys/layer.h"

#include <algorithm>
#include <set>

#include "base/spelling.h"

namespace hubmirror {
namespace {

std::string_view LastWord(std::string_view path) {
  return path.substr(path.rfind('.') + 1);
}

std::string_view SectionOf(std::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

/// The only rule of a key called `word`, wherever it stands; nullptr for none or several.
const KeyRule* OnlyRuleCalled(std::string_view word) {
  const KeyRule* only = nullptr;
  for (const KeyRule& rule : KeyTable()) {
    if (!rule.HoldsValue() || LastWord(rule.path) != word) continue;
    if (only != nullptr) return nullptr;
    only = &rule;
  }
  return only;
}

/// Where a known key belongs, in words.
std::string HomeOf(const KeyRule& rule) {
  const std::string_view section = SectionOf(rule.path);
  if (rule.StandsIn(Place::kTop)) return section.empty() ? "the top" : std::string(section);
  const std::string inside = section.empty() ? "" : std::string(section) + " of ";
  if (rule.StandsIn(Place::kDefaults)) return inside + "defaults or a portal";
  if (rule.StandsIn(Place::kPortal)) return inside + "a portal";
  for (const KeyRule& list : KeyTable()) {
    if (list.items && rule.StandsIn(*list.items)) return "an item of " + std::string(list.path);
  }
  return inside + "an object in a portal's map of objects";
}

/// What to do about a key that is not known here.
std::string NextFor(const std::string& key, Place place, const std::string& section) {
  if (key.find('.') != std::string::npos && FindRule(place, PathOf(section, key)) != nullptr) {
    return "write " + std::string(LastWord(key)) + " on a line of its own below " +
           std::string(SectionOf(key)) + ":";
  }
  if (const KeyRule* rule = OnlyRuleCalled(key)) return "it belongs into " + HomeOf(*rule);
  const auto known = KeysBelow(place, section);
  if (const auto nearest = NearestWord(key, known)) {
    return "did you mean " + std::string(*nearest) + "?";
  }
  std::string next = "known here: ";
  for (const std::string_view word : known) {
    if (word != known.front()) next += ", ";
    next += word;
  }
  return next;
}

}  // namespace

/// Reads a list of maps, each of which is a place of its own.
std::optional<ConfigValue> ReadMaps(const ConfigNode& node, const KeyRule& rule,
                                    const std::string& path, ConfigProblems& problems) {
  const auto report = [&](const ConfigNode& at, const std::string& where, std::string what) {
    problems.push_back({.at = at.at,
                        .path = where,
                        .what = std::move(what),
                        .next = "write `- key: value` for each item, its other keys below it"});
    return std::optional<ConfigValue>();
  };
  if (node.kind != ConfigNode::Kind::kList) {
    return report(node, path, "is " + NameOf(node.kind) + ", not a list of maps");
  }
  std::vector<ConfigMap> maps;
  const size_t before = problems.size();
  for (size_t i = 0; i < node.items.size(); ++i) {
    const ConfigNode& item = node.items[i];
    const std::string where = path + "[" + std::to_string(i) + "]";
    if (item.kind == ConfigNode::Kind::kMap) {
      maps.push_back(Layer::Read(item, *rule.items, where, item.at, problems).Values());
    } else {
      report(item, where, "is " + NameOf(item.kind) + ", not a map");
    }
  }
  if (problems.size() > before) return std::nullopt;
  return maps;
}

/// Reads one map with its sections into a layer.
class Layer::Reader {
 public:
  Reader(Place place, ConfigProblems& problems) : place_(place), problems_(problems) {}

  /// `section`: path of the map from its place; `path`: from the top of the file.
  void ReadMap(const ConfigNode& node, const std::string& section, const std::string& path) {
    if (node.kind == ConfigNode::Kind::kNothing) return;
    if (node.kind != ConfigNode::Kind::kMap) {
      const bool whole_file = path.empty();
      problems_.push_back({.at = node.at,
                           .path = path,
                           .what = std::string(whole_file ? "the file " : "") + "is " +
                                   NameOf(node.kind) + ", not a map",
                           .next = whole_file ? "begin it with `version: 1`"
                                              : "write `key: value` lines below it, indented"});
      return;
    }
    std::set<std::string_view> seen;
    for (const ConfigEntry& entry : node.entries) {
      // A repeated key was reported with the document; the first one counts.
      if (seen.insert(entry.key.text).second) ReadEntry(entry, section, path);
    }
  }

  void ReportMissing(const std::string& path, TextPosition at) {
    for (const KeyRule& rule : KeyTable()) {
      if (!rule.required || !rule.StandsIn(place_) || layer_.Find(&rule) != nullptr) continue;
      const std::string_view section = SectionOf(rule.path);
      const GivenKey* around = section.empty() ? nullptr : layer_.Find(place_, section);
      if (!section.empty() && around == nullptr) continue;
      problems_.push_back({.at = around != nullptr ? around->at : at,
                           .path = PathOf(path, std::string(rule.path)),
                           .what = "is missing",
                           .next = "add a line such as `" + std::string(LastWord(rule.path)) +
                                   ": " + std::string(rule.example) + "`"});
    }
  }

  Layer Take() { return std::move(layer_); }

 private:
  void ReadEntry(const ConfigEntry& entry, const std::string& section, const std::string& path) {
    const std::string& key = entry.key.text;
    const std::string relative = PathOf(section, key);
    const std::string whole = PathOf(path, KeyForMessage(key));
    const KeyRule* rule = FindRule(place_, relative);
    if (rule == nullptr || key.find('.') != std::string::npos) {
      problems_.push_back({.at = entry.key.at,
                           .path = whole,
                           .what = "unknown key",
                           .next = NextFor(key, place_, section)});
      return;
    }
    GivenKey given{.rule = rule, .at = entry.key.at, .path = whole, .node = &entry.value};
    if (rule->HoldsValue()) {
      const auto read = rule->type == KeyType::kMapList ? ReadMaps : ReadValue;
      given.value = read(entry.value, *rule, whole, problems_);
    }
    layer_.keys_.push_back(std::move(given));
    const bool has_keys = !KeysBelow(place_, relative).empty();
    if (rule->type == KeyType::kSection && has_keys) ReadMap(entry.value, relative, whole);
  }

  const Place place_;
  ConfigProblems& problems_;
  Layer layer_;
};

Layer Layer::Read(const ConfigNode& node, Place place, const std::string& path, TextPosition at,
                  ConfigProblems& problems) {
  Reader reader(place, problems);
  reader.ReadMap(node, "", path);
  const bool is_map =
      node.kind == ConfigNode::Kind::kMap || node.kind == ConfigNode::Kind::kNothing;
  if (is_map) reader.ReportMissing(path, at);
  return reader.Take();
}

ConfigMap Layer::Values() const {
  ConfigMap map;
  for (const GivenKey& key : keys_) {
    if (key.value) map.members.emplace_back(key.rule, *key.value);
  }
  return map;
}

const GivenKey* Layer::Find(const KeyRule* rule) const {
  const auto found =
      std::ranges::find_if(keys_, [&](const GivenKey& key) { return key.rule == rule; });
  return found == keys_.end() ? nullptr : &*found;
}

const GivenKey* Find(Layers layers, const KeyRule* rule) {
  for (const Layer* layer : layers) {
    if (const GivenKey* given = layer->Find(rule)) return given;
  }
  return nullptr;
}

}  // namespace hubmirror
