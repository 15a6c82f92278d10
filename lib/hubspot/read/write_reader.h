#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "http/http_transport.h"
#include "model/source/record_target.h"

namespace hubmirror {

/// Reads the answer to a batch of writes with any 2xx: what became of each input, in their order.
/// Results and errors are attributed by trace id, else by record id or by the value that no other
/// record has; a single result is that of a single new record. An input that is in neither list, or
/// in both, is unknown.
Result<std::vector<WriteOutcome>, ApiError> ReadWriteAnswer(const ClientAnswer& answer,
                                                            const std::vector<WriteInput>& inputs);

/// The same of the answer to a batch of links, which need not have a body. Where it lists what was
/// done or refused, an input that is in neither list is kReturned: HubSpot has ended its work, and
/// whoever reads the links again knows.
Result<std::vector<WriteOutcome>, ApiError> ReadLinkWriteAnswer(
    const ClientAnswer& answer, const std::vector<LinkWrite>& inputs);

/// What the body of an error says of the content of a request.
WriteRefusal ReadWriteRefusal(const ClientAnswer& answer);

}  // namespace hubmirror
