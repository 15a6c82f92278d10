#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"

namespace hubmirror {

/// What people read in `journalctl`, where fields do not show: the event, whom it is about, and the
/// message (`stream.state acme/deals: current`).
std::string JournalMessage(const LogLine& line);

/// A line as the journal knows it: field names with their prefix, in the order to be written.
/// MESSAGE, PRIORITY, MESSAGE_ID (for events of the table), HUBMIRROR_EVENT, then HUBMIRROR_ and
/// the name of each field that has a value.
std::vector<std::pair<std::string, std::string>> JournalFields(const LogLine& line);

}  // namespace hubmirror
