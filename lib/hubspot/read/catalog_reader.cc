#include "hubspot/read/catalog_reader.h"

#include "base/time_text.h"
#include "hubspot/read/error_reading.h"
#include "hubspot/read/json_document.h"

namespace hubmirror {
namespace {

PropertyOption ReadOption(JsonValue option) {
  return {.value = option["value"].String(),
          .label = option["label"].String(),
          .description = option["description"].String(),
          .display_order = option["displayOrder"].Integer().value_or(-1),
          .hidden = option["hidden"].is_true()};
}

PropertyDefinition ReadDefinition(JsonValue property, std::string_view asked_sensitivity) {
  PropertyDefinition definition{
      .name = property["name"].String(),
      .label = property["label"].String(),
      .type = property["type"].String(),
      .field_type = property["fieldType"].String(),
      .group_name = property["groupName"].String(),
      .description = property["description"].String(),
      .data_sensitivity = property["dataSensitivity"].String(),
      .referenced_object_type = property["referencedObjectType"].String(),
      .currency_property_name = property["currencyPropertyName"].String(),
      .number_display_hint = property["numberDisplayHint"].String(),
      .text_display_hint = property["textDisplayHint"].String(),
      .date_display_hint = property["dateDisplayHint"].String(),
      .display_order = property["displayOrder"].Integer().value_or(-1),
      .calculated = property["calculated"].is_true(),
      .hubspot_defined = property["hubspotDefined"].is_true(),
      .external_options = property["externalOptions"].is_true(),
      .has_unique_value = property["hasUniqueValue"].is_true(),
      .hidden = property["hidden"].is_true(),
      .archived = property["archived"].is_true(),
      .show_currency_symbol = property["showCurrencySymbol"].is_true(),
      .created_at = ParseRfc3339(property["createdAt"].String()),
  };
  if (definition.data_sensitivity.empty()) definition.data_sensitivity = asked_sensitivity;
  const JsonValue options = property["options"];
  if (!options.is_array()) return definition;
  definition.options.reserve(options.size());
  for (size_t i = 0; i < options.size(); ++i) {
    definition.options.push_back(ReadOption(options.Item(i)));
  }
  return definition;
}

/// Reads each of `results` by `read`. One without a name cannot be asked for or stored; it must not
/// stop the others.
template <typename T, typename Read>
Result<std::vector<T>, ApiError> ReadNamed(std::string body, uint64_t& replaced, const Read& read) {
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  replaced += document->repaired();
  const JsonValue results = document->root()["results"];
  if (!results.is_array()) return DecodeError("it has no results");
  std::vector<T> all;
  all.reserve(results.size());
  for (size_t i = 0; i < results.size(); ++i) {
    T one = read(results.Item(i));
    if (!one.name.empty()) all.push_back(std::move(one));
  }
  if (all.empty() && results.size() > 0) return DecodeError("no result has a name");
  return all;
}

}  // namespace

Result<std::vector<PropertyDefinition>, ApiError> ReadPropertyDefinitions(
    std::string body, std::string_view asked_sensitivity, uint64_t& replaced) {
  return ReadNamed<PropertyDefinition>(std::move(body), replaced, [&](JsonValue property) {
    return ReadDefinition(property, asked_sensitivity);
  });
}

Result<std::vector<PropertyGroup>, ApiError> ReadPropertyGroups(std::string body,
                                                                uint64_t& replaced) {
  return ReadNamed<PropertyGroup>(std::move(body), replaced, [](JsonValue group) {
    return PropertyGroup{.name = group["name"].String(),
                         .label = group["label"].String(),
                         .display_order = group["displayOrder"].Integer().value_or(-1),
                         .archived = group["archived"].is_true()};
  });
}

Result<Account, ApiError> ReadAccount(std::string body, uint64_t& replaced) {
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  replaced += document->repaired();
  const JsonValue root = document->root();
  const auto portal_id = root["portalId"].Integer();
  if (!portal_id || *portal_id <= 0) return DecodeError("it names no portal");

  Account account{.portal_id = PortalId{*portal_id},
                  .account_type = root["accountType"].String(),
                  .time_zone = root["timeZone"].String(),
                  .utc_offset_ms = root["utcOffsetMilliseconds"].Integer().value_or(0),
                  .company_currency = root["companyCurrency"].String(),
                  .ui_domain = root["uiDomain"].String(),
                  .data_hosting_location = root["dataHostingLocation"].String()};
  const JsonValue currencies = root["additionalCurrencies"];
  for (size_t i = 0; currencies.is_array() && i < currencies.size(); ++i) {
    account.additional_currencies.push_back(currencies.Item(i).String());
  }
  return account;
}

Result<std::vector<std::string>, ApiError> ReadScopes(std::string body) {
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  const JsonValue listed = document->root()["scopes"];
  if (!listed.is_array()) return DecodeError("it names no scopes");
  std::vector<std::string> scopes;
  for (size_t i = 0; i < listed.size(); ++i) scopes.push_back(listed.Item(i).String());
  return scopes;
}

}  // namespace hubmirror
