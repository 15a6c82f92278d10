#include "settings/keys/field.h"

#include <array>

#include "base/check.h"

namespace hubmirror {
namespace {

/// The enumerator that is called like the text in `value`; the rule of the key let no other pass.
template <class Enum, size_t count>
Enum Named(const ConfigValue& value, const std::array<Enum, count>& all) {
  const auto& text = std::get<std::string>(value);
  for (const Enum candidate : all) {
    if (NameOf(candidate) == text) return candidate;
  }
  CHECK_THAT(false);
}

constexpr std::array kPoolModes = {PoolMode::kDirect, PoolMode::kTransaction};
constexpr std::array kLogLevels = {LogLevel::kErr, LogLevel::kWarning, LogLevel::kNotice,
                                   LogLevel::kInfo, LogLevel::kDebug};
constexpr std::array kLogFormats = {LogFormat::kAuto, LogFormat::kJournal, LogFormat::kJson};

}  // namespace

std::string_view NameOf(PoolMode mode) {
  return mode == PoolMode::kDirect ? "direct" : "transaction";
}

std::string_view NameOf(LogFormat format) {
  switch (format) {
    case LogFormat::kAuto:
      return "auto";
    case LogFormat::kJournal:
      return "journal";
    case LogFormat::kJson:
      return "json";
  }
  return {};
}

ConfigValue ToValue(const std::string& member) {
  return member.empty() ? ConfigValue() : ConfigValue(member);
}
ConfigValue ToValue(PortalId member) {
  return member.value;
}
ConfigValue ToValue(PoolMode member) {
  return std::string(NameOf(member));
}
ConfigValue ToValue(LogLevel member) {
  return std::string(NameOf(member));
}
ConfigValue ToValue(LogFormat member) {
  return std::string(NameOf(member));
}

void FromValue(const ConfigValue& value, PortalId& member) {
  member.value = std::get<int64_t>(value);
}
void FromValue(const ConfigValue& value, PoolMode& member) {
  member = Named(value, kPoolModes);
}
void FromValue(const ConfigValue& value, LogLevel& member) {
  member = Named(value, kLogLevels);
}
void FromValue(const ConfigValue& value, LogFormat& member) {
  member = Named(value, kLogFormats);
}

}  // namespace hubmirror
