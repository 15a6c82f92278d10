#pragma once

#include <string>
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
  std::vector<std::string> forms_;
};

}  // namespace hubmirror
