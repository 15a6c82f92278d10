#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/http_transport.h"
#include "model/source/exchange.h"

namespace hubmirror {

/// What keeps an answer from being read as JSON; nullopt if nothing does (any 2xx that calls itself
/// JSON, and the 404 by which a batch read says that none of its records exists). Pure. Statuses,
/// bodies and headers as HubSpot's error handling and usage guidelines tell them and as seen: HTML
/// pages come with 404, 414 and 5xx, and from proxies. A 401 is kUnauthorized here; who made the
/// token decides whether another one can help.
std::optional<ApiError> ErrorOf(Endpoint endpoint, const ClientAnswer& answer);

/// An answer whose body makes no sense. `what` must not quote values.
ApiError DecodeError(std::string_view what);

/// The X-HubSpot-RateLimit-* headers of an answer, without implausible ones.
RateHeaders ReadRateHeaders(const ClientAnswer& answer);

/// Seconds, or an HTTP date against the answer's own `Date`.
std::optional<std::chrono::milliseconds> ReadRetryAfter(const ClientAnswer& answer);

/// HubSpot's own id of the request, else Cloudflare's, for its support; empty when neither is one.
std::string CorrelationId(const ClientAnswer& answer);

}  // namespace hubmirror
