#include "mirror/value_hasher.h"

#include <utility>

#include "base/digest.h"

namespace hubmirror {
namespace {

constexpr size_t kShortestKey = 16;
constexpr size_t kIdDigits = 16;

}  // namespace

Result<ValueHasher, std::string> ValueHasher::Make(Secret key) {
  if (key.Reveal().size() < kShortestKey) {
    return "hash_key is shorter than " + std::to_string(kShortestKey) +
           " bytes and could be guessed; make one with: openssl rand -hex 32";
  }
  return ValueHasher(std::move(key));
}

ValueHasher::ValueHasher(Secret key)
    : key_(std::move(key)),
      id_(HmacSha256Hex(key_.Reveal(), "hubmirror hash_key").substr(0, kIdDigits)) {}

std::string ValueHasher::Hash(std::string_view value) const {
  return HmacSha256Hex(key_.Reveal(), value);
}

}  // namespace hubmirror
