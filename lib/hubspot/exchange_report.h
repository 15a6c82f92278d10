#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "hubspot/http_transport.h"
#include "model/exchange.h"

namespace hubmirror {

/// Sends one request and notes what the report of it needs. The caller decides whether the answer
/// was usable, sets `failure` and hands the report on.
struct Sent {
  Result<ApiAnswer, ApiError> answer;
  Exchange report;
};

Sent SendNoting(HttpTransport& transport, const Clock& clock, const PortalKey& portal,
                Endpoint endpoint, const ApiRequest& request);

}  // namespace hubmirror
