#include "delivery/entry_filter.h"

#include <rapidjson/document.h>

#include <algorithm>

namespace hubmirror {
namespace {

bool IsOneOf(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

/// Whether `property` has one of `wanted` here; an empty text stands for no value.
bool HasOneOf(const EntryValues& values, const std::string& property,
              const std::vector<std::string>& wanted) {
  if (wanted.empty()) return true;
  if (IsOneOf(values.cut, property)) return false;
  const auto found = values.texts.find(property);
  const bool none = found == values.texts.end() || !found->second;
  return IsOneOf(wanted, none ? "" : *found->second);
}

bool Holds(const WebhookRule& rule, const WebhookEntry& entry) {
  if (rule.object != "*" && rule.object != entry.object) return false;
  const bool announcement = entry.op == "epoch" || entry.op == "loaded";
  if (rule.op.empty() ? announcement : !IsOneOf(rule.op, entry.op)) return false;
  if (!rule.pipeline.empty() && rule.pipeline != entry.pipeline) return false;
  if (rule.changed.empty() && rule.property.empty()) return true;

  const EntryValues before = ReadEntryValues(entry.before);
  const EntryValues after = ReadEntryValues(entry.after);
  const auto changed = [&](const std::string& property) {
    return before.Has(property) || after.Has(property);
  };
  if (!rule.changed.empty() && !std::ranges::any_of(rule.changed, changed)) return false;
  // Nobody knows what it was: see rule F3.
  const bool in_doubt = before.given && !before.Has(rule.property);
  if (!rule.from.empty() && in_doubt) return false;
  return rule.property.empty() ||
         (changed(rule.property) && HasOneOf(before, rule.property, rule.from) &&
          HasOneOf(after, rule.property, rule.to));
}

}  // namespace

bool EntryValues::Has(const std::string& property) const {
  return texts.contains(property) || IsOneOf(cut, property);
}

EntryValues ReadEntryValues(std::string_view json) {
  EntryValues values;
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return values;
  values.given = true;
  for (const auto& member : document.GetObject()) {
    std::string name(member.name.GetString(), member.name.GetStringLength());
    if (member.value.IsObject()) {
      values.cut.push_back(std::move(name));
    } else if (member.value.IsString()) {
      values.texts.emplace(std::move(name),
                           std::string(member.value.GetString(), member.value.GetStringLength()));
    } else {
      values.texts.emplace(std::move(name), std::nullopt);
    }
  }
  return values;
}

bool IsNamed(const EntryFilter& filter, const WebhookEntry& entry) {
  const std::vector<WebhookRule>& rules = filter.rules;
  if (!filter.own && entry.origin == "own") return false;
  if (rules.empty()) return Holds({}, entry);
  return std::ranges::any_of(rules, [&](const WebhookRule& rule) { return Holds(rule, entry); });
}

}  // namespace hubmirror
