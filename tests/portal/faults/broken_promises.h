#pragma once

#include <string>
#include <string_view>

#include "faults/faults.h"
#include "http/http_message.h"

namespace simulated_portal {

/// Makes of a right answer a well-formed one that breaks a promise, as the kinds of README.md say.
/// Not a byte of what stays is touched. Does nothing for other kinds of faults, and for answers
/// that hold nothing to spoil.
void BreakPromise(const Fault& fault, const HttpRequest& request, HttpResponse& response);

/// Whether an answer shows a record, and more of it than who it is and when it changed: HubSpot may
/// fail for a record's values and still list it.
bool ShowsValuesOf(std::string_view record, std::string_view body);

}  // namespace simulated_portal
