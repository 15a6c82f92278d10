#pragma once

#include "http/call.h"

namespace simulated_portal {

/// Writes of links: `POST /crm/associations/V/{from}/{to}/batch/` with `create`, `archive`,
/// `associate/default` or `labels/archive` after it, and `PUT` or `DELETE` of
/// `/crm/objects/V/{t}/{id}/associations/{t2}/{id2}`, `PUT` also with `default/` before `{t2}`.
HttpResponse WriteLinks(const Call& call);
HttpResponse WriteLink(const Call& call);

}  // namespace simulated_portal
