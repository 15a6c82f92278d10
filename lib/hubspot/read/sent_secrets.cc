#include "hubspot/read/sent_secrets.h"

#include <algorithm>
#include <string_view>

#include "http/percent_encoding.h"

namespace hubmirror {
namespace {

constexpr std::string_view kInstead = "[secret]";
// Shorter ones are no secrets of HubSpot's, and would be found where nobody wrote them.
constexpr size_t kShortest = 8;
constexpr size_t kLongestSkip = 255;
constexpr std::string_view kUpperHex = "0123456789ABCDEF";
constexpr std::string_view kLowerHex = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string EveryByteEncoded(std::string_view text, std::string_view hex) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', hex[byte >> 4], hex[byte & 15]};
  }
  return encoded;
}

/// The letters of base64 that `text` alone decides when `before` bytes (modulo 3) precede it.
std::string WithinBase64(std::string_view text, size_t before) {
  std::string letters;
  const size_t first = before * 8;
  const size_t end = first + text.size() * 8;
  for (size_t bit = (first + 5) / 6 * 6; bit + 6 <= end; bit += 6) {
    unsigned value = 0;
    for (size_t i = bit - first; i < bit - first + 6; ++i) {
      const auto byte = static_cast<unsigned char>(text[i / 8]);
      value = value << 1 | (byte >> (7 - i % 8) & 1U);
    }
    letters += kBase64[value];
  }
  return letters;
}

std::string UrlSafe(std::string base64) {
  std::replace(base64.begin(), base64.end(), '+', '-');
  std::replace(base64.begin(), base64.end(), '/', '_');
  return base64;
}

size_t HashOf(char first, char second) {
  return (static_cast<size_t>(static_cast<unsigned char>(first)) << 5 ^
          static_cast<unsigned char>(second)) &
         4095;
}

void AddForms(std::string_view secret, std::vector<std::string>& forms) {
  if (secret.size() < kShortest) return;
  forms.emplace_back(secret);
  forms.push_back(PercentEncode(secret));
  forms.push_back(EveryByteEncoded(secret, kUpperHex));
  forms.push_back(EveryByteEncoded(secret, kLowerHex));
  for (size_t before = 0; before < 3; ++before) {
    forms.push_back(WithinBase64(secret, before));
    forms.push_back(UrlSafe(forms.back()));
  }
}

}  // namespace

SentSecrets::SentSecrets(const ClientRequest& request) {
  AddForms(request.bearer.Reveal(), forms_);
  for (const Secret& secret : request.secrets) AddForms(secret.Reveal(), forms_);
  std::sort(forms_.begin(), forms_.end());
  forms_.erase(std::unique(forms_.begin(), forms_.end()), forms_.end());
  if (forms_.empty()) return;
  shortest_ = std::ranges::min(forms_, {}, &std::string::size).size();
  shortest_ = std::min(shortest_, kLongestSkip + 1);
  skips_.fill(static_cast<uint8_t>(shortest_ - 1));
  for (const std::string& form : forms_) {
    for (size_t i = 1; i < shortest_; ++i) {
      uint8_t& skip = skips_[HashOf(form[i - 1], form[i])];
      skip = std::min(skip, static_cast<uint8_t>(shortest_ - 1 - i));
    }
  }
}

size_t SentSecrets::LongestAt(std::string_view text, size_t at) const {
  size_t longest = 0;
  for (const std::string& form : forms_) {
    if (form.size() > longest && text.substr(at, form.size()) == form) longest = form.size();
  }
  return longest;
}

// The search of Wu and Manber: pages are megabytes in a second, and a pass for each form takes an
// eighth of the time of a first load. This one looks at two bytes in as many as a form has.
SentSecrets::Found SentSecrets::Find(std::string_view text, size_t from) const {
  if (forms_.empty()) return {};
  for (size_t last = from + shortest_ - 1; last < text.size();) {
    const size_t skip = skips_[HashOf(text[last - 1], text[last])];
    if (skip > 0) {
      last += skip;
      continue;
    }
    const size_t at = last + 1 - shortest_;
    if (const size_t length = LongestAt(text, at); length > 0) return {at, length};
    ++last;
  }
  return {};
}

void SentSecrets::RemoveFrom(std::string& text) const {
  Found found = Find(text, 0);
  if (found.length == 0) return;
  std::string rest;
  size_t kept = 0;
  for (; found.length > 0; found = Find(text, kept)) {
    rest.append(text, kept, found.at - kept).append(kInstead);
    kept = found.at + found.length;
  }
  text = rest.append(text, kept);
}

ApiError SentSecrets::Without(ApiError error) const {
  RemoveFrom(error.message);
  RemoveFrom(error.correlation_id);
  for (std::string& scope : error.missing_scopes) RemoveFrom(scope);
  return error;
}

}  // namespace hubmirror
