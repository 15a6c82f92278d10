#include "jobs/changes/changes_cursor.h"

#include <algorithm>

#include "base/json_fields.h"
#include "model/source/source_clock.h"

namespace hubmirror {
namespace {

constexpr auto kSmallestPart = std::chrono::seconds(1);

}  // namespace

SearchRequest NextSearch(const ChangesCursor& cursor) {
  return {.modified_from = cursor.from, .modified_to = cursor.until, .id_above = cursor.last};
}

ChangesCursor OpenWindow(ChangesCursor cursor, const LookBack& look_back, TimePoint now) {
  if (cursor.from) return cursor;
  // Some changes reach the index late: https://github.com/estuary/connectors reads once more an
  // hour behind for that reason.
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
  // In ascending order, or the answer would not have been believed.
  cursor.last = answer.nominations.back().id;
  return cursor;
}

std::string ToText(const ChangesCursor& cursor) {
  JsonFieldWriter fields;
  fields.Put("followed_to", cursor.followed_to);
  fields.Put("until", cursor.until);
  fields.Put("from", cursor.from);
  fields.Put("goal", cursor.goal);
  fields.Put("last", cursor.last);
  fields.Put("looked_deep", cursor.looked_deep);
  return fields.Text();
}

std::optional<ChangesCursor> ParseChangesCursor(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  const auto followed_to = fields ? fields->Time("followed_to") : std::nullopt;
  if (!followed_to) return std::nullopt;
  return ChangesCursor{.followed_to = *followed_to,
                       .until = fields->Time("until"),
                       .from = fields->Time("from"),
                       .goal = fields->Time("goal"),
                       .last = fields->Id("last"),
                       .looked_deep = fields->Time("looked_deep")};
}

}  // namespace hubmirror
