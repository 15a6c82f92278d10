#include "jobs/changes/changes_cursor.h"

#include <doctest/doctest.h>

using namespace hubmirror;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 9 / 1}};
constexpr LookBack kLookBack{.overlap = 1min, .deep_overlap = 1h};

SearchAnswer AnswerOf(std::initializer_list<int64_t> ids, bool more) {
  SearchAnswer answer{.more = more};
  for (const int64_t id : ids) answer.nominations.push_back({RecordId{id}, kNow});
  return answer;
}

}  // namespace

TEST_CASE("the first poll looks back deep, the next ones by the overlap") {
  const auto first = OpenWindow({.followed_to = kNow}, kLookBack, kNow);
  CHECK(first.from == kNow - 1h);

  const auto closed = PastAnswer(first, AnswerOf({}, false), kNow + 5s);
  const auto second = OpenWindow(closed, kLookBack, kNow + 1min);
  CHECK(second.from == kNow + 5s - 1min);

  const auto later =
      OpenWindow(PastAnswer(second, AnswerOf({}, false), kNow + 1min), kLookBack, kNow + 10min);
  CHECK(later.from == kNow + 1min - 1h);
}

TEST_CASE("a window that fits one answer ends at that answer's own date") {
  const auto open = OpenWindow({.followed_to = kNow}, kLookBack, kNow);

  const auto closed = PastAnswer(open, AnswerOf({1, 2}, false), kNow + 30s);

  CHECK(closed.followed_to == kNow + 30s);
  CHECK_FALSE(closed.from);
  CHECK_FALSE(closed.last);
}

TEST_CASE("a window of several answers goes on behind the highest id, up to the first date") {
  const auto open = OpenWindow({.followed_to = kNow}, kLookBack, kNow);

  const auto second = PastAnswer(open, AnswerOf({1, 9}, true), kNow + 30s);
  const SearchRequest request = NextSearch(second);
  CHECK(request.modified_to == kNow + 30s);
  CHECK(request.id_above == RecordId{9});
  CHECK(request.modified_from == open.from);

  const auto closed = PastAnswer(second, AnswerOf({12}, false), kNow + 30s);
  CHECK(closed.followed_to == kNow + 30s);
}

TEST_CASE("a window under way is kept when a poll begins again") {
  ChangesCursor cursor{
      .followed_to = kNow, .until = kNow + 1min, .from = kNow - 1min, .last = RecordId{7}};

  CHECK(OpenWindow(cursor, kLookBack, kNow + 1h) == cursor);
}

TEST_CASE("the followed time never goes back") {
  const auto closed = PastAnswer(OpenWindow({.followed_to = kNow}, kLookBack, kNow),
                                 AnswerOf({}, false), kNow - 2s);

  CHECK(closed.followed_to == kNow);
}
