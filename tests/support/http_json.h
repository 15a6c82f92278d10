#pragma once

#include <string>

#include "compare/json.h"

namespace hubmirror::testing {

struct HttpAnswer {
  int status = 0;  ///< 0: no answer at all
  std::string body;
};

/// One request to a server on loopback, `base_url` as `http://127.0.0.1:PORT`. An HTTP error is an
/// answer; no answer within 30 s has status 0.
HttpAnswer HttpGet(const std::string& base_url, const std::string& path);
HttpAnswer HttpPost(const std::string& base_url, const std::string& path, const std::string& json);

/// The body of a 200 as JSON; anything else throws std::runtime_error with what came.
compare::Json JsonOf(const HttpAnswer& answer, const std::string& asked);

}  // namespace hubmirror::testing
