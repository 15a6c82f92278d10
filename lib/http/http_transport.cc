#include "http/http_transport.h"

#include <strings.h>

namespace hubmirror {

std::string_view ClientAnswer::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return {};
}

}  // namespace hubmirror
