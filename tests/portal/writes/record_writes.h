#pragma once

#include "http/call.h"

namespace simulated_portal {

/// `POST /crm/objects/V/{t}`, `PATCH` and `DELETE .../{t}/{id}`, and `POST .../{t}/batch/` with
/// `create`, `update`, `upsert` or `archive` after it.
HttpResponse CreateRecord(const Call& call);
HttpResponse UpdateRecord(const Call& call);
HttpResponse ArchiveRecord(const Call& call);
HttpResponse WriteBatch(const Call& call);

/// 403 when the caller may not write records of this type.
std::optional<HttpResponse> RefuseWriting(const Call& call, size_t object);

}  // namespace simulated_portal
