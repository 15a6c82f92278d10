#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/http_transport.h"
#include "model/source/api_error.h"

namespace hubmirror {

/// The secrets that one request carries, in every form in which something on the way may echo them:
/// plain, percent-encoded, and base64-encoded, alone or as part of more (`Authorization: Basic`).
/// HubSpot's errors quote the request, and so do proxies. Immutable.
class SentSecrets {
 public:
  explicit SentSecrets(const ClientRequest& request);

  /// Replaces each of them by `[secret]`.
  void RemoveFrom(std::string& text) const;
  /// The same in all that an error says: JSON can spell a text in more ways than a body shows.
  ApiError Without(ApiError error) const;

 private:
  /// Where one of the forms begins, at `from` or later, and how long it is.
  struct Found {
    size_t at = std::string::npos;
    size_t length = 0;
  };
  Found Find(std::string_view text, size_t from) const;
  size_t LongestAt(std::string_view text, size_t at) const;

  std::vector<std::string> forms_;
  size_t shortest_ = 0;
  /// How far to go on from where two bytes stand, by their hash: no form ends within fewer bytes.
  std::array<uint8_t, 4096> skips_{};
};

}  // namespace hubmirror
