#pragma once

#include "http/call.h"

namespace simulated_portal {

/// `GET /crm/properties/V/{t}`, `.../{name}`, `.../groups`, and `POST /crm/properties/V/{t}`.
HttpResponse ListProperties(const Call& call);
HttpResponse GetProperty(const Call& call);
HttpResponse MakeProperty(const Call& call);
HttpResponse ListGroups(const Call& call);

/// `GET /account-info/V/details` and `.../api-usage/daily/private-apps`.
HttpResponse AccountDetails(const Call& call);
HttpResponse ApiUsage(const Call& call);

/// `POST /oauth/v2/private-apps/get/access-token-info`: of static tokens only.
HttpResponse TokenInfo(const Call& call);

}  // namespace simulated_portal
