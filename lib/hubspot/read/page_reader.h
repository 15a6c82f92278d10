#pragma once

#include <string>

#include "base/result.h"
#include "model/source/api_error.h"
#include "model/source/page.h"

namespace hubmirror {

// Bodies of answers to values. Pure; the times of the answer are left for the caller. Fields we do
// not know are passed over, because HubSpot adds some without notice; a body that lacks what we
// need is an error (kDecode), because a guess could make records vanish.

/// A list answer. Records keep their order; `next_after` is there exactly when the body has
/// `paging`.
Result<Page, ApiError> ReadListPage(std::string body, PropertySetPtr properties);

/// A batch read answer, 200 or 207. Each id comes once, even where two asked ids have one survivor.
/// Failures other than unknown ids are an error (kServer): the ids they hide are not absent.
Result<Page, ApiError> ReadBatchPage(std::string body, PropertySetPtr properties);

}  // namespace hubmirror
