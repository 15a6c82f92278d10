#pragma once

#include <string>

#include "base/result.h"
#include "model/source/api_error.h"
#include "model/source/reference.h"

namespace hubmirror {

/// The answer to a ReferenceRequest. Pure; the times are left for the caller. Members we do not
/// know are passed over, missing ones are NULL; an item without its key is left out and named. Of
/// object types the name of the table is left for the caller too. Characters that PostgreSQL cannot
/// hold become U+FFFD and are added to `replaced`.
Result<ReferencePage, ApiError> ReadReferencePage(std::string body, const ReferenceRequest& request,
                                                  uint64_t& replaced);

}  // namespace hubmirror
