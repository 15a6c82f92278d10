#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "settings/keys/key_rule.h"
#include "settings/text/environment.h"

namespace hubmirror {

/// Every key of the configuration, in the order in which people read them. A new key is one row in
/// top_keys.cc, portal_keys.cc, write_keys.cc or webhook_keys.cc and one member in settings.h.
std::span<const KeyRule> KeyTable();

/// The rule of a key at a place; nullptr when there is none.
const KeyRule* FindRule(Place place, std::string_view path);

/// The words that may stand right below `section` (empty: at the place itself), in table order.
std::vector<std::string_view> KeysBelow(Place place, std::string_view section);

/// The default in force: the environment's where the rule names a variable that is set. Empty when
/// the key has none.
std::string PresetOf(const KeyRule& rule, const Environment& environment);

/// The object types that are mirrored when the file names none.
std::vector<std::string> PresetObjects();

}  // namespace hubmirror
