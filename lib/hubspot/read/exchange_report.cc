#include "hubspot/read/exchange_report.h"

#include <functional>
#include <string>

#include "base/time_text.h"
#include "hubspot/read/error_reading.h"

namespace hubmirror {
namespace {

void RemoveSecrets(const SentSecrets& secrets, Endpoint endpoint, ClientAnswer& answer) {
  for (auto& [name, value] : answer.headers) {
    secrets.RemoveFrom(name);
    secrets.RemoveFrom(value);
  }
  // The token endpoint rightly answers with the refresh token that it got.
  const bool gives_tokens = endpoint == Endpoint::kToken && answer.status / 100 == 2;
  if (!gives_tokens) secrets.RemoveFrom(answer.body);
}

ApiError ErrorOf(HttpFailure failure) {
  ApiError error{.status = failure.status, .message = std::move(failure.message)};
  switch (failure.kind) {
    case HttpFailure::Kind::kConnect:
      error.kind = ApiErrorKind::kConnect;
      break;
    case HttpFailure::Kind::kTimeout:
      error.kind = ApiErrorKind::kTimeout;
      break;
    case HttpFailure::Kind::kDecode:
      error.kind = ApiErrorKind::kDecode;
      break;
    case HttpFailure::Kind::kTooLarge:
      error.kind = ApiErrorKind::kTooLarge;
      break;
  }
  return error;
}

}  // namespace

Sent SendNoting(const Wire& wire, const PortalKey& portal, Endpoint endpoint,
                const ClientRequest& request) {
  Exchange report{.portal = portal, .endpoint = endpoint};
  // The token may change between two requests that are the same to HubSpot.
  report.request = std::hash<std::string>{}(request.target + '\n' + request.body);
  SentSecrets secrets(request);
  report.sent_at = wire.clock.Now();
  auto sent = wire.transport.Send(request);
  report.answered_at = wire.clock.Now();
  if (!sent) {
    const bool left = sent.error().left;
    ApiError error = ErrorOf(std::move(sent.error()));
    report.status = error.status;
    report.failure = error.kind;
    return {std::move(error), std::move(report), std::move(secrets), left};
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
  return {std::move(*sent), std::move(report), std::move(secrets)};
}

}  // namespace hubmirror
