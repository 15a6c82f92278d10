#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace hubmirror {

/// A stretch of ids of a walk over a list, not yet read to its end.
struct WalkRange {
  int64_t next = 0;            ///< ids below are read
  std::optional<int64_t> end;  ///< exclusive; absent: to the end of the list
  std::string after;           ///< the list's own cursor for the next page; empty: from the start
  int64_t left = 0;            ///< records in it, as far as is known
  friend bool operator==(const WalkRange&, const WalkRange&) = default;
};

/// What a walk can be resumed from.
struct WalkCursor {
  std::vector<WalkRange> ranges;  ///< ascending, without overlap; empty: the walk is done
  int64_t records_done = 0;
  int64_t records_expected = 0;
  int64_t serves = 0;   ///< how many walks of its list were wanted when it began
  bool ordered = true;  ///< false: the list broke its order, seen ids are kept in a table
  friend bool operator==(const WalkCursor&, const WalkCursor&) = default;
};

/// As stored. Text that is no cursor reads as nothing: the walk then starts from the beginning,
/// which is slower and never wrong.
std::string ToText(const WalkCursor& cursor);
std::optional<WalkCursor> ParseWalkCursor(std::string_view text);

/// Deals out the pages of a walk to several readers, and says where to ask for a place at which
/// another one could begin. HubSpot's list cursor is a keyset over ascending ids (seen, never
/// promised), so every page is checked; and ids are sparse over ten decades, so a place in the
/// middle of the ids says nothing: a search says which record is so many records on. Pure; owned
/// by one thread at a time.
class WalkRanges {
 public:
  /// One reader for a list that no search knows: it is not split.
  WalkRanges(WalkCursor cursor, size_t readers_max);

  /// The range whose next page should be read, marked as taken; nullopt when there is none now.
  std::optional<size_t> Take();
  bool can_take() const;
  const WalkRange& range(size_t index) const { return ranges_[index].range; }

  struct PageFacts {
    int64_t first_id = 0;  ///< meaningless when `count` is 0
    int64_t last_id = 0;
    int64_t count = 0;
    bool ascending = true;
    std::optional<std::string> next_after;
    std::vector<int64_t> ids;  ///< all of them, in their order
  };
  /// The ids [from, to] a page accounts for without a gap.
  struct Proof {
    int64_t from = 0;
    int64_t to = 0;
  };
  /// Takes in a page read for a taken range. Returns what it proves; nullopt when it proves
  /// nothing (an empty page with more to come).
  std::optional<Proof> Give(size_t index, const PageFacts& page);
  /// Frees a taken range whose page could not be read.
  void Release(size_t index);

  /// Whether a page keeps to the order this class relies on.
  bool InOrder(size_t index, const PageFacts& page) const;

  /// A question for a search: which record of (`above`, `below`) comes after `skip` others?
  struct Seam {
    size_t range = 0;
    int64_t above = 0;
    std::optional<int64_t> below;
    size_t skip = 0;
    int64_t records = 0;  ///< read of the range when this was asked
  };
  /// What to ask, if a place for another reader should be found: one that is wanted at once, or, in
  /// a long list, ahead of need. The first one beside the first page, which tells whether it can be
  /// used.
  std::optional<Seam> WantsSeam() const;
  /// Splits behind record `id`, of the `total` that the search found between the bounds. Without an
  /// id, or with one that does not lie in between, the range stays whole. What is expected is
  /// counted anew.
  void Split(const Seam& seam, int64_t total, std::optional<int64_t> id);

  bool done() const;
  /// Where to resume, if every page given so far is committed.
  WalkCursor Cursor() const;

 private:
  struct Entry {
    WalkRange range;
    bool taken = false;
    bool done = false;
    int64_t records = 0;  ///< read of it
  };
  /// What `after` means to the list, as far as its pages have shown it. One whose cursors are no
  /// ids is not split.
  enum class After { kUnknown, kFirstId, kIdBefore };
  static After MeaningIn(const PageFacts& page);

  size_t Count(bool taken) const;
  bool MayFindMeanwhile() const;
  void Expect();

  std::vector<Entry> ranges_;
  WalkCursor facts_;
  size_t readers_max_;
  After after_ = After::kUnknown;
  /// Found before a page has shown what `after` means.
  struct Found {
    Seam seam;
    int64_t total = 0;
    std::optional<int64_t> id;
  };
  std::optional<Found> found_early_;
  bool counted_ = false;  ///< whether it is known how many records there are, more or less
};

}  // namespace hubmirror
