#include "hubspot/exchange_report.h"

#include "base/time_text.h"
#include "hubspot/error_reading.h"

namespace hubmirror {

Sent SendNoting(HttpTransport& transport, const Clock& clock, const PortalKey& portal,
                Endpoint endpoint, const ApiRequest& request) {
  Exchange report{.portal = portal, .endpoint = endpoint};
  report.sent_at = clock.Now();
  auto sent = transport.Send(request);
  report.answered_at = clock.Now();
  if (!sent) {
    report.status = sent.error().status;
    report.failure = sent.error().kind;
    return {std::move(sent), std::move(report)};
  }
  report.status = sent->status;
  report.body_bytes = sent->wire_bytes;
  report.retry_after = ReadRetryAfter(*sent);
  report.date = ParseHttpDate(sent->Header("Date"));
  report.rate = ReadRateHeaders(*sent);
  return {std::move(sent), std::move(report)};
}

}  // namespace hubmirror
