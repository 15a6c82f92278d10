#include "settings/keys/object_choice.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/check.h"
#include "base/spelling.h"
#include "model/portal/custom_type.h"
#include "settings/text/text_trap.h"

namespace hubmirror {
namespace {

/// Collects the choices of one list or map.
class ObjectsReader {
 public:
  /// `place`: whose keys the settings of a type are.
  ObjectsReader(const std::string& path, Place place, ConfigProblems& problems)
      : path_(path), place_(place), problems_(problems) {}

  void AddItem(const ConfigNode& item) {
    if (item.kind != ConfigNode::Kind::kScalar) {
      Report(item.at, path_, "an item is " + NameOf(item.kind) + ", not a name",
             "for settings per object write a map: `contacts: {interval: 30s}`");
      return;
    }
    if (const auto type = TypeOf(item)) choices_.push_back({*type, Layer()});
  }

  void AddEntry(const ConfigEntry& entry) {
    // A repeated key was reported with the document.
    if (!keys_.insert(entry.key.text).second) return;
    const auto type = TypeOf(entry.key);
    if (!type) return;
    const std::string path = PathOf(path_, entry.key.text);
    choices_.push_back({*type, Layer::Read(entry.value, place_, path, entry.key.at, problems_)});
  }

  /// Every type there is, custom ones too, each with the settings of `defaults`.
  void AddAll() {
    for (const std::string_view name : ObjectTypeNames()) {
      choices_.push_back({*FindObjectType(name), Layer()});
    }
    choices_.push_back({*AskedCustomType(kCustomObjects), Layer()});
  }

  std::vector<ObjectChoice> Take() {
    std::ranges::sort(choices_, {}, [](const ObjectChoice& choice) { return choice.type.name; });
    return std::move(choices_);
  }

 private:
  /// The type that `name` stands for; nullopt, with a problem, when it is unknown or repeated.
  std::optional<ObjectType> TypeOf(const ConfigNode& name) {
    auto type = FindObjectType(name.text);
    if (!type) type = AskedCustomType(name.text);
    if (!type) {
      const auto words = ObjectTypeNames();
      const auto nearest = NearestWord(name.text, words);
      Report(name.at, PathOf(path_, KeyForMessage(name.text)), "no object type that is mirrored",
             nearest ? "did you mean " + std::string(*nearest) + "?"
                     : "write HubSpot's path name or id, such as line_items or 0-8, or a custom "
                       "object's id or full name, such as 2-123456 or p1234567_pets");
      return std::nullopt;
    }
    const auto [first, fresh] = seen_.emplace(type->name, name.text);
    if (!fresh) {
      Report(name.at, PathOf(path_, name.text), "this object type was given before",
             "remove it here or where it is called " + first->second);
      return std::nullopt;
    }
    return type;
  }

  void Report(TextPosition at, const std::string& path, std::string what, std::string next) {
    problems_.push_back({.at = at, .path = path, .what = std::move(what), .next = std::move(next)});
  }

  const std::string path_;
  const Place place_;
  ConfigProblems& problems_;
  std::set<std::string> keys_;
  std::map<std::string, std::string> seen_;  ///< type name -> as it was written
  std::vector<ObjectChoice> choices_;
};

}  // namespace

std::vector<ObjectChoice> ReadObjects(const GivenKey& given, ConfigProblems& problems) {
  ObjectsReader reader(given.path, Place::kObject, problems);
  const ConfigNode& node = *given.node;
  if (node.kind == ConfigNode::Kind::kScalar && node.text == kAllObjects) {
    reader.AddAll();
    return reader.Take();
  }
  const bool is_list = node.kind == ConfigNode::Kind::kList;
  if (!is_list && node.kind != ConfigNode::Kind::kMap) {
    problems.push_back(
        {.at = node.at,
         .path = given.path,
         .what = "is " + NameOf(node.kind) + ", neither a list or map of object types nor `all`",
         .next = "write [contacts, companies]"});
    return {};
  }
  if (node.items.empty() && node.entries.empty()) {
    problems.push_back({.at = node.at,
                        .path = given.path,
                        .what = "names no object type",
                        .next = "name one; to leave a portal alone write `enabled: false`"});
  }
  for (const ConfigNode& item : node.items) reader.AddItem(item);
  for (const ConfigEntry& entry : node.entries) reader.AddEntry(entry);
  return reader.Take();
}

std::vector<ObjectChoice> ReadWriteObjects(const GivenKey& given, ConfigProblems& problems) {
  const ConfigNode& node = *given.node;
  if (node.kind != ConfigNode::Kind::kMap || node.entries.empty()) {
    problems.push_back({.at = node.at,
                        .path = given.path,
                        .what = "is " + NameOf(node.kind) + ", not a map of object types",
                        .next = "write contacts: {update: [lead_score]} below it"});
    return {};
  }
  ObjectsReader reader(given.path, Place::kWriteObject, problems);
  for (const ConfigEntry& entry : node.entries) reader.AddEntry(entry);
  return reader.Take();
}

std::vector<ObjectChoice> PresetChoice() {
  std::vector<ObjectChoice> choices;
  for (const std::string& name : PresetObjects()) {
    const auto type = FindObjectType(name);
    CHECK_THAT(type);
    choices.push_back({*type, Layer()});
  }
  return choices;
}

}  // namespace hubmirror
