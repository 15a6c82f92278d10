#pragma once

#include <string>

#include "daemon/cli/status_document.h"

namespace hubmirror {

/// Of an output that is not a terminal.
inline constexpr int kAnyColumns = 1'000'000;

/// The status as a table for people, one block per portal, a progress bar per backfill and, under
/// a stream that needs attention, what is wrong and what to do. Fits `columns`, as a list where
/// they are too few for a table. Pure.
std::string StatusTable(const ShownStatus& status, int columns = kAnyColumns);

/// One line on the load as a whole, for output that is not a terminal:
/// `acme: 4,100 of 27,600 records (14%), 1,900/s, eta 12s; contacts backfilling, deals current`.
std::string StatusLine(const ShownPortal& portal);

}  // namespace hubmirror
