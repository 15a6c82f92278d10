#include "faults/fault_effects.h"

#include "endpoints/error_answers.h"
#include "faults/broken_promises.h"

namespace simulated_portal {
namespace {

HttpResponse Deliver(Delivery delivery, Duration spread = 0) {
  HttpResponse response;
  response.status = 0;  // None is sent.
  response.delivery = delivery;
  response.spread = spread;
  return response;
}

void AddRetryAfter(const Fault& fault, HttpResponse& response) {
  if (fault.retry_after < 0) return;
  std::erase_if(response.headers, [](const auto& header) { return header.first == "Retry-After"; });
  response.headers.emplace_back("Retry-After", std::to_string(fault.retry_after));
}

HttpResponse Unasked429(const Fault& fault, Portal& portal) {
  auto limit = RateLimits::Exceeded::kBurst;
  if (fault.policy == "search") limit = RateLimits::Exceeded::kSearch;
  if (fault.policy == "daily") limit = RateLimits::Exceeded::kDaily;
  return Throttled(limit, kSecond, portal.switches, portal.random);
}

std::optional<HttpResponse> ReplacementFor(const Fault& fault, Portal& portal) {
  Random& random = portal.random;
  if (fault.kind == "status") {
    return EdgePage(fault.status, "Error " + std::to_string(fault.status));
  }
  if (fault.kind == "locked") return ErrorAnswer(423, "LOCKED", "The object is locked", random);
  if (fault.kind == "moving") {
    return ErrorAnswer(477, "MIGRATION_IN_PROGRESS", "The account is being moved", random);
  }
  if (fault.kind == "throttle") return Unasked429(fault, portal);
  if (fault.kind == "unauthorized") {
    return ErrorAnswer(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.",
                       random);
  }
  if (fault.kind == "missing_scope") return MissingScopes({"some.scope.read"}, random);
  if (fault.kind == "garbage" || fault.kind == "empty") {
    HttpResponse response;
    if (fault.kind == "garbage") response.body = "{\"results\":[{\"id\":\"1\",\"proper";
    return response;
  }
  if (fault.kind == "hang") return Deliver(Delivery::kHang, fault.seconds);
  if (fault.kind == "reset" || fault.kind == "late_work") return Deliver(Delivery::kReset);
  if (fault.kind == "redirect") {
    HttpResponse response;
    response.status = 302;
    response.headers.emplace_back("Location", fault.location);
    return response;
  }
  return std::nullopt;
}

}  // namespace

std::optional<HttpResponse> ReplaceAnswer(const Fault& fault, Portal& portal) {
  std::optional<HttpResponse> response = ReplacementFor(fault, portal);
  if (response) AddRetryAfter(fault, *response);
  return response;
}

void SpoilAnswer(const Fault& fault, const HttpRequest& request, HttpResponse& response) {
  if (fault.kind == "truncate") response.delivery = Delivery::kHalf;
  if (fault.kind == "drip") {
    response.delivery = Delivery::kDrip;
    response.spread = fault.seconds;
  }
  // The work is done, and nobody is told.
  if (fault.kind == "lost_answer") response = Deliver(Delivery::kReset);
  if (fault.kind == "late_status") {
    response = EdgePage(fault.status, "Error " + std::to_string(fault.status));
  }
  if (fault.kind == "slow") response.delay += fault.seconds;
  if (fault.kind == "huge") {
    response.body.insert(0, static_cast<size_t>(fault.bytes), ' ');
  }
  BreakPromise(fault, request, response);
}

}  // namespace simulated_portal
