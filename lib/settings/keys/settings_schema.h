#pragma once

#include <string>

namespace hubmirror {

/// The JSON Schema (draft 7) of the configuration, made of the table of keys; ends with a newline.
/// Editors complete and check by it. It cannot say everything: `config check` has the last word.
std::string SettingsSchema();

}  // namespace hubmirror
