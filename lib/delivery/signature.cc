#include "delivery/signature.h"

#include "base/digest.h"

namespace hubmirror {
namespace {

std::string KeyOf(const Secret& secret) {
  constexpr std::string_view kEncoded = "whsec_";
  const std::string& text = secret.Reveal();
  if (text.starts_with(kEncoded)) {
    if (auto key = Base64Decode(std::string_view(text).substr(kEncoded.size()))) return *key;
  }
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> SignedFields(const std::string& id, TimePoint at,
                                                              std::string_view body,
                                                              const std::vector<Secret>& secrets) {
  const std::string seconds =
      std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  const std::string signed_text = id + "." + seconds + "." + std::string(body);
  std::string signatures;
  for (const Secret& secret : secrets) {
    signatures += (signatures.empty() ? "v1," : " v1,") +
                  Base64Encode(HmacSha256(KeyOf(secret), signed_text));
  }
  return {{"webhook-id", id}, {"webhook-timestamp", seconds}, {"webhook-signature", signatures}};
}

}  // namespace hubmirror
