#pragma once

#include "http/call.h"

namespace simulated_portal {

/// `POST /crm/associations/V/{from}/{to}/batch/read` and `GET .../{from}/{to}/labels`.
HttpResponse ReadLinks(const Call& call);
HttpResponse ListLinkLabels(const Call& call);

/// Every link of a pair of types between live records, one JSON line each, seen from `from`.
void AppendLinkTruth(std::string& out, Portal& portal, size_t from, size_t to);

}  // namespace simulated_portal
