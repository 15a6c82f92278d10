#pragma once

#include <memory>
#include <vector>

#include "http/http_message.h"
#include "http/route.h"
#include "store/portal.h"

namespace simulated_portal {

using Portals = std::vector<std::unique_ptr<Portal>>;

/// The answer of an OAuth endpoint and the portal it was about, where one could be told.
struct OAuthAnswer {
  HttpResponse response;
  Portal* portal = nullptr;
};

/// The page on which a user would consent: consents at once.
OAuthAnswer Authorize(const Portals& portals, const Route& route, const HttpRequest& request,
                      Instant wall_now);
/// `POST /oauth/V/token` and what lies under it.
OAuthAnswer AnswerToken(const Portals& portals, const Route& route, const HttpRequest& request,
                        Instant wall_now);

}  // namespace simulated_portal
