#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "settings/keys/config_value.h"
#include "settings/keys/field.h"
#include "settings/settings.h"
#include "settings/text/text_form.h"

namespace hubmirror {

/// Where a key may stand. Object settings inherit from the portal, a portal from `defaults`. Items
/// of lists of maps inherit nothing.
enum class Place : unsigned {
  kTop = 1,
  kDefaults = 2,
  kPortal = 4,
  kObject = 8,
  kWebhook = 16,      ///< an item of `feed.webhooks`
  kWebhookRule = 32,  ///< an item of `when` of it
  kWriteObject = 64,  ///< an object of `write.objects`
};

enum class KeyType {
  kSection,  ///< a map of further keys
  kObjects,  ///< the list or map of object types; with `items` a map only
  kPortals,  ///< the map of portals
  kText,
  kWholeNumber,
  kNumber,
  kTruth,
  kDuration,
  kSize,
  kChoice,
  kTextList,
  kSecret,
  kSecretList,  ///< one, or a list of them
  kMapList,     ///< a list of maps, whose keys are those of `items`
  kChoiceMap,   ///< a map from texts of `form` to one of `choices` each
};

/// Everything there is to know of one key. The parser, the JSON Schema, the reference, `config
/// show` and the reload all read it here, so that they cannot disagree.
struct KeyRule {
  std::string_view path;  ///< from its place: `database.pool.size`, `sweep.every`
  unsigned places = 0;    ///< where it may stand, Place values added
  KeyType type = KeyType::kText;
  std::string_view preset{};  ///< the default as written; empty: none
  std::string_view least{};   ///< smallest value, written as the type is
  std::string_view most{};    ///< largest value
  bool takes_auto = false;    ///< `auto`: left to us
  bool required = false;
  const TextForm* form = nullptr;  ///< kText, items of kTextList, keys of kChoiceMap
  bool takes_null = false;         ///< items of kTextList may be null, which is an empty text
  std::optional<Place> items{};    ///< kMapList, and what kObjects maps to; absent: kObject
  std::span<const std::string_view> choices{};
  /// Variable of the environment whose value, with `suffix`, is the default where it is set.
  std::string_view environment{};
  std::string_view suffix{};
  bool needs_restart = false;  ///< a reload cannot change it
  std::string_view meaning;    ///< sentences for the reference and for editors
  std::string_view example{};  ///< as written in YAML
  /// The field that holds it; monostate for sections.
  std::variant<std::monostate, FieldOf<Settings>, FieldOf<PortalSettings>, FieldOf<StreamPlan>,
               FieldOf<WebhookSettings>, FieldOf<WebhookRule>>
      field{};

  bool StandsIn(Place place) const { return (places & static_cast<unsigned>(place)) != 0; }
  /// A single value or a list of values, rather than a map of further keys.
  bool HoldsValue() const {
    return type != KeyType::kSection && type != KeyType::kObjects && type != KeyType::kPortals;
  }
};

}  // namespace hubmirror
