#include "compare/difference.h"

#include "compare/json.h"
#include "compare/utf8.h"

namespace hubmirror::compare {
namespace {

std::string Shown(const std::string& text) {
  constexpr size_t kShownBytes = 160;
  const std::string_view kept = Utf8Prefix(text, kShownBytes);
  std::string quoted = JsonQuoted(kept);
  quoted = quoted.substr(1, quoted.size() - 2);
  if (kept.size() < text.size()) {
    quoted += "... (" + std::to_string(text.size()) + " bytes)";
  }
  return quoted;
}

}  // namespace

std::string ToLine(const Difference& difference) {
  const std::string id = difference.id == 0 ? "-" : std::to_string(difference.id);
  return difference.object + " " + id + " " + difference.column + ": expected " +
         Shown(difference.expected) + ", found " + Shown(difference.found);
}

}  // namespace hubmirror::compare
