#pragma once

#include <string_view>

#include "telemetry/http/http_message.h"
#include "telemetry/telemetry.h"

namespace hubmirror {

/// An answer and the route that gave it: `page`, `livez`, `readyz`, `metrics`, `status`, `portal`,
/// `version`, or `unknown` for a path that is none.
struct RoutedResponse {
  std::string_view route;
  HttpResponse response;
};

/// Answers a request that may be answered: which path shows what.
RoutedResponse Route(const HttpRequest& request, Telemetry& telemetry);

}  // namespace hubmirror
