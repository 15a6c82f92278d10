#include "sync/changes_cursor.h"

#include <algorithm>

#include "model/source_clock.h"

namespace hubmirror {
namespace {

constexpr auto kSmallestPart = std::chrono::seconds(1);

}  // namespace

SearchRequest NextSearch(const ChangesCursor& cursor) {
  return {.modified_from = cursor.from, .modified_to = cursor.until, .id_above = cursor.last};
}

ChangesCursor OpenWindow(ChangesCursor cursor, const LookBack& look_back, TimePoint now) {
  if (cursor.from) return cursor;
  const bool deep = !cursor.looked_deep || now - *cursor.looked_deep >= kDeepLookEvery ||
                    LiesAhead(*cursor.looked_deep, now);
  cursor.from = cursor.followed_to - (deep ? look_back.deep_overlap : look_back.overlap);
  if (deep) cursor.looked_deep = now;
  return cursor;
}

bool EndsWindow(const ChangesCursor& cursor, const SearchAnswer& answer) {
  return !answer.more && (!cursor.goal || *cursor.until >= *cursor.goal);
}

std::optional<ChangesCursor> SmallerPart(ChangesCursor cursor, TimePoint first_date) {
  const TimePoint end = cursor.until.value_or(first_date);
  const auto width = end - *cursor.from;
  if (width <= kSmallestPart) return std::nullopt;
  if (!cursor.goal) cursor.goal = end;
  cursor.until = *cursor.from + width / 2;
  cursor.last.reset();
  return cursor;
}

ChangesCursor PastAnswer(ChangesCursor cursor, const SearchAnswer& answer, TimePoint first_date) {
  if (EndsWindow(cursor, answer)) {
    // Without an upper end the whole window came in one answer, up to its own date.
    cursor.followed_to = std::max(cursor.followed_to, cursor.until.value_or(first_date));
    cursor.until.reset();
    cursor.from.reset();
    cursor.goal.reset();
    cursor.last.reset();
    return cursor;
  }
  if (!answer.more) {
    // The next part begins with the millisecond that ended this one: both ends are inclusive.
    const auto width = *cursor.until - *cursor.from;
    cursor.from = cursor.until;
    cursor.until = std::min(*cursor.goal, *cursor.from + 2 * width);
    cursor.last.reset();
    return cursor;
  }
  if (!cursor.until) cursor.until = first_date;
  for (const Nomination& nomination : answer.nominations) {
    cursor.last = cursor.last ? std::max(*cursor.last, nomination.id) : nomination.id;
  }
  return cursor;
}

}  // namespace hubmirror
