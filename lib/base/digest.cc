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

std::string Sha256(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return {digest.begin(), digest.end()};
}

std::string Sha256Hex(std::string_view text) {
  const std::string digest = Sha256(text);
  return Hex({reinterpret_cast<const unsigned char*>(digest.data()), digest.size()});
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

std::string Base64Encode(std::string_view bytes) {
  CHECK_THAT(bytes.size() <= static_cast<size_t>(std::numeric_limits<int>::max()));
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(length));
  return text;
}

std::optional<std::string> Base64Decode(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  // OpenSSL passes over white space at the ends, and takes padding anywhere for a letter.
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 == 1 || text.size() >= std::numeric_limits<int>::max() - 3 ||
      text.find_first_not_of(kLetters) != std::string_view::npos) {
    return std::nullopt;
  }
  const size_t missing = (4 - text.size() % 4) % 4;
  const std::string whole = std::string(text) + std::string(missing, '=');
  std::string bytes(whole.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(whole.data()),
                                     static_cast<int>(whole.size()));
  if (length < 0) return std::nullopt;
  bytes.resize(static_cast<size_t>(length) - missing);
  return bytes;
}

uint64_t Hash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace hubmirror
