#include "compare/column_name.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "compare/utf8.h"

namespace hubmirror::compare {
namespace {

// PostgreSQL cuts longer identifiers silently.
constexpr size_t kLongestName = 63;
constexpr size_t kKeptBytes = 54;

// The envelope, then https://www.postgresql.org/docs/current/ddl-system-columns.html.
constexpr std::array<std::string_view, 14> kTaken = {
    "id",        "created_at", "updated_at", "archived", "archived_at", "merged_into", "erased_at",
    "purged_at", "tableoid",   "xmin",       "cmin",     "xmax",        "cmax",        "ctid"};

std::string ShortHash(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  char hex[9];
  std::snprintf(hex, sizeof(hex), "%02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3]);
  return hex;
}

}  // namespace

std::string ColumnNameFor(std::string_view property) {
  const bool taken = std::find(kTaken.begin(), kTaken.end(), property) != kTaken.end();
  if (!taken && property.size() <= kLongestName && !property.starts_with('_')) {
    return std::string(property);
  }
  return std::string(Utf8Prefix(property, kKeptBytes)) + "_" + ShortHash(property);
}

}  // namespace hubmirror::compare
