#include "hubspot/read/exchange_report.h"

#include <functional>
#include <string>

#include "base/time_text.h"
#include "hubspot/read/error_reading.h"

namespace hubmirror {
namespace {

void RemoveSecrets(const SentSecrets& secrets, Endpoint endpoint, ApiAnswer& answer) {
  for (auto& [name, value] : answer.headers) {
    secrets.RemoveFrom(name);
    secrets.RemoveFrom(value);
  }
  // The token endpoint rightly answers with the refresh token that it got.
  const bool gives_tokens = endpoint == Endpoint::kToken && answer.status / 100 == 2;
  if (!gives_tokens) secrets.RemoveFrom(answer.body);
}

}  // namespace

Sent SendNoting(const Wire& wire, const PortalKey& portal, Endpoint endpoint,
                const ApiRequest& request) {
  Exchange report{.portal = portal, .endpoint = endpoint};
  // The token may change between two requests that are the same to HubSpot.
  report.request = std::hash<std::string>{}(request.target + '\n' + request.body);
  SentSecrets secrets(request);
  report.sent_at = wire.clock.Now();
  auto sent = wire.transport.Send(request);
  report.answered_at = wire.clock.Now();
  if (!sent) {
    report.status = sent.error().status;
    report.failure = sent.error().kind;
    return {std::move(sent), std::move(report), std::move(secrets)};
  }
  RemoveSecrets(secrets, endpoint, *sent);
  report.status = sent->status;
  report.body_bytes = sent->wire_bytes;
  report.retry_after = ReadRetryAfter(*sent);
  report.date = ParseHttpDate(sent->Header("Date"));
  if (report.date) {
    report.date = wire.source_clock.Judge({.date = *report.date,
                                           .sent_at = report.sent_at,
                                           .answered_at = report.answered_at,
                                           .wall = wire.clock.WallNow()});
  }
  report.rate = ReadRateHeaders(*sent);
  return {std::move(sent), std::move(report), std::move(secrets)};
}

}  // namespace hubmirror
