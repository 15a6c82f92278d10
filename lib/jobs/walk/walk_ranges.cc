#include "jobs/walk/walk_ranges.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/json_fields.h"
#include "model/source/page_source.h"

namespace hubmirror {
namespace {

constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
constexpr int64_t kPage = static_cast<int64_t>(kListPageSize);
// Less than this is read faster than a search for its middle is answered.
constexpr int64_t kSplitRecords = 4 * kPage;
// So many places to begin at are looked for while one reader after another could still begin at
// those there are: by the time a long list is alone with all the slots, they must be found.
// Searches are dear, so only a list of some length is worth them.
constexpr size_t kRangesAhead = 8;
constexpr int64_t kRecordsAhead = 20 * kPage;
// A search shows its first 10,000 results only, so it finds none further on.
constexpr int64_t kFurthest = 10'000;
// Where nobody knows yet how long a list is, the first search asks no further than this: it tells
// the length, and finds a place in a short list, too.
constexpr int64_t kFirstSeam = 10 * kPage;

}  // namespace

WalkRanges::WalkRanges(WalkCursor cursor, size_t readers_max)
    : facts_(std::move(cursor)), readers_max_(readers_max) {
  int64_t known = facts_.records_done;
  for (const WalkRange& range : facts_.ranges) known += range.left;
  for (WalkRange& range : facts_.ranges) ranges_.push_back({.range = range});
  // What nobody has counted yet lies at the end, where records are added.
  if (!ranges_.empty()) {
    ranges_.back().range.left += std::max<int64_t>(0, facts_.records_expected - known);
  }
  counted_ = facts_.records_expected > 0;
  facts_.ranges.clear();
}

size_t WalkRanges::Count(bool taken) const {
  return static_cast<size_t>(std::ranges::count_if(
      ranges_, [taken](const Entry& entry) { return !entry.done && entry.taken == taken; }));
}

bool WalkRanges::can_take() const {
  return Count(true) < readers_max_ && Count(false) > 0;
}

std::optional<size_t> WalkRanges::Take() {
  if (!can_take()) return std::nullopt;
  const auto free =
      std::ranges::find_if(ranges_, [](const Entry& entry) { return !entry.taken && !entry.done; });
  free->taken = true;
  return static_cast<size_t>(free - ranges_.begin());
}

bool WalkRanges::MayFindMeanwhile() const {
  return ranges_.size() == 1 && ranges_.front().taken && ranges_.front().range.after.empty() &&
         !found_early_;
}

std::optional<WalkRanges::Seam> WalkRanges::WantsSeam() const {
  const size_t taken = Count(true);
  const size_t free = Count(false);
  const bool enough = free > 0 && taken + free >= kRangesAhead;
  const bool usable = after_ != After::kUnknown || MayFindMeanwhile();
  if (!facts_.ordered || !usable || taken + free >= readers_max_ || enough) return std::nullopt;
  const auto longest = std::ranges::max_element(
      ranges_, {}, [](const Entry& entry) { return entry.done ? 0 : entry.range.left; });
  if (longest->done) return std::nullopt;
  const int64_t left = counted_ ? longest->range.left : kFurthest;
  if (left < (free == 0 ? kSplitRecords : kRecordsAhead)) return std::nullopt;
  // Whole pages, so that none is read from both sides.
  const int64_t most = counted_ ? kFurthest : kFirstSeam;
  const int64_t ahead = std::min(left / 2, most) / kPage * kPage;
  return Seam{.range = static_cast<size_t>(longest - ranges_.begin()),
              .above = longest->range.next - 1,
              .below = longest->range.end,
              .skip = static_cast<size_t>(ahead - 1),
              .records = longest->records};
}

void WalkRanges::Split(const Seam& seam, int64_t total, std::optional<int64_t> id) {
  if (after_ == After::kUnknown) {
    found_early_ = {seam, total, id};
    return;
  }
  Entry& entry = ranges_[seam.range];
  const int64_t left = std::max<int64_t>(0, total - (entry.records - seam.records));
  counted_ = true;
  if (entry.done) return;
  const bool between =
      id && *id >= entry.range.next && (!entry.range.end || *id < *entry.range.end - 1);
  const bool shorter = total <= static_cast<int64_t>(seam.skip);
  if (!between) {
    // Where a search ought to find a place and finds none, it is not asked again.
    entry.range.left = shorter ? left : std::min(left, kSplitRecords - 1);
    return Expect();
  }
  const int64_t above = std::max<int64_t>(0, total - static_cast<int64_t>(seam.skip) - 1);
  Entry upper{.range = {.next = *id + 1,
                        .end = entry.range.end,
                        .after = std::to_string(after_ == After::kFirstId ? *id + 1 : *id),
                        .left = above}};
  entry.range.end = *id + 1;
  entry.range.left = std::max<int64_t>(0, left - above);
  ranges_.push_back(std::move(upper));
  Expect();
}

void WalkRanges::Expect() {
  facts_.records_expected = facts_.records_done;
  for (const Entry& entry : ranges_) {
    if (!entry.done) facts_.records_expected += entry.range.left;
  }
}

// In HubSpot's samples the cursor is the last id of a page, plus one
// (https://developers.hubspot.com/docs/guides/crm/using-object-apis); that is not promised.
WalkRanges::After WalkRanges::MeaningIn(const PageFacts& page) {
  const std::string& text = *page.next_after;
  int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < page.last_id) {
    return After::kUnknown;
  }
  return id == page.last_id ? After::kIdBefore : After::kFirstId;
}

// HubSpot lists records by ascending id and does not promise it: a page proves what is absent only
// if it is in order (rule R4).
bool WalkRanges::InOrder(size_t index, const PageFacts& page) const {
  if (!page.ascending) return false;
  if (page.count == 0) return true;
  const WalkRange& range = ranges_[index].range;
  // The page may begin one below `next` when the range was split there.
  return range.after.empty() || page.first_id >= range.next - 1;
}

std::optional<WalkRanges::Proof> WalkRanges::Give(size_t index, const PageFacts& page) {
  Entry& entry = ranges_[index];
  WalkRange& range = entry.range;
  entry.taken = false;
  const int64_t from = range.next;
  const int64_t last_of_range = range.end ? *range.end - 1 : kHighest;
  // The page may reach into the ranges beside its own, which count what is theirs.
  const auto own = std::ranges::count_if(
      page.ids, [&](int64_t id) { return !facts_.ordered || (id >= from && id <= last_of_range); });
  facts_.records_done += own;
  range.left = std::max<int64_t>(0, range.left - own);
  if (!page.next_after || (page.count > 0 && page.last_id >= last_of_range)) {
    entry.done = true;
    return Proof{from, last_of_range};
  }
  range.after = *page.next_after;
  if (page.count == 0) return std::nullopt;
  after_ = MeaningIn(page);
  entry.records += own;
  range.next = page.last_id + 1;
  if (found_early_ && after_ != After::kUnknown) {
    const Found found = *std::exchange(found_early_, std::nullopt);
    Split(found.seam, found.total, found.id);
  }
  return Proof{from, page.last_id};
}

void WalkRanges::Release(size_t index) {
  ranges_[index].taken = false;
}

bool WalkRanges::done() const {
  return std::all_of(ranges_.begin(), ranges_.end(), [](const Entry& entry) { return entry.done; });
}

WalkCursor WalkRanges::Cursor() const {
  WalkCursor cursor = facts_;
  for (const Entry& entry : ranges_) {
    if (!entry.done) cursor.ranges.push_back(entry.range);
  }
  std::sort(cursor.ranges.begin(), cursor.ranges.end(),
            [](const WalkRange& a, const WalkRange& b) { return a.next < b.next; });
  return cursor;
}

std::string ToText(const WalkCursor& cursor) {
  JsonFieldWriter fields;
  fields.BeginArray("ranges");
  for (const WalkRange& range : cursor.ranges) {
    fields.BeginObject();
    fields.Put("next", range.next);
    fields.Put("end", range.end);
    fields.Put("after", range.after);
    fields.Put("left", range.left);
    fields.EndObject();
  }
  fields.EndArray();
  fields.Put("records_done", cursor.records_done);
  fields.Put("records_expected", cursor.records_expected);
  fields.Put("serves", cursor.serves);
  fields.Put("ordered", cursor.ordered);
  return fields.Text();
}

std::optional<WalkCursor> ParseWalkCursor(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return std::nullopt;
  const auto ranges = fields->Objects("ranges");
  if (!ranges) return std::nullopt;
  WalkCursor cursor{.ranges = {},
                    .records_done = fields->Number("records_done").value_or(0),
                    .records_expected = fields->Number("records_expected").value_or(0),
                    .serves = fields->Number("serves").value_or(0),
                    .ordered = fields->Flag("ordered")};
  for (const JsonFields& range : *ranges) {
    const auto next = range.Number("next");
    if (!next) return std::nullopt;
    cursor.ranges.push_back({.next = *next,
                             .end = range.Number("end"),
                             .after = range.Text("after"),
                             .left = range.Number("left").value_or(0)});
  }
  return cursor;
}

}  // namespace hubmirror
