#include "model/portal/custom_type.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "model/source/reference.h"

namespace hubmirror {
namespace {

// PostgreSQL cuts names at 63 bytes: room for `_2_1234567890`, and for what views and history add.
constexpr size_t kLongestName = 32;
constexpr size_t kLongestNumber = 19;

constexpr std::array<std::string_view, 13> kOwnTables = {
    "account",       "properties",         "property_groups", "property_options",
    "associations",  "association_labels", "schema_changes",  "changes",
    "stage_changes", "feed_consumers",     "webhook_dead",    "outbox",
    "outbox_log"};

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

bool IsTypeId(std::string_view text) {
  return text.starts_with("2-") && IsDigits(text.substr(2));
}

bool IsFullName(std::string_view text) {
  const size_t end = text.find('_');
  return text.starts_with("p") && end != std::string_view::npos && end + 1 < text.size() &&
         IsDigits(text.substr(1, end - 1));
}

bool IsTaken(std::string_view name) {
  if (FindObjectType(name)) return true;
  for (int kind = 0; kind < kReferenceKinds; ++kind) {
    if (TableOf(static_cast<ReferenceKind>(kind)).name == name) return true;
  }
  return std::find(kOwnTables.begin(), kOwnTables.end(), name) != kOwnTables.end();
}

bool EndsLikeAView(std::string_view name) {
  return name.ends_with("_live") || name.ends_with("_readable") || name.ends_with("_history") ||
         name.ends_with("_changes") || name.ends_with("_write");
}

bool IsAskedBy(const CustomType& type, const std::string& asked) {
  return asked == type.type_id || asked == type.full_name;
}

// HubSpot counts up, so 2-9 is elder than 2-10.
auto AgeOf(const CustomType& type) {
  return std::tuple(type.type_id.size(), type.type_id, type.name);
}

std::string TableFor(const CustomType& type, const std::set<std::string>& others) {
  std::string name;
  bool altered = false;
  for (const char c : type.name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool plain = IsLower(lower) || IsDigit(lower) || lower == '_';
    name += plain ? lower : '_';
    altered = altered || !plain;
  }
  if (name.empty() || IsDigit(name[0]) || name[0] == '_') name.insert(0, "custom");
  const bool clear = !altered && !IsTaken(name) && !EndsLikeAView(name) &&
                     name.size() <= kLongestName && !others.contains(name);
  if (clear) return name;
  const std::string number =
      type.type_id.substr(type.type_id.find('-') + 1).substr(0, kLongestNumber);
  const std::string with_id = name.substr(0, kLongestName) + "_2_" + number;
  // Nobody hinders people from naming a type `car_2_7`.
  name = with_id;
  for (int i = 2; others.contains(name); ++i) name = with_id + "_" + std::to_string(i);
  return name;
}

}  // namespace

std::optional<ObjectType> AskedCustomType(std::string_view text) {
  if (text != kCustomObjects && !IsTypeId(text) && !IsFullName(text)) return std::nullopt;
  return ObjectType{.name = std::string(text), .modified_property = "hs_lastmodifieddate"};
}

std::map<std::string, ObjectType> ObjectTypesOf(const std::vector<CustomType>& types) {
  std::vector<CustomType> elder_first = types;
  std::ranges::sort(elder_first, {}, AgeOf);
  std::map<std::string, ObjectType> found;
  std::set<std::string> tables;
  const auto give = [&](const CustomType& type, const std::string& table) {
    tables.insert(table);
    found[type.type_id] = {.name = table,
                           .singular = table,
                           .type_id = type.type_id,
                           .modified_property = "hs_lastmodifieddate",
                           .has_pipelines = true};
  };
  for (const CustomType& type : elder_first) {
    // A newer version of ours may have a table of its own by that name.
    if (type.table.empty() || IsTaken(type.table) || tables.contains(type.table)) continue;
    if (!found.contains(type.type_id)) give(type, type.table);
  }
  for (const CustomType& type : elder_first) {
    if (!found.contains(type.type_id)) give(type, TableFor(type, tables));
  }
  return found;
}

std::vector<CustomType> WithTables(std::vector<CustomType> types,
                                   const std::map<std::string, std::string>& given) {
  std::vector<CustomType> all = types;
  for (const auto& [type_id, table] : given) {
    const auto same = [&id = type_id](const CustomType& type) { return type.type_id == id; };
    const auto found = std::ranges::find_if(all, same);
    if (found == all.end()) {
      all.push_back({.type_id = type_id, .name = table, .full_name = {}, .table = table});
    } else {
      found->table = table;
    }
  }
  const std::map<std::string, ObjectType> objects = ObjectTypesOf(all);
  for (CustomType& type : types) type.table = objects.at(type.type_id).name;
  return types;
}

bool AsksForCustomTypes(const PortalPlan& plan) {
  return std::any_of(plan.streams.begin(), plan.streams.end(),
                     [](const StreamPlan& stream) { return stream.object.unresolved(); });
}

bool MayBeInFeed(const PortalPlan& plan, std::string_view object) {
  const bool mirrored = std::ranges::any_of(
      plan.streams, [&](const StreamPlan& stream) { return stream.object.name == object; });
  if (mirrored || object == "*" || object == "associations") return true;
  return AsksForCustomTypes(plan) && !FindObjectType(object);
}

PortalPlan WithTypes(PortalPlan plan, const std::vector<CustomType>& types) {
  const std::map<std::string, ObjectType> objects = ObjectTypesOf(types);
  std::vector<StreamPlan> streams;
  std::set<std::string> taken;
  const auto add = [&](StreamPlan stream, const CustomType& type) {
    if (!taken.insert(type.type_id).second) return;
    stream.object = objects.at(type.type_id);
    streams.push_back(std::move(stream));
  };
  for (const StreamPlan& stream : plan.streams) {
    if (!stream.object.unresolved()) streams.push_back(stream);
    for (const CustomType& type : types) {
      if (stream.object.unresolved() && IsAskedBy(type, stream.object.name)) add(stream, type);
    }
  }
  for (const StreamPlan& stream : plan.streams) {
    if (stream.object.name != kCustomObjects) continue;
    for (const CustomType& type : types) add(stream, type);
  }
  std::sort(streams.begin(), streams.end(),
            [](const StreamPlan& a, const StreamPlan& b) { return a.object.name < b.object.name; });
  // Two streams in one table would purge each other's rows.
  CHECK_THAT(std::ranges::adjacent_find(streams, {}, [](const StreamPlan& stream) {
               return stream.object.name;
             }) == streams.end());
  plan.custom_asked.clear();
  for (const StreamPlan& stream : plan.streams) {
    if (stream.object.unresolved()) plan.custom_asked.push_back(stream.object.name);
  }
  plan.streams = std::move(streams);
  return plan;
}

std::vector<std::string> UnknownTypes(const std::vector<std::string>& asked_for,
                                      const std::vector<CustomType>& types) {
  std::vector<std::string> unknown;
  for (const std::string& asked : asked_for) {
    if (asked == kCustomObjects) continue;
    const bool known = std::any_of(types.begin(), types.end(),
                                   [&](const CustomType& type) { return IsAskedBy(type, asked); });
    if (!known) unknown.push_back(asked);
  }
  return unknown;
}

}  // namespace hubmirror
