#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <xxhash.h>

#include <array>
#include <limits>
#include <span>

#include "base/check.h"

namespace hubmirror {
namespace {

std::string Hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    hex += kHex[byte >> 4];
    hex += kHex[byte & 15];
  }
  return hex;
}

}  // namespace

std::string Sha256Hex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return Hex(digest);
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  CHECK_THAT(key.size() <= static_cast<size_t>(std::numeric_limits<int>::max()));
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  const bool made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                         reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                         digest.data(), nullptr) != nullptr;
  CHECK_THAT(made);
  return {digest.begin(), digest.end()};
}

std::string HmacSha256Hex(std::string_view key, std::string_view text) {
  const std::string digest = HmacSha256(key, text);
  return Hex({reinterpret_cast<const unsigned char*>(digest.data()), digest.size()});
}

uint64_t Hash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace hubmirror
