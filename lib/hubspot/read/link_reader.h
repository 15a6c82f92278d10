#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/source/link_source.h"

namespace hubmirror {

/// Reads the answer of `/crm/associations/{version}/{from}/{to}/batch/read`, also as 207. Errors
/// saying that a record has no associations do not count as errors. Any other error concerns the
/// records that it names, as long as others are shown. One that names no records fails the whole
/// answer, because it leaves open which records have no links.
Result<LinkAnswer, ApiError> ReadLinkAnswer(std::string body);

/// Reads the answer of `.../{from}/{to}/labels`.
Result<std::vector<LinkType>, ApiError> ReadLinkTypes(std::string body, uint64_t& replaced);

}  // namespace hubmirror
