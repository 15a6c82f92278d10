#include "settings/keys/field.h"
#include "settings/keys/key_table.h"

namespace hubmirror {
namespace {

/// Items from maps, what is not given as the table has it.
template <class Item>
std::vector<Item> FromMaps(const ConfigValue& value, Place place) {
  std::vector<Item> items;
  for (const ConfigMap& map : std::get<std::vector<ConfigMap>>(value)) {
    Item& item = items.emplace_back();
    for (const KeyRule& rule : KeyTable()) {
      const auto* field = std::get_if<FieldOf<Item>>(&rule.field);
      if (field == nullptr || !rule.StandsIn(place)) continue;
      if (const ConfigValue* given = map.Find(rule)) {
        field->set(item, *given);
      } else if (!rule.preset.empty()) {
        field->set(item, ReadPreset(rule, rule.preset));
      }
    }
  }
  return items;
}

/// The other way; what is not set is left out.
template <class Item>
ConfigValue ToMaps(const std::vector<Item>& items, Place place) {
  if (items.empty()) return {};
  std::vector<ConfigMap> maps;
  for (const Item& item : items) {
    ConfigMap& map = maps.emplace_back();
    for (const KeyRule& rule : KeyTable()) {
      const auto* field = std::get_if<FieldOf<Item>>(&rule.field);
      if (field == nullptr || !rule.StandsIn(place)) continue;
      ConfigValue value = field->get(item);
      const auto* texts = std::get_if<std::vector<std::string>>(&value);
      const bool unset = std::holds_alternative<std::monostate>(value);
      if (!unset && (texts == nullptr || !texts->empty())) {
        map.members.emplace_back(&rule, std::move(value));
      }
    }
  }
  return maps;
}

}  // namespace

ConfigValue ToValue(const std::vector<WebhookSettings>& member) {
  return ToMaps(member, Place::kWebhook);
}
ConfigValue ToValue(const std::vector<WebhookRule>& member) {
  return ToMaps(member, Place::kWebhookRule);
}

void FromValue(const ConfigValue& value, std::vector<WebhookSettings>& member) {
  member = FromMaps<WebhookSettings>(value, Place::kWebhook);
}
void FromValue(const ConfigValue& value, std::vector<WebhookRule>& member) {
  member = FromMaps<WebhookRule>(value, Place::kWebhookRule);
}

}  // namespace hubmirror
