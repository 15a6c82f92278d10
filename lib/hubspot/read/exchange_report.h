#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "http/http_transport.h"
#include "hubspot/read/sent_secrets.h"
#include "model/source/exchange.h"
#include "model/source/source_clock.h"

namespace hubmirror {

/// The only way out: what a request is sent by, and by whose time its answer counts.
struct Wire {
  HttpTransport& transport;
  const Clock& clock;
  SourceClock& source_clock;
};

/// A request that was sent, and what the report of it needs. What comes back is not trusted: the
/// secrets that were sent have been removed from `answer` (except the tokens of a token answer),
/// and the report's `date` is the judged one. The caller decides whether the answer was usable,
/// sets `failure`, passes its error through `secrets` and hands the report on.
struct Sent {
  Result<ClientAnswer, ApiError> answer;
  Exchange report;
  SentSecrets secrets;
  bool left = true;  ///< as HttpFailure::left, where there is no answer
};

Sent SendNoting(const Wire& wire, const PortalKey& portal, Endpoint endpoint,
                const ClientRequest& request);

}  // namespace hubmirror
