#pragma once

#include <string_view>

namespace hubmirror {

/// What a reader of YAML may take a scalar without quotes for, where text is meant: `no` is false,
/// `1:30` is 90 and `2026.1` a number to some (https://yaml.org/type/). Empty: it is safe as text.
std::string_view TextTrap(std::string_view plain);

}  // namespace hubmirror
