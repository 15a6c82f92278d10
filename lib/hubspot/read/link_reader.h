#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/source/link_source.h"

namespace hubmirror {

/// Reads the answer of `/crm/associations/{version}/{from}/{to}/batch/read`, also as 207. Errors
/// that say that a record has no associations are no errors. Any other one that names its records
/// concerns these, as long as others are shown; one that names none fails the answer, as it leaves
/// open which records have none.
Result<LinkAnswer, ApiError> ReadLinkAnswer(std::string body);

/// Reads the answer of `.../{from}/{to}/labels`.
Result<std::vector<LinkType>, ApiError> ReadLinkTypes(std::string body, uint64_t& replaced);

}  // namespace hubmirror
