#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/verify.h"
#include "sync/changes_cursor.h"
#include "sync/daily_quota.h"
#include "sync/walk_ranges.h"

namespace hubmirror {

// Cursors as they are stored in `_stream_state.cursor`: JSON objects. Reading text that is not a
// cursor gives nullopt; the job then starts from the beginning, which is slower but never wrong.

std::string ToText(const WalkCursor& cursor);
std::optional<WalkCursor> ParseWalkCursor(std::string_view text);

std::string ToText(const ChangesCursor& cursor);
std::optional<ChangesCursor> ParseChangesCursor(std::string_view text);

/// Where a property fill stands: the property under way and the last id read for it.
struct FillCursor {
  std::string property;
  std::optional<RecordId> last;
  friend bool operator==(const FillCursor&, const FillCursor&) = default;
};
std::string ToText(const FillCursor& cursor);
std::optional<FillCursor> ParseFillCursor(std::string_view text);

/// Where the reading of all links stands: the other type of the pair, and the last record read.
struct LinksCursor {
  std::string other;
  std::optional<RecordId> last;
  friend bool operator==(const LinksCursor&, const LinksCursor&) = default;
};
std::string ToText(const LinksCursor& cursor);
std::optional<LinksCursor> ParseLinksCursor(std::string_view text);

/// Where the reading of the members of lists stands: the list, where its next page begins, and the
/// last member read of it.
struct MembersCursor {
  int64_t list = 0;
  std::string after;
  std::optional<int64_t> above;
  friend bool operator==(const MembersCursor&, const MembersCursor&) = default;
};
std::string ToText(const MembersCursor& cursor);
std::optional<MembersCursor> ParseMembersCursor(std::string_view text);

/// Where a comparison of mirror and portal stands: the walk over the list, what was found so far
/// (the counts and the ids to be asked about, not the examples), and whether it mends.
struct VerifyCursor {
  WalkCursor walk;
  VerifyReport report;
  bool repair = false;
  int64_t pages = 0;
};
std::string ToText(const VerifyCursor& cursor);
std::optional<VerifyCursor> ParseVerifyCursor(std::string_view text);

/// What resolve remembers between sweeps, for the brake on mass change.
struct ResolveCursor {
  std::string sweep;        ///< which sweep the count belongs to: its completion time
  int64_t marked_gone = 0;  ///< rows marked erased or purged since
  bool accepted = false;    ///< the operator looked and agreed, for this sweep
  friend bool operator==(const ResolveCursor&, const ResolveCursor&) = default;
};
std::string ToText(const ResolveCursor& cursor);
std::optional<ResolveCursor> ParseResolveCursor(std::string_view text);

/// The requests of a day.
std::string ToText(const DailyQuota::Saved& budget);
std::optional<DailyQuota::Saved> ParseBudget(std::string_view text);

}  // namespace hubmirror
