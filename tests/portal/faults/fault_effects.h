#pragma once

#include <optional>

#include "faults/faults.h"
#include "http/http_message.h"
#include "store/portal.h"

namespace simulated_portal {

/// The answer a fault gives instead of the right one; none for faults that spoil the right one.
std::optional<HttpResponse> ReplaceAnswer(const Fault& fault, Portal& portal);

/// Spoils the right answer.
void SpoilAnswer(const Fault& fault, const HttpRequest& request, HttpResponse& response);

}  // namespace simulated_portal
