#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/source/api_error.h"
#include "model/source/page.h"

namespace hubmirror {

/// A search answer: ids and the modified stamps the index showed. Pure; the times of the answer are
/// left for the caller. The error is kDecode.
Result<SearchAnswer, ApiError> ReadSearchAnswer(std::string body,
                                                std::string_view modified_property);

}  // namespace hubmirror
