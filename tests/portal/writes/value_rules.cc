#include "writes/value_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

/// https://developers.hubspot.com/docs/api/crm/using-object-apis: alternatives stand in one entry.
struct Required {
  std::string_view type;
  std::array<std::string_view, 3> any_of;
};
constexpr Required kRequired[] = {
    {"contacts", {"email", "firstname", "lastname"}},
    {"companies", {"name", "domain"}},
    {"deals", {"dealname"}},
    {"deals", {"dealstage"}},
    {"deals", {"pipeline"}},
    {"tickets", {"subject"}},
    {"tickets", {"hs_pipeline"}},
    {"tickets", {"hs_pipeline_stage"}},
    {"emails", {"hs_timestamp"}},
    {"emails", {"hs_email_direction"}},
    {"tasks", {"hs_timestamp"}},
    {"calls", {"hs_timestamp"}},
    {"notes", {"hs_timestamp"}},
    {"meetings", {"hs_timestamp"}},
    {"postal_mail", {"hs_timestamp"}},
    {"communications", {"hs_timestamp"}},
    {"communications", {"hs_communication_channel_type"}},
    {"orders", {"hs_order_name"}},
};

Problem Invalid(std::string code, std::string_view property, std::string message) {
  return {
      .code = std::move(code), .property = std::string(property), .message = std::move(message)};
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool IsNumber(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view rest = point == text.npos ? "0" : text.substr(point + 1);
  const auto digits = [](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  return digits(whole) && digits(rest);
}

bool IsEmail(std::string_view text) {
  const size_t at = text.find('@');
  return at != text.npos && at > 0 && text.find('.', at) != text.npos && text.back() != '.' &&
         text.find(' ') == text.npos;
}

std::vector<std::string_view> SplitOptions(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(';'), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::optional<Problem> CheckOptions(const PropertyDefinition& property, std::string_view value) {
  std::vector<std::string> options = property.options;
  if (property.type == "bool") options = {"true", "false"};
  if (options.empty()) return std::nullopt;
  const bool several = property.field_type == "checkbox";
  const auto chosen = several ? SplitOptions(value) : std::vector<std::string_view>{value};
  for (const std::string_view option : chosen) {
    if (std::ranges::find(options, option) != options.end()) continue;
    std::string message = std::string(option) + " was not one of the allowed options: [";
    for (const std::string& allowed : options) {
      message.append(message.back() == '[' ? "" : ", ").append(allowed);
    }
    return Invalid("INVALID_OPTION", property.name, message + "]");
  }
  return std::nullopt;
}

std::optional<Problem> CheckValue(const PropertyDefinition& property, std::string_view value) {
  const bool text = property.type == "string" || property.type == "json";
  if (!text && (IsBlank(value.front()) || IsBlank(value.back()))) {
    return Invalid("LEADING_TRAILING_WHITESPACE", property.name,
                   std::string(value) + " begins or ends with white space");
  }
  if (property.type == "number" && !IsNumber(value)) {
    return Invalid("INVALID_INTEGER", property.name,
                   std::string(value) + " was not a valid number");
  }
  const bool instant = property.type == "date" || property.type == "datetime";
  if (instant && !ParseInstant(value)) {
    return Invalid("INVALID_DATE", property.name, std::string(value) + " was not a valid date");
  }
  if (property.kind == ValueKind::kEmail && !IsEmail(value)) {
    return Invalid("INVALID_EMAIL", property.name,
                   "Email address " + std::string(value) + " is invalid");
  }
  if (property.type == "enumeration" || property.type == "bool") {
    return CheckOptions(property, value);
  }
  return std::nullopt;
}

std::string Normalised(const PropertyDefinition& property, std::string value,
                       const Switches& switches) {
  if (property.kind == ValueKind::kEmail) return LowerCase(value);
  if (property.type == "datetime") return FormatInstant(*ParseInstant(value));
  if (property.type == "date") return FormatDate(*ParseInstant(value));
  const bool formats = switches.Is(Setting::kPhoneFormatted);
  if (property.type == "phone_number" && formats) {
    std::erase_if(value, [](char c) { return c == ' ' || c == '-' || c == '(' || c == ')'; });
  }
  return value;
}

/// `;x` adds an option to those that are chosen.
std::string Appended(const Call& call, PropertyIndex index, const std::string& value,
                     const RecordVersion* stored) {
  const auto before =
      stored == nullptr ? std::nullopt : stored->Value(call.object().catalog, index);
  std::string all = before.value_or("");
  const auto chosen = SplitOptions(all);
  std::string added;
  for (const std::string_view option : SplitOptions(value)) {
    if (std::ranges::find(chosen, option) == chosen.end()) added.append(";").append(option);
  }
  all += added;
  return all.starts_with(';') ? all.substr(1) : all;
}

bool IsReadOnly(const PropertyDefinition& property) {
  return property.kind <= ValueKind::kAssignedText || property.calculated;
}

}  // namespace

bool IsActivity(const ObjectType& type) {
  static constexpr std::string_view kActivities[] = {
      "emails", "tasks", "notes", "meetings", "calls", "communications", "postal_mail"};
  return std::ranges::find(kActivities, type.name) != std::end(kActivities);
}

std::optional<Problem> ReadValues(const Call& call, const WriteInput& input,
                                  const RecordVersion* stored, Changes& changes) {
  const CrmObject& object = call.object();
  const Switches& switches = call.portal.switches;
  const bool ignores = switches.Is(Setting::kUnwritableIgnored);
  if (input.has_null && switches.Is(Setting::kNullValueRefused)) {
    return Problem{.message = "Invalid input JSON: a property is null"};
  }
  for (const auto& [name, sent] : input.properties) {
    const auto index = object.catalog.Find(name);
    if (!index || object.catalog.at(*index).archived) {
      if (ignores && IsActivity(object.type)) continue;
      return Invalid("PROPERTY_DOESNT_EXIST", name, "Property \"" + name + "\" does not exist");
    }
    const PropertyDefinition& property = object.catalog.at(*index);
    if (IsReadOnly(property)) {
      if (ignores) continue;
      return Invalid("READ_ONLY_VALUE", name, "\"" + name + "\" is a read only property");
    }
    std::string value = sent;
    if (property.field_type == "checkbox" && value.starts_with(';')) {
      value = Appended(call, *index, value, stored);
    }
    if (!value.empty()) {
      if (auto problem = CheckValue(property, value)) return problem;
      value = Normalised(property, std::move(value), switches);
    }
    changes[*index] = std::move(value);
  }
  return std::nullopt;
}

std::optional<Problem> LacksRequired(const Call& call, const Changes& changes) {
  const CrmObject& object = call.object();
  const std::string not_set = "Error creating " + std::string(object.type.singular) +
                              ". Some required properties were not set.";
  const auto of_schema = call.portal.required_properties.find(object.type_index);
  if (of_schema != call.portal.required_properties.end()) {
    for (const std::string& name : of_schema->second) {
      const auto index = object.catalog.Find(name);
      const auto value = index ? changes.find(*index) : changes.end();
      if (value != changes.end() && !value->second.empty()) continue;
      return Invalid("MISSING_REQUIRED_PROPERTY", name, not_set);
    }
  }
  for (const Required& required : kRequired) {
    if (required.type != object.type.name) continue;
    bool known = false;
    bool given = false;
    for (const std::string_view name : required.any_of) {
      const auto index = name.empty() ? std::nullopt : object.catalog.Find(name);
      if (!index) continue;
      known = true;
      const auto value = changes.find(*index);
      given |= value != changes.end() && !value->second.empty();
    }
    if (known && !given) {
      return Invalid("MISSING_REQUIRED_PROPERTY", required.any_of[0], not_set);
    }
  }
  return std::nullopt;
}

std::optional<Problem> TakesAway(const Call& call, const Changes& changes, const Record* self) {
  CrmObject& object = call.object();
  const Switches& switches = call.portal.switches;
  const PropertyCatalog& catalog = object.catalog;
  for (const PropertyIndex property : catalog.unique()) {
    const auto value = changes.find(property);
    if (value == changes.end() || value->second.empty()) continue;
    const Record* holder =
        FindByUnique(object, switches, property, value->second, RecordState::kLive);
    if (holder == nullptr && switches.Is(Setting::kArchivedUniqueTaken)) {
      holder = FindByUnique(object, switches, property, value->second, RecordState::kArchived);
    }
    if (holder == nullptr || holder == self) continue;
    const std::string id = std::to_string(holder->id);
    if (catalog.at(property).kind == ValueKind::kEmail) {
      return Problem{.status = 409,
                     .category = "CONFLICT",
                     .message = "Contact already exists. Existing ID: " + id};
    }
    return Invalid(
        "CONFLICTING_UNIQUE_VALUE", catalog.at(property).name,
        "A " + std::string(object.type.singular) + " (id " + id + ") already has that value");
  }
  return std::nullopt;
}

}  // namespace simulated_portal
