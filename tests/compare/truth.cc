#include "compare/truth.h"

#include <array>
#include <charconv>
#include <stdexcept>

#include "compare/json.h"

namespace hubmirror::compare {
namespace {

RecordState StateNamed(const std::string& name) {
  static constexpr std::array<std::string_view, 5> kNames = {"live", "archived", "merged", "erased",
                                                             "purged"};
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<RecordState>(i);
  }
  throw std::runtime_error("unknown state " + name);
}

RecordId IdOf(const std::string& text) {
  RecordId id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    throw std::runtime_error("no record id: " + text);
  }
  return id;
}

Milliseconds InstantOf(const std::string& text) {
  const auto instant = ParseRfc3339(text);
  if (!instant) throw std::runtime_error("no instant: " + text);
  return *instant;
}

/// Ids come as strings, in one place or another perhaps as numbers.
std::optional<RecordId> OptionalId(const Json& value) {
  if (value.is_null()) return std::nullopt;
  return value.is_string() ? IdOf(value.AsString()) : value.AsInteger();
}

/// How HubSpot shows the values of a property, in one text.
std::string ShownOf(const Json& entry) {
  std::string shown =
      entry.Has("displayOrder") ? std::to_string(entry["displayOrder"].AsInteger()) : "-1";
  shown += "|" + entry.Text("currencyPropertyName");
  shown += entry.Flag("showCurrencySymbol") ? "|t" : "|f";
  for (const char* hint : {"numberDisplayHint", "textDisplayHint", "dateDisplayHint"}) {
    shown += "|" + entry.Text(hint);
  }
  return shown;
}

}  // namespace

std::string_view TruthRecord::Raw(std::string_view property) const {
  const auto found = properties.find(property);
  return found == properties.end() ? std::string_view() : found->second;
}

TruthRecord ParseTruthLine(std::string_view line) {
  const Json json = Json::Parse(line);
  TruthRecord record;
  record.id = OptionalId(json["id"]).value();
  record.state = StateNamed(json.Text("state"));
  record.merged_into = OptionalId(json["merged_into"]);
  if (const std::string state = json.Text("survivor_state"); !state.empty()) {
    record.survivor_state = StateNamed(state);
  }
  record.created_at = InstantOf(json.Text("created_at"));
  record.updated_at = InstantOf(json.Text("updated_at"));
  if (const std::string at = json.Text("archived_at"); !at.empty()) {
    record.archived_at = InstantOf(at);
  }
  record.modified = InstantOf(json.Text("modified"));
  record.read = json["read"].AsBool();
  record.listed = json["listed"].AsBool();
  record.changed_at = json["changed_at"].AsInteger();
  record.last_change = json.Text("last_change");
  for (const auto& [name, value] : json["properties"].AsObject()) {
    if (!value.is_null())
      record.properties.emplace_hint(record.properties.end(), name, value.AsString());
  }
  return record;
}

std::vector<Definition> ParseDefinitions(std::string_view json) {
  std::vector<Definition> definitions;
  const Json document = Json::Parse(json);
  for (const Json& entry : document["results"].AsArray()) {
    definitions.push_back({.name = entry.Text("name"),
                           .label = entry.Text("label"),
                           .type = entry.Text("type"),
                           .description = entry.Text("description"),
                           .group = entry.Text("groupName"),
                           .archived = entry.Flag("archived"),
                           .sensitive = entry.Text("dataSensitivity").ends_with("sensitive") &&
                                        entry.Text("dataSensitivity") != "non_sensitive",
                           .owner_id = (entry.Text("referencedObjectType") == "OWNER" ||
                                        entry.Text("name") == "hubspot_owner_id") &&
                                       entry.Text("fieldType") != "checkbox",
                           .shown = ShownOf(entry),
                           .calculated = entry.Flag("calculated")});
  }
  return definitions;
}

}  // namespace hubmirror::compare
