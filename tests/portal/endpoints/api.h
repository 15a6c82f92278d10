#pragma once

#include <string>
#include <vector>

#include "endpoints/oauth_endpoints.h"
#include "faults/faults.h"
#include "faults/traffic_stats.h"
#include "http/call.h"

namespace simulated_portal {

/// Everything HubSpot would answer: finds the portal by the token, lets faults strike, checks
/// token, limits and URL, calls the endpoint, and dresses the answer in headers and latency. Owned
/// by one thread; refers to the portals and the stats.
class Api {
 public:
  Api(Portals& portals, TrafficStats& stats, std::string version)
      : portals_(portals), stats_(stats), version_(std::move(version)) {}

  /// `wall_now` is this machine's clock.
  HttpResponse Answer(const HttpRequest& request, Instant wall_now);
  /// Does what was asked for long ago and is done only now; nobody waits for an answer any more.
  void DoLateWork(Instant wall_now);

 private:
  struct Caller {
    Portal* portal = nullptr;
    AccessTokens::Holder holder;
  };
  [[nodiscard]] Caller FindCaller(const HttpRequest& request, Instant wall_now) const;
  HttpResponse AnswerOAuth(const Route& route, const HttpRequest& request, Instant wall_now);
  HttpResponse AnswerFor(const Caller& caller, const Route& route, const HttpRequest& request,
                         Instant wall_now);
  HttpResponse AnswerWithinLimits(const Caller& caller, const Route& route,
                                  const HttpRequest& request, Instant now, bool overtaken);
  struct LateWork {
    Instant due;  ///< by this machine's clock
    HttpRequest request;
  };
  void CountRefusal(const RateLimits::Verdict& verdict);

  Portals& portals_;
  TrafficStats& stats_;
  const std::string version_;
  std::vector<LateWork> late_;
};

}  // namespace simulated_portal
