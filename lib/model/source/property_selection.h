#pragma once

#include <string>
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

}  // namespace hubmirror
