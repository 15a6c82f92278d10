#include "settings/reading/portal_reader.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/spelling.h"
#include "model/portal/custom_type.h"
#include "model/store/mirror_table.h"
#include "settings/keys/object_choice.h"
#include "settings/reading/search_rate.h"
#include "settings/text/quantity_text.h"
#include "settings/text/text_trap.h"

namespace hubmirror {
namespace {

/// The one of two keys that stands in the more particular layer: what was written last on purpose.
const GivenKey* MoreParticular(Layers layers, const KeyRule* first, const KeyRule* second) {
  for (const Layer* layer : layers) {
    if (const GivenKey* given = layer->Find(first)) return given;
    if (const GivenKey* given = layer->Find(second)) return given;
  }
  return nullptr;
}

struct SelectionList {
  const char* key;
  std::vector<std::string> PropertySelection::*names;
};
constexpr std::array kSelectionLists = {
    SelectionList{"properties.include", &PropertySelection::include},
    SelectionList{"properties.exclude", &PropertySelection::exclude},
    SelectionList{"properties.hash", &PropertySelection::hash}};

// By what they hold, not by where they stand: settings that are shown mean the same.
void NoteSharedLists(std::vector<StreamPlan>& streams) {
  for (const SelectionList& list : kSelectionLists) {
    std::map<std::vector<std::string>, int> objects;
    for (const StreamPlan& stream : streams) ++objects[stream.selection.*list.names];
    for (StreamPlan& stream : streams) {
      const std::vector<std::string>& names = stream.selection.*list.names;
      if (!names.empty() && objects[names] > 1) stream.shared_lists.emplace_back(list.key);
    }
  }
}

const ConfigNode* ValueBelow(const ConfigNode& map, std::string_view key) {
  for (const ConfigEntry& entry : map.entries) {
    if (entry.key.text == key) return &entry.value;
  }
  return nullptr;
}

bool Gives(const ConfigNode& map, std::string_view key) {
  const ConfigNode* const value = ValueBelow(map, key);
  return value != nullptr && !(value->text.empty() && value->items.empty());
}

/// Whether a property may be mirrored, as far as its name tells; patterns may always be.
bool IsIncluded(const StreamPlan& plan, const std::string& name) {
  const std::vector<std::string>& include = plan.selection.include;
  if (include.empty() || name.find_first_of("*?") != std::string::npos) return true;
  if (FitsAny(name, include)) return true;
  return std::ranges::any_of(std::array{&plan.columns, &plan.indexes, &plan.history},
                             [&](const std::vector<std::string>* names) {
                               return std::ranges::find(*names, name) != names->end();
                             });
}

}  // namespace

PortalSettings PortalReader::Read(const ConfigEntry& entry) {
  const ConfigNode& key = entry.key;
  const std::string path = PathOf("portals", KeyForMessage(key.text));
  CheckKey(key, path);
  const Layer layer = Layer::Read(entry.value, Place::kPortal, path, key.at, problems_);

  PortalSettings portal;
  portal.plan.key = key.text;
  const std::array layers = {&layer, &defaults_};
  Fill(portal, Place::kPortal, layers, environment_);
  if (portal.plan.schema.empty()) portal.plan.schema = key.text;
  if (entry.value.kind != ConfigNode::Kind::kList &&
      entry.value.kind != ConfigNode::Kind::kScalar) {
    CheckAccess(layer, path, key.at);
  }
  CheckUnique(portal, layer, key, path);
  CheckFeed(portal.plan.feed, layers);
  ReadStreams(portal, layer);
  CheckWebhooks(portal, layers);
  ReadWriting(portal, layer);
  WarnOf(portal, path, key.at);
  return portal;
}

void PortalReader::CheckKey(const ConfigNode& key, const std::string& path) {
  auto fault = CheckPortalKey(key.text);
  if (const auto trap = key.quoted ? std::string_view() : TextTrap(key.text); !trap.empty()) {
    fault = ConfigFault{"this key can be read as " + std::string(trap), "put it in quotes"};
  }
  if (!fault) return;
  problems_.push_back(
      {.at = key.at, .path = path, .what = std::move(fault->what), .next = std::move(fault->next)});
}

void PortalReader::CheckAccess(const Layer& layer, const std::string& path, TextPosition at) {
  const GivenKey* token = layer.Find(Place::kPortal, "token");
  const GivenKey* oauth = layer.Find(Place::kPortal, "oauth");
  if (token == nullptr && oauth == nullptr) {
    problems_.push_back({.at = at,
                         .path = PathOf(path, "token"),
                         .what = "is missing, and so is oauth",
                         .next = "add a line such as `token: credential:hubspot.acme`"});
  } else if (token != nullptr && oauth != nullptr) {
    const GivenKey& later = token->at < oauth->at ? *oauth : *token;
    problems_.push_back({.at = later.at,
                         .path = later.path,
                         .what = "the portal has both token and oauth",
                         .next = "keep the one that you want to use"});
  }
}

void PortalReader::CheckUnique(const PortalSettings& portal, const Layer& layer,
                               const ConfigNode& key, const std::string& path) {
  const GivenKey* id = layer.Find(Place::kPortal, "portal_id");
  if (id != nullptr && id->value) {
    const auto [first, fresh] = ids_.emplace(portal.plan.portal_id.value, key.text);
    if (!fresh) {
      problems_.push_back({.at = id->node->at,
                           .path = id->path,
                           .what = "portal " + KeyForMessage(first->second) + " has this id too",
                           .next = "mirror each HubSpot account once"});
    }
  }
  const GivenKey* schema = layer.Find(Place::kPortal, "schema");
  if (schema != nullptr && !schema->value) return;
  const TextPosition at = schema != nullptr ? schema->node->at : key.at;
  const auto [first, fresh] = schemas_.emplace(portal.plan.schema, key.text);
  if (!fresh) {
    problems_.push_back({.at = at,
                         .path = PathOf(path, "schema"),
                         .what = "portal " + KeyForMessage(first->second) + " has the schema " +
                                 QuoteForMessage(portal.plan.schema) + " too",
                         .next = "give each portal a schema of its own"});
  }
  if (schema != nullptr || CheckPortalKey(key.text)) return;
  if (auto fault = kSchemaName.check(portal.plan.schema)) {
    problems_.push_back({.at = at,
                         .path = path,
                         .what = "the key is the schema too, and " + fault->what,
                         .next = "choose another key or give a schema"});
  }
}

void PortalReader::CheckFeed(const FeedPlan& feed, Layers layers) {
  if (feed.keep_max >= feed.keep) return;
  const GivenKey* given = MoreParticular(layers, FindRule(Place::kPortal, "feed.keep_max"),
                                         FindRule(Place::kPortal, "feed.keep"));
  if (given == nullptr) return;
  ReportOnce(
      *given,
      "keep_max " + WriteDuration(feed.keep_max) + " is less than keep " + WriteDuration(feed.keep),
      "make keep_max the longer one");
}

void PortalReader::CheckWebhooks(const PortalSettings& portal, Layers layers) {
  const GivenKey* given = Find(layers, FindRule(Place::kPortal, "feed.webhooks"));
  if (given == nullptr) return;
  std::set<std::string_view> names;
  for (size_t i = 0; i < given->node->items.size(); ++i) {
    const ConfigNode& webhook = given->node->items[i];
    const std::string path = given->path + "[" + std::to_string(i) + "]";
    const ConfigNode* const name = ValueBelow(webhook, "name");
    if (name != nullptr && !name->text.empty() && !names.insert(name->text).second) {
      problems_.push_back({.at = name->at,
                           .path = path + ".name",
                           .what = "two webhooks are called " + QuoteForMessage(name->text),
                           .next = "give each a name of its own"});
    }
    const ConfigNode* const when = ValueBelow(webhook, "when");
    if (when == nullptr) continue;
    for (size_t j = 0; j < when->items.size(); ++j) {
      CheckRule(portal, when->items[j], path + ".when[" + std::to_string(j) + "]");
    }
  }
}

void PortalReader::CheckRule(const PortalSettings& portal, const ConfigNode& rule,
                             const std::string& path) {
  if ((Gives(rule, "from") || Gives(rule, "to")) && !Gives(rule, "property")) {
    problems_.push_back({.at = rule.at,
                         .path = path,
                         .what = "has `from` or `to` without a `property`",
                         .next = "name the property whose values are meant"});
  }
  const ConfigNode* const object = ValueBelow(rule, "object");
  if (!portal.enabled || object == nullptr || object->text.empty()) return;
  // What is no name was reported with the value.
  if (kObjectOrAll.check(object->text) || MayBeInFeed(portal.plan, object->text)) return;
  std::vector<std::string_view> known;
  for (const StreamPlan& stream : portal.plan.streams) known.push_back(stream.object.name);
  const auto nearest = NearestWord(object->text, known);
  problems_.push_back({.severity = Severity::kWarning,
                       .at = object->at,
                       .path = path + ".object",
                       .what = QuoteForMessage(object->text) + " is not mirrored from " +
                               portal.plan.key + ", so no entry ever fits the rule",
                       .next = (nearest ? "did you mean " + std::string(*nearest) + "? " : "") +
                               "correct the name, or add it to the portal's objects"});
}

void PortalReader::ReadWriting(PortalSettings& portal, const Layer& layer) {
  const GivenKey* enabled = layer.Find(Place::kPortal, "write.enabled");
  const GivenKey* objects = layer.Find(Place::kPortal, "write.objects");
  if (objects == nullptr) {
    if (portal.plan.write.enabled) {
      ReportOnce(*enabled, "nothing may be written",
                 "add a line such as `objects: {contacts: {update: [lead_score]}}` beside it");
    }
    return;
  }
  for (const ObjectChoice& choice : ReadWriteObjects(*objects, problems_)) {
    const auto stream = std::ranges::find(portal.plan.streams, choice.type,
                                          [](const StreamPlan& plan) { return plan.object; });
    if (stream == portal.plan.streams.end()) {
      ReportOnce(*objects,
                 QuoteForMessage(choice.type.name) +
                     " is not mirrored, so what was written could "
                     "not be read back",
                 "add it to the portal's objects, by the same name, or remove it here");
      continue;
    }
    const std::array layers = {&choice.layer};
    Fill(*stream, Place::kWriteObject, layers, environment_);
    const GivenKey* update = choice.layer.Find(Place::kWriteObject, "update");
    if (update != nullptr && update->value) CheckUpdates(*stream, *update);
    CheckCreates(*stream, choice.layer, *objects);
    const GivenKey* links = choice.layer.Find(Place::kWriteObject, "associate");
    if (links != nullptr && links->value) CheckLinks(portal.plan, *stream, *links);
  }
}

void PortalReader::CheckCreates(const StreamPlan& plan, const Layer& layer,
                                const GivenKey& objects) {
  const ObjectWritePlan& write = plan.write;
  const bool named = layer.Find(Place::kWriteObject, "update") != nullptr ||
                     layer.Find(Place::kWriteObject, "associate") != nullptr;
  if (!named && !write.create && !write.archives()) {
    ReportOnce(objects, "nothing of " + QuoteForMessage(plan.object.name) + " may be written",
               "add `update: [lead_score]`, `create: true`, `archive: true` or `associate: "
               "[companies]` to it, or remove it here");
    return;
  }
  for (const auto& [property, rule] : write.rules) {
    if (FitsAny(property, write.update)) continue;
    ReportOnce(
        *layer.Find(Place::kWriteObject, "rules"),
        QuoteForMessage(property) + " may not be changed, so nothing of it can be in conflict",
        "add it to `update`, or remove it here");
  }
  if (write.archives() && (write.archive == "permanently") != ArchivesForGood(plan.object)) {
    const bool for_good = ArchivesForGood(plan.object);
    ReportOnce(*layer.Find(Place::kWriteObject, "archive"),
               for_good ? "HubSpot may delete " + plan.object.name + " for good"
                        : "HubSpot keeps " + plan.object.name + " that are archived",
               for_good ? "write `permanently` if that is meant" : "write `true`");
  }
  const GivenKey* create = layer.Find(Place::kWriteObject, "create");
  const GivenKey* key = layer.Find(Place::kWriteObject, "key_property");
  const bool by_email = plan.object.name == "contacts";
  if (write.create && write.key_property.empty() && !write.unguarded && !by_email) {
    ReportOnce(*create,
               "if the answer to a new record of " + QuoteForMessage(plan.object.name) +
                   " is lost, nothing tells whether it was made",
               "name a `key_property`, or let a person decide in each such case by "
               "`unguarded: true`");
  }
  if (key == nullptr || write.key_property.empty()) return;
  const std::string& name = write.key_property;
  const auto refuse = [&](const std::string& why) {
    ReportOnce(*key, QuoteForMessage(name) + " cannot be the key: " + why, "name another property");
  };
  if (IsNeverWritten(plan.object, name)) {
    refuse("HubSpot sets it itself");
  } else if (FitsAny(name, plan.selection.exclude) || !IsIncluded(plan, name)) {
    refuse("it is not mirrored, so it could not be read back");
  } else if (FitsAny(name, plan.selection.hash)) {
    refuse("properties.hash lets the mirror keep a hash only, which cannot be compared");
  } else if (std::ranges::find(write.update, name) != write.update.end()) {
    refuse("`update` lets others change it");
  }
}

void PortalReader::CheckLinks(const PortalPlan& portal, const StreamPlan& plan,
                              const GivenKey& associate) {
  if (plan.write.associate.empty()) {
    ReportOnce(associate, "names no object type", "name one, or remove the line");
  }
  const auto follows = [](const StreamPlan& one, const StreamPlan& other) {
    return one.associations.empty() ||
           std::ranges::find(one.associations, other.object.name) != one.associations.end();
  };
  for (const std::string& name : plan.write.associate) {
    const auto other = std::ranges::find(
        portal.streams, name, [](const StreamPlan& stream) { return stream.object.name; });
    if (other == portal.streams.end()) {
      ReportOnce(
          associate,
          QuoteForMessage(name) + " is not mirrored, so links with it could not be read back",
          "add it to the portal's objects, or remove it from the list");
    } else if (!follows(plan, *other) || !follows(*other, plan)) {
      ReportOnce(associate, "links with " + QuoteForMessage(name) + " are not mirrored",
                 "add them to the `associations` of both objects, or remove it from the list");
    }
  }
}

void PortalReader::CheckUpdates(const StreamPlan& plan, const GivenKey& update) {
  if (plan.write.update.empty()) {
    ReportOnce(update, "names no property", "name one, or remove the object here");
  }
  for (const std::string& name : plan.write.update) {
    const auto refuse = [&](const std::string& why) {
      ReportOnce(update, QuoteForMessage(name) + " cannot be written: " + why,
                 "remove it from the list");
    };
    if (IsNeverWritten(plan.object, name)) {
      refuse("HubSpot sets it itself");
    } else if (FitsAny(name, plan.selection.exclude)) {
      refuse("properties.exclude leaves it out of the mirror, where it would be read back");
    } else if (!IsIncluded(plan, name)) {
      refuse("properties.include leaves it out of the mirror, where it would be read back");
    } else if (FitsAny(name, plan.selection.hash)) {
      refuse("properties.hash lets the mirror keep a hash only, which cannot be compared");
    }
  }
}

void PortalReader::ReadStreams(PortalSettings& portal, const Layer& layer) {
  reported_.clear();
  const bool has_hash_key = layer.Find(Place::kPortal, "hash_key") != nullptr;
  const std::array inherited = {&layer, &defaults_};
  const GivenKey* objects = Find(inherited, FindRule(Place::kPortal, "objects"));
  for (const ObjectChoice& choice :
       objects != nullptr ? ReadObjects(*objects, problems_) : PresetChoice()) {
    StreamPlan stream{.object = choice.type};
    const std::array layers = {&choice.layer, &layer, &defaults_};
    Fill(stream, Place::kObject, layers, environment_);
    CheckStream(stream, layers);
    CheckSelection(stream, has_hash_key, layers);
    portal.plan.streams.push_back(std::move(stream));
  }
  NoteSharedLists(portal.plan.streams);
}

void PortalReader::CheckStream(const StreamPlan& plan, Layers layers) {
  const auto report = [&](std::string_view first, std::string_view second, std::string what,
                          std::string next) {
    const GivenKey* given =
        MoreParticular(layers, FindRule(Place::kObject, first), FindRule(Place::kObject, second));
    if (given == nullptr) return;
    problems_.push_back({.at = given->node->at,
                         .path = given->path,
                         .what = std::move(what),
                         .next = std::move(next)});
  };
  if (plan.freshness_target < 2 * plan.interval) {
    report("freshness_target", "interval",
           "freshness_target " + WriteDuration(plan.freshness_target) +
               " is less than two intervals of " + WriteDuration(plan.interval),
           "set freshness_target to " + WriteDuration(2 * plan.interval) +
               " or more beside the interval, or shorten the interval");
  }
  if (plan.deep_overlap < plan.overlap) {
    report("deep_overlap", "overlap",
           "deep_overlap " + WriteDuration(plan.deep_overlap) + " is less than overlap " +
               WriteDuration(plan.overlap),
           "make deep_overlap the longer one");
  }
}

void PortalReader::CheckSelection(const StreamPlan& plan, bool has_hash_key, Layers layers) {
  const GivenKey* include = Find(layers, FindRule(Place::kObject, "properties.include"));
  if (include != nullptr && include->value && plan.selection.include.empty()) {
    ReportOnce(*include, "includes no property", "remove the key to include all");
  }
  const GivenKey* hash = Find(layers, FindRule(Place::kObject, "properties.hash"));
  if (hash == nullptr || plan.selection.hash.empty()) return;
  if (!has_hash_key) {
    ReportOnce(*hash, "properties are to be hashed, but the portal has no hash_key",
               "add a line such as `hash_key: credential:hubspot.acme.hash` to it");
  }
  for (const std::string& name : plan.selection.hash) {
    if (!IsAlwaysAsked(plan.object, name)) continue;
    ReportOnce(*hash, QuoteForMessage(name) + " cannot be hashed, the mirror works with its value",
               "remove it from the list");
  }
}

void PortalReader::ReportOnce(const GivenKey& given, std::string what, std::string next) {
  if (!reported_.insert(given.path + what).second) return;
  problems_.push_back(
      {.at = given.node->at, .path = given.path, .what = std::move(what), .next = std::move(next)});
}

void PortalReader::WarnOf(const PortalSettings& portal, const std::string& path, TextPosition at) {
  if (!portal.enabled) return;
  if (auto fault = TooManySearches(portal.plan)) {
    problems_.push_back({.severity = Severity::kWarning,
                         .at = at,
                         .path = path,
                         .what = std::move(fault->what),
                         .next = std::move(fault->next)});
  }
  if (portal.oauth && !portal.plan.daily) {
    problems_.push_back({.severity = Severity::kWarning,
                         .at = at,
                         .path = PathOf(path, "oauth"),
                         .what = "HubSpot does not tell OAuth apps their daily quota, so "
                                 "quota_share cannot be kept",
                         .next = "give the account's quota, such as `daily: 500000`"});
  }
}

}  // namespace hubmirror
