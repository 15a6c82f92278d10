#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hubmirror {

/// What resolve remembers between sweeps, for the brake on mass change.
struct ResolveCursor {
  std::string sweep;        ///< which sweep the count belongs to: its completion time
  int64_t marked_gone = 0;  ///< rows marked erased or purged since
  bool accepted = false;    ///< the operator looked and agreed, for this sweep
  friend bool operator==(const ResolveCursor&, const ResolveCursor&) = default;
};
std::string ToText(const ResolveCursor& cursor);
std::optional<ResolveCursor> ParseResolveCursor(std::string_view text);

}  // namespace hubmirror
