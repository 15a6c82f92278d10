#pragma once

#include "http/http_message.h"
#include "http/route.h"
#include "store/portal.h"

namespace simulated_portal {

/// One request that has passed authentication and limits, on its way to its endpoint.
struct Call {
  const HttpRequest& request;
  const Route& route;
  Portal& portal;
  Instant now;  ///< the portal's clock
  const Scopes& scopes;
  bool oauth = false;
  bool overtaken = false;  ///< somebody else writes the same just before

  [[nodiscard]] bool Holds(std::string_view scope) const { return scopes.contains(scope); }
  [[nodiscard]] CrmObject& object() const { return portal.objects[route.object]; }
};

}  // namespace simulated_portal
