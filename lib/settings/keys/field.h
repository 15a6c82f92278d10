#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/keys/config_value.h"
#include "settings/settings.h"

namespace hubmirror {

/// The way from a key of the table to the member that holds its value, and back. (More than fifteen
/// functions: one for each type of member.)
template <class Owner>
struct FieldOf {
  ConfigValue (*get)(const Owner&) = nullptr;
  void (*set)(Owner&, const ConfigValue&) = nullptr;
};

// Words of the enumerations, as the file has them.
std::string_view NameOf(PoolMode mode);
std::string_view NameOf(LogFormat format);

// From a member to a value. An absent or empty one is monostate.
template <class Member>
ConfigValue ToValue(const Member& member) {
  return member;
}
ConfigValue ToValue(const std::string& member);
ConfigValue ToValue(PortalId member);
ConfigValue ToValue(PoolMode member);
ConfigValue ToValue(LogLevel member);
ConfigValue ToValue(LogFormat member);
ConfigValue ToValue(const std::vector<WebhookSettings>& member);
ConfigValue ToValue(const std::vector<WebhookRule>& member);
template <class Member>
ConfigValue ToValue(const std::optional<Member>& member) {
  return member ? ToValue(*member) : ConfigValue();
}

// From a value, which has the type that the rule of the key promises, to a member.
template <class Member>
void FromValue(const ConfigValue& value, Member& member) {
  member = std::get<Member>(value);
}
void FromValue(const ConfigValue& value, PortalId& member);
void FromValue(const ConfigValue& value, PoolMode& member);
void FromValue(const ConfigValue& value, LogLevel& member);
void FromValue(const ConfigValue& value, LogFormat& member);
void FromValue(const ConfigValue& value, std::vector<WebhookSettings>& member);
void FromValue(const ConfigValue& value, std::vector<WebhookRule>& member);
template <class Member>
void FromValue(const ConfigValue& value, std::optional<Member>& member) {
  member.reset();
  if (!std::holds_alternative<std::monostate>(value)) FromValue(value, member.emplace());
}

/// The field at the end of a chain of members: Field<Settings, &Settings::web,
/// &WebSettings::listen>.
template <class Owner, auto... members>
constexpr FieldOf<Owner> Field() {
  return {[](const Owner& owner) { return ToValue((owner.*....*members)); },
          [](Owner& owner, const ConfigValue& value) { FromValue(value, (owner.*....*members)); }};
}

}  // namespace hubmirror
