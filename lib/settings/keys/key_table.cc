#include "settings/keys/key_table.h"

#include "settings/keys/key_rows.h"

namespace hubmirror {
namespace {

std::vector<KeyRule> AllRows() {
  std::vector<KeyRule> rows(TopKeys().begin(), TopKeys().end());
  rows.insert(rows.end(), PortalKeys().begin(), PortalKeys().end());
  rows.insert(rows.end(), WriteKeys().begin(), WriteKeys().end());
  rows.insert(rows.end(), WebhookKeys().begin(), WebhookKeys().end());
  return rows;
}

}  // namespace

std::span<const KeyRule> KeyTable() {
  static const std::vector<KeyRule> table = AllRows();
  return table;
}

const KeyRule* FindRule(Place place, std::string_view path) {
  for (const KeyRule& rule : KeyTable()) {
    if (rule.StandsIn(place) && rule.path == path) return &rule;
  }
  return nullptr;
}

std::vector<std::string_view> KeysBelow(Place place, std::string_view section) {
  std::vector<std::string_view> words;
  for (const KeyRule& rule : KeyTable()) {
    std::string_view word = rule.path;
    if (!rule.StandsIn(place) || !word.starts_with(section)) continue;
    word.remove_prefix(section.size());
    if (!section.empty()) {
      if (!word.starts_with('.')) continue;
      word.remove_prefix(1);
    }
    if (!word.empty() && word.find('.') == std::string_view::npos) words.push_back(word);
  }
  return words;
}

std::string PresetOf(const KeyRule& rule, const Environment& environment) {
  if (!rule.environment.empty()) {
    const std::string value = environment(std::string(rule.environment));
    // systemd lists several folders with colons between them; the first one is ours.
    const std::string folder = value.substr(0, value.find(':'));
    if (!folder.empty()) return folder + std::string(rule.suffix);
  }
  return std::string(rule.preset);
}

std::vector<std::string> PresetObjects() {
  const KeyRule& rule = *FindRule(Place::kPortal, "objects");
  std::vector<std::string> names;
  std::string_view rest = rule.preset.substr(1, rule.preset.size() - 2);
  while (!rest.empty()) {
    const size_t end = rest.find(", ");
    names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
  return names;
}

}  // namespace hubmirror
