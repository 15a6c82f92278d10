#include "model/store/index_key.h"

#include <algorithm>
#include <array>

namespace hubmirror {
namespace {

constexpr std::array<std::string_view, 9> kEnvelope = {"id",        "created_at",  "updated_at",
                                                       "archived",  "archived_at", "merged_into",
                                                       "erased_at", "purged_at",   "_synced_at"};

}  // namespace

bool IsEnvelopeColumn(std::string_view name) {
  return std::find(kEnvelope.begin(), kEnvelope.end(), name) != kEnvelope.end();
}

std::optional<IndexKey> ParseIndexKey(std::string_view text) {
  constexpr std::string_view kOpen = "lower(";
  const bool lowercase = text.starts_with(kOpen) && text.ends_with(')');
  if (lowercase) {
    text.remove_prefix(kOpen.size());
    text.remove_suffix(1);
  }
  if (text.empty() || text.find_first_of(" ,()") != std::string_view::npos) return std::nullopt;
  if (lowercase && IsEnvelopeColumn(text)) return std::nullopt;
  return IndexKey{.name = std::string(text), .lowercase = lowercase};
}

}  // namespace hubmirror
