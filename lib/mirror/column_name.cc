#include "mirror/column_name.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/digest.h"

namespace hubmirror {
namespace {

constexpr size_t kKeptBytes = 54;
constexpr size_t kHexDigits = 8;

constexpr std::array<std::string_view, 14> kReserved = {
    "id", "created_at", "updated_at", "archived", "archived_at", "merged_into", "erased_at",
    "purged_at",
    // https://www.postgresql.org/docs/current/ddl-system-columns.html
    "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};

bool NeedsShortName(std::string_view property) {
  return property.size() > kLongestIdentifier || property.starts_with('_') ||
         std::find(kReserved.begin(), kReserved.end(), property) != kReserved.end();
}

/// The start of `text`, at most `limit` bytes, without cutting a UTF-8 character in two.
std::string_view Utf8Prefix(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

}  // namespace

std::string ColumnNameFor(std::string_view property,
                          const std::function<bool(const std::string&)>& taken) {
  std::string name(property);
  if (!NeedsShortName(property) && !taken(name)) return name;
  const std::string digest = Sha256Hex(property);
  // Should the short name be taken too, the next digits of the same digest serve.
  for (size_t at = 0; at + kHexDigits <= digest.size(); at += kHexDigits) {
    name = std::string(Utf8Prefix(property, kKeptBytes)) + "_" + digest.substr(at, kHexDigits);
    if (!taken(name)) return name;
  }
  CheckFailed("a free column name", __FILE__, __LINE__);
}

}  // namespace hubmirror
