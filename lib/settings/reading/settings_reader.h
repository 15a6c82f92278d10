#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "settings/reading/secret_source.h"
#include "settings/settings.h"
#include "settings/text/environment.h"
#include "settings/text/problem.h"

namespace hubmirror {

/// What came of reading a configuration.
struct SettingsReading {
  std::optional<Settings> settings;  ///< present when nothing is wrong; there may be warnings
  ConfigProblems problems;           ///< all of them, errors and warnings, in the file's order
  bool unreadable = false;           ///< there was no file to read: a question of paths and rights
};

/// Reads the text of a configuration file (YAML). Touches nothing but `environment`.
SettingsReading ReadSettings(std::string_view text, const Environment& environment);

/// The same for a file.
SettingsReading ReadSettingsFile(const std::string& path, const Environment& environment);

/// Warnings for the secrets of `settings` that cannot be fetched now. Without
/// $CREDENTIALS_DIRECTORY, so outside of the service, `credential:` references are not checked.
ConfigProblems CheckSecrets(const Settings& settings, const Environment& environment);

}  // namespace hubmirror
