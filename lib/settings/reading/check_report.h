#pragma once

#include <string>
#include <string_view>

#include "settings/reading/settings_reader.h"

namespace hubmirror {

/// `config check` for people: one line per problem, then how it ended. Ends with a newline.
std::string CheckText(const SettingsReading& reading, std::string_view file);

/// The same for programs: {"file", "ok", "portals", "streams", "problems": [{"severity", "line",
/// "column", "path", "message", "next"}]}. Ends with a newline.
std::string CheckJson(const SettingsReading& reading, std::string_view file);

}  // namespace hubmirror
