#include "compare/selection.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "compare/utf8.h"

namespace hubmirror::compare {
namespace {

bool Fits(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') {
    return Fits(pattern.substr(1), name) || (!name.empty() && Fits(pattern, name.substr(1)));
  }
  if (name.empty() || (pattern.front() != '?' && pattern.front() != name.front())) return false;
  return Fits(pattern.substr(1), name.substr(1));
}

bool FitsAny(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [name](const std::string& pattern) { return Fits(pattern, name); });
}

std::array<unsigned char, 32> Sha256(const std::string& bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1 ||
      length != digest.size()) {
    throw std::runtime_error("no SHA-256");
  }
  return digest;
}

/// HMAC as RFC 2104 spells it out: H(key ^ opad, H(key ^ ipad, text)).
std::string Hmac(std::string key, const std::string& text) {
  constexpr size_t kBlock = 64;
  if (key.size() > kBlock) {
    const auto digest = Sha256(key);
    key.assign(digest.begin(), digest.end());
  }
  key.resize(kBlock, '\0');
  const auto padded = [&key](unsigned char pad) {
    std::string out = key;
    for (char& byte : out) byte = static_cast<char>(static_cast<unsigned char>(byte) ^ pad);
    return out;
  };
  const auto inner = Sha256(padded(0x36) + text);
  const auto outer = Sha256(padded(0x5c) + std::string(inner.begin(), inner.end()));
  std::string hex;
  for (const unsigned char byte : outer) {
    hex += "0123456789abcdef"[byte / 16];
    hex += "0123456789abcdef"[byte % 16];
  }
  return hex;
}

/// A raw value as a client reads it: half a surrogate pair is no character, U+0000 is one.
std::string AsRead(std::string_view raw) {
  std::string out;
  for (;;) {
    const size_t end = raw.find('\0');
    out += Storable(raw.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\0';
    raw.remove_prefix(end + 1);
  }
}

}  // namespace

bool IsSelected(const Selection& selection, const Definition& definition) {
  if (definition.sensitive && !selection.sensitive) return false;
  return FitsAny(selection.include, definition.name) &&
         !FitsAny(selection.exclude, definition.name);
}

bool IsNeeded(const std::string& object, std::string_view property) {
  return property == "hs_object_id" || property == "hs_merged_object_ids" ||
         property == "hs_calculated_merged_vids" ||
         property == (object == "contacts" ? "lastmodifieddate" : "hs_lastmodifieddate");
}

bool IsHashed(const Selection& selection, const std::string& object, std::string_view property) {
  return FitsAny(selection.hash, property) && !IsNeeded(object, property);
}

std::string HashOf(const Selection& selection, std::string_view raw) {
  return raw.empty() ? "" : Hmac(selection.hash_key, AsRead(raw));
}

}  // namespace hubmirror::compare
