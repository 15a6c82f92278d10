#pragma once

#include <optional>

#include "endpoints/asked_properties.h"
#include "http/call.h"

namespace simulated_portal {

/// `GET /crm/objects/V/{t}`, `GET .../{t}/{id}` and `POST .../{t}/batch/read`.
HttpResponse ListRecords(const Call& call);
HttpResponse GetRecord(const Call& call);
HttpResponse BatchRead(const Call& call);

/// 403 when the caller may not read this object type.
std::optional<HttpResponse> RefuseReading(const Call& call);
/// Which values the caller may see.
AskedProperties::Rights RightsOf(const Call& call);

}  // namespace simulated_portal
