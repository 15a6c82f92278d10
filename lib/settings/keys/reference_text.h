#pragma once

#include <string>

namespace hubmirror {

/// The reference of the configuration as Markdown, made of the table of keys: every key with its
/// type, default, bounds, meaning and example.
std::string ReferenceText();

}  // namespace hubmirror
