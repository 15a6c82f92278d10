#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "model/source/page_source.h"

namespace hubmirror {

/// How far a stream's changes have been followed: rules R2 and R3. Stored as it stands here.
///
/// A cycle walks the window [from, until] of modified stamps by ascending id. Because it sorts by
/// id and never pages by offset, it passes 10,000 results, and 10,000 on one millisecond, without
/// a special case, and loses nothing when records move while it walks. Pure value.
struct ChangesCursor {
  TimePoint followed_to{};               ///< T: everything the index showed up to here is read
  std::optional<TimePoint> until;        ///< H: end of the window under way
  std::optional<TimePoint> from;         ///< start of the window under way (T less a look back)
  std::optional<TimePoint> goal;         ///< end of the whole window, when it is walked in parts
  std::optional<RecordId> last;          ///< last id of the window that is read
  std::optional<TimePoint> looked_deep;  ///< when the last deep look back began, HubSpot's clock

  friend bool operator==(const ChangesCursor&, const ChangesCursor&) = default;
};

/// As stored. Text that is no cursor reads as nothing: changes then begin as after a first load.
std::string ToText(const ChangesCursor& cursor);
std::optional<ChangesCursor> ParseChangesCursor(std::string_view text);

/// The request for the next page of the window under way.
SearchRequest NextSearch(const ChangesCursor& cursor);

struct LookBack {
  std::chrono::milliseconds overlap;
  std::chrono::milliseconds deep_overlap;
};
/// How often one poll looks back by `deep_overlap`.
inline constexpr std::chrono::minutes kDeepLookEvery{10};

/// Opens a window at the start of a cycle. `now` is HubSpot's clock. A window under way is kept.
ChangesCursor OpenWindow(ChangesCursor cursor, const LookBack& look_back, TimePoint now);

/// Moves past one answer, whose nominations are all read and committed. `first_date` is the
/// `Date` of the first answer of the cycle. When the answer was the last one, the window closes
/// and `followed_to` moves.
ChangesCursor PastAnswer(ChangesCursor cursor, const SearchAnswer& answer, TimePoint first_date);

/// Whether `answer` ends the window, with the last of its parts.
bool EndsWindow(const ChangesCursor& cursor, const SearchAnswer& answer);

/// The first half of the window or part under way, to be walked from its beginning: what an answer
/// in disorder leaves open shows in one that is small enough to be whole. Parts that end well grow
/// back. nullopt: it is as small as parts get. `first_date` as above.
std::optional<ChangesCursor> SmallerPart(ChangesCursor cursor, TimePoint first_date);

}  // namespace hubmirror
