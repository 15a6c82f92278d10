#include "jobs/walk/walk_ranges.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/json_fields.h"

namespace hubmirror {
namespace {

constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
// Splitting costs up to a page at the seam; less than this is not worth it.
constexpr int64_t kSplitRecords = 1500;

}  // namespace

WalkRanges::WalkRanges(WalkCursor cursor, size_t readers_max)
    : facts_(std::move(cursor)), readers_max_(readers_max) {
  for (WalkRange& range : facts_.ranges) {
    ranges_.push_back({.range = range, .began = range.next});
  }
  facts_.ranges.clear();
}

bool WalkRanges::can_take() const {
  const auto taken =
      std::count_if(ranges_.begin(), ranges_.end(), [](const Entry& entry) { return entry.taken; });
  if (static_cast<size_t>(taken) >= readers_max_) return false;
  const bool idle = std::any_of(ranges_.begin(), ranges_.end(),
                                [](const Entry& entry) { return !entry.taken && !entry.done; });
  return idle || Split().has_value();
}

std::optional<size_t> WalkRanges::Take() {
  if (!can_take()) return std::nullopt;
  for (size_t i = 0; i < ranges_.size(); ++i) {
    if (ranges_[i].taken || ranges_[i].done) continue;
    ranges_[i].taken = true;
    return i;
  }
  const auto split = Split();
  if (!split) return std::nullopt;
  const auto [index, middle] = *split;
  Entry upper{.range = {.next = middle,
                        .end = ranges_[index].range.end,
                        // `after` is a record id: in HubSpot's samples the last id of a page, plus
                        // one (https://developers.hubspot.com/docs/guides/crm/using-object-apis).
                        // It is not said whether that id is included, so this begins one below.
                        .after = std::to_string(middle - 1)},
              .taken = true,
              .began = middle};
  ranges_[index].range.end = middle;
  ranges_.push_back(std::move(upper));
  return ranges_.size() - 1;
}

int64_t WalkRanges::Estimate(const Entry& entry, int64_t end) const {
  const int64_t left = end - entry.range.next;
  if (entry.records > 0) {
    const double covered =
        static_cast<double>(std::max<int64_t>(1, entry.range.next - entry.began));
    return static_cast<int64_t>(static_cast<double>(entry.records) / covered *
                                static_cast<double>(left));
  }
  return facts_.records_expected - facts_.records_done;
}

std::optional<std::pair<size_t, int64_t>> WalkRanges::Split() const {
  if (facts_.highest_id == 0 || !facts_.ordered) return std::nullopt;
  if (facts_.records_expected - facts_.records_done < kSplitRecords) return std::nullopt;
  std::optional<std::pair<size_t, int64_t>> best;
  int64_t most = kSplitRecords;
  for (size_t i = 0; i < ranges_.size(); ++i) {
    const Entry& entry = ranges_[i];
    if (entry.done) continue;
    const int64_t end = entry.range.end.value_or(facts_.highest_id);
    const int64_t next = std::max<int64_t>(1, entry.range.next);
    if (end - next < kSplitRecords) continue;
    const int64_t estimate = Estimate(entry, end);
    if (estimate <= most) continue;
    // Ids span decades: halve the decades first, then the numbers.
    const bool decades = end / next > 16;
    const int64_t middle = decades ? static_cast<int64_t>(std::sqrt(static_cast<double>(next)) *
                                                          std::sqrt(static_cast<double>(end)))
                                   : next + (end - next) / 2;
    if (middle <= next || middle >= end) continue;
    most = estimate;
    best = {i, middle};
  }
  return best;
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
  if (!page.next_after || (page.count > 0 && page.last_id >= last_of_range)) {
    entry.done = true;
    return Proof{from, last_of_range};
  }
  range.after = *page.next_after;
  if (page.count == 0) return std::nullopt;
  entry.records += own;
  range.next = page.last_id + 1;
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
    fields.EndObject();
  }
  fields.EndArray();
  fields.Put("highest_id", cursor.highest_id);
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
                    .highest_id = fields->Number("highest_id").value_or(0),
                    .records_done = fields->Number("records_done").value_or(0),
                    .records_expected = fields->Number("records_expected").value_or(0),
                    .serves = fields->Number("serves").value_or(0),
                    .ordered = fields->Flag("ordered")};
  for (const JsonFields& range : *ranges) {
    const auto next = range.Number("next");
    if (!next) return std::nullopt;
    cursor.ranges.push_back(
        {.next = *next, .end = range.Number("end"), .after = range.Text("after")});
  }
  return cursor;
}

}  // namespace hubmirror
