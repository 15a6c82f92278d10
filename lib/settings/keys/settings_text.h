#pragma once

#include <string>
#include <vector>

#include "settings/keys/config_value.h"
#include "settings/settings.h"

namespace hubmirror {

/// One setting in force, as the file would have it.
struct WrittenSetting {
  std::string path;  ///< `limits.workers`; of a portal from its key: `objects.contacts.interval`
  std::string text;
  ConfigValue value;
  bool needs_restart = false;
};

/// The settings beside portals, and those of one portal, in the order of the table. What is not
/// set and has no default is left out. Secrets are written as their references.
std::vector<WrittenSetting> WriteTop(const Settings& settings);
std::vector<WrittenSetting> WritePortal(const PortalSettings& portal);

/// `config show`: everything in force as YAML, defaults filled in, secrets as references. Reading
/// it gives the same settings.
std::string ShowSettings(const Settings& settings);
/// The same as JSON: numbers, truth values and lists as such, everything else as the file has it
/// (`30s`, `64MiB`, `credential:hubspot.acme`).
std::string ShowSettingsJson(const Settings& settings);

}  // namespace hubmirror
