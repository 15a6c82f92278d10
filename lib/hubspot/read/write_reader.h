#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "http/http_transport.h"
#include "model/source/record_target.h"

namespace hubmirror {

/// Reads the answer of `.../batch/update` with any 2xx: what became of each input, in their order.
/// Results and errors are attributed by trace id, else by record id; an input that is in neither
/// list, or in both, is unknown. `answer` says whose they are.
Result<std::vector<WriteOutcome>, ApiError> ReadWriteAnswer(
    const ClientAnswer& answer, const std::vector<RecordUpdate>& inputs);

/// What the body of an error says of the content of a request.
WriteRefusal ReadWriteRefusal(const ClientAnswer& answer);

}  // namespace hubmirror
