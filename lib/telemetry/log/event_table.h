#pragma once

#include <span>
#include <string>
#include <string_view>

namespace hubmirror {

/// One kind of log line: its name, its fixed MESSAGE_ID, and what `journalctl -x` says about it.
/// `@FIELD@` in the words stands for the line's own field.
struct EventKind {
  std::string_view name;        ///< as in LogLine: `poll.failed`
  std::string_view message_id;  ///< 32 hex digits, never changed, never used again
  std::string_view subject;
  std::string_view cause;
  std::string_view next_step;
};

/// Every event the daemon logs. MESSAGE_IDs and systemd/hubmirror.catalog come from it, and a test
/// sees to it that no source logs another.
std::span<const EventKind> EventTable();
/// nullptr: not in the table.
const EventKind* FindEvent(std::string_view name);

/// The table in the format of the journal's message catalog, systemd/hubmirror.catalog.
std::string CatalogText();

}  // namespace hubmirror
