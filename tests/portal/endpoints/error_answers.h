#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "endpoints/rate_limits.h"
#include "faults/switches.h"
#include "http/http_message.h"
#include "store/random.h"

namespace simulated_portal {

/// A UUID for `correlationId`.
std::string DrawCorrelationId(Random& random);

/// HubSpot's JSON error: status, message, category.
HttpResponse ErrorAnswer(int status, std::string_view category, std::string_view message,
                         Random& random);
HttpResponse ValidationError(std::string_view message, Random& random);
/// 403; `scopes` are those of which any one would do.
HttpResponse MissingScopes(const std::vector<std::string>& scopes, Random& random);
/// An HTML page, as the edge in front of HubSpot sends it.
HttpResponse EdgePage(int status, std::string_view title);
/// 429 of one limit. `wait` is what Retry-After says where it is sent.
HttpResponse Throttled(RateLimits::Exceeded limit, Duration wait, const Switches& switches,
                       Random& random);
/// An OAuth error: 400 with HubSpot's `status` and RFC 6749's names.
HttpResponse OAuthError(std::string_view status, std::string_view error, std::string_view message);

}  // namespace simulated_portal
