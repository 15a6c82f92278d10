#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hubmirror {

/// Which properties of an object type are mirrored, and which of them only as a keyed hash. The
/// patterns name properties; `*` stands for any letters, `?` for one.
struct PropertySelection {
  std::vector<std::string> include;  ///< empty: all
  std::vector<std::string> exclude;  ///< wins over `include`
  bool sensitive = false;            ///< also what HubSpot marks as sensitive or highly sensitive
  std::vector<std::string> hash;
  friend bool operator==(const PropertySelection&, const PropertySelection&) = default;
};

/// Whether a property's name fits a pattern: `*` stands for any letters, `?` for one byte.
bool FitsPattern(std::string_view name, std::string_view pattern);
/// Whether it fits one of them.
bool FitsAny(std::string_view name, const std::vector<std::string>& patterns);

}  // namespace hubmirror
