#include "jobs/walk/walk_ranges.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

using hubmirror::WalkCursor;
using hubmirror::WalkRange;
using hubmirror::WalkRanges;

namespace {

/// A keyset list over some ids, read the way a walk reads it.
struct List {
  std::vector<int64_t> ids;  // ascending
  int64_t pages = 0;
  std::set<int64_t> read;
  std::vector<std::pair<int64_t, int64_t>> proofs;
  int64_t step_of_after = 1;  ///< from the last id of a page to its cursor

  WalkRanges::PageFacts Page(const WalkRange& range) {
    ++pages;
    auto from = ids.begin();
    if (!range.after.empty()) {
      const int64_t first = std::stoll(range.after) + 1 - step_of_after;
      from = std::lower_bound(ids.begin(), ids.end(), first);
    }
    const auto to = ids.end() - from > 100 ? from + 100 : ids.end();
    WalkRanges::PageFacts facts{.count = to - from};
    if (from != to) {
      facts.first_id = *from;
      facts.last_id = *(to - 1);
    }
    if (to != ids.end()) facts.next_after = std::to_string(*(to - 1) + step_of_after);
    facts.ids.assign(from, to);
    read.insert(from, to);
    return facts;
  }

  /// Answers as a search does.
  void Seek(WalkRanges& ranges, const WalkRanges::Seam& seam) {
    const auto from = std::upper_bound(ids.begin(), ids.end(), seam.above);
    const auto to = seam.below ? std::lower_bound(ids.begin(), ids.end(), *seam.below) : ids.end();
    const int64_t total = std::max<int64_t>(0, to - from);
    const auto skip = static_cast<int64_t>(seam.skip);
    ranges.Split(seam, total, skip < total ? std::optional(*(from + skip)) : std::nullopt);
  }

  /// Walks to the end with `readers` pages in flight at a time.
  void Walk(WalkRanges& ranges, size_t readers) {
    while (!ranges.done()) {
      std::vector<std::pair<size_t, WalkRanges::PageFacts>> in_flight;
      while (in_flight.size() < readers) {
        const auto taken = ranges.Take();
        if (!taken) break;
        if (const auto seam = ranges.WantsSeam()) Seek(ranges, *seam);
        in_flight.emplace_back(*taken, Page(ranges.range(*taken)));
      }
      REQUIRE_FALSE(in_flight.empty());
      for (const auto& [index, facts] : in_flight) {
        REQUIRE(ranges.InOrder(index, facts));
        if (const auto proof = ranges.Give(index, facts))
          proofs.emplace_back(proof->from, proof->to);
      }
    }
  }

  /// Whether the proofs cover every id without a gap or an overlap.
  bool CoveredOnce() {
    std::sort(proofs.begin(), proofs.end());
    int64_t next = 0;
    for (const auto& [from, to] : proofs) {
      if (from != next) return false;
      next = to == std::numeric_limits<int64_t>::max() ? -1 : to + 1;
    }
    return next == -1;
  }
};

WalkCursor Start(const List& list) {
  return {.ranges = {WalkRange{}}, .records_expected = static_cast<int64_t>(list.ids.size())};
}

List Dense(int64_t count) {
  List list;
  for (int64_t id = 1; id <= count; ++id) list.ids.push_back(id * 3);
  return list;
}

/// Ids over ten decades, most of them in the highest two.
List Sparse(int64_t count) {
  List list;
  int64_t step = 1;
  int64_t id = 51;
  for (int64_t i = 0; i < count; ++i) {
    list.ids.push_back(id);
    if (i % (count / 10) == 0) step *= 10;
    id += step;
  }
  return list;
}

/// Nine of ten side by side, the others scattered above or below.
List Block(int64_t count, bool first) {
  List list;
  const int64_t outside = count / 10;
  for (int64_t i = 0; i < outside; ++i) {
    list.ids.push_back(first ? 1'000'000'000 + i * 7'000'001 : 5 + i * 90'007);
  }
  const int64_t begin = first ? 70'000 : 9'000'000'000;
  for (int64_t i = 0; i < count - outside; ++i) list.ids.push_back(begin + i);
  std::sort(list.ids.begin(), list.ids.end());
  return list;
}

std::vector<List> AllShapes(int64_t count) {
  return {Dense(count), Sparse(count), Block(count, true), Block(count, false)};
}

/// Reads a list as fast as an allowance of 19 pages and 2 searches a second lets it, each answered
/// after 300 ms. Returns the milliseconds that takes.
int64_t MillisecondsOf(List& list) {
  constexpr int64_t kLatency = 300;
  struct Flight {
    int64_t lands;
    std::optional<size_t> range;
    WalkRanges::PageFacts page;
    WalkRanges::Seam seam;
  };
  WalkRanges ranges(Start(list), 32);
  std::vector<Flight> flights;
  bool seeking = false;
  double next_page = 0;
  double next_search = 0;
  int64_t now = 0;
  for (; !ranges.done(); ++now) {
    std::erase_if(flights, [&](const Flight& flight) {
      if (flight.lands > now) return false;
      if (!flight.range) {
        list.Seek(ranges, flight.seam);
        seeking = false;
      } else if (const auto proof = ranges.Give(*flight.range, flight.page)) {
        list.proofs.emplace_back(proof->from, proof->to);
      }
      return true;
    });
    const auto at = static_cast<double>(now);
    if (at >= next_page && ranges.can_take()) {
      const size_t range = *ranges.Take();
      flights.push_back({now + kLatency, range, list.Page(ranges.range(range)), {}});
      next_page = std::max(next_page, at) + 1000.0 / 19;
    }
    const auto seam = ranges.WantsSeam();
    if (at >= next_search && seam && !seeking) {
      flights.push_back({now + kLatency, std::nullopt, {}, *seam});
      next_search = std::max(next_search, at) + 500;
      seeking = true;
    }
  }
  return now;
}

}  // namespace

TEST_CASE("a walk alone fills the allowance, wherever the ids of its list lie") {
  for (const int64_t count : {12'000, 200'000}) {
    for (List list : AllShapes(count)) {
      for (const int64_t step : {0, 1}) {
        List read{.ids = list.ids, .step_of_after = step};
        const int64_t least = count / 100 * 1000 / 19;

        const int64_t took = MillisecondsOf(read);

        CAPTURE(count);
        CAPTURE(step);
        CHECK(read.CoveredOnce());
        CHECK(read.read.size() == static_cast<size_t>(count));
        CHECK(read.pages <= count / 100 * 103 / 100);
        // Until enough places to begin at are found, one page and one search follow the other.
        CHECK(took <= least * 103 / 100 + 2500);
      }
    }
  }
}

TEST_CASE("a list whose cursors are no ids is read in one piece") {
  List list = Dense(5000);
  WalkRanges ranges(Start(list), 8);
  REQUIRE(ranges.Take());
  auto facts = list.Page(ranges.range(0));
  facts.next_after = "MTAw";
  ranges.Give(0, facts);
  REQUIRE(ranges.Take());

  CHECK_FALSE(ranges.WantsSeam());
}

TEST_CASE("the first place is looked for beside the first page, which says whether it helps") {
  List list = Dense(5000);
  WalkRanges ranges({.ranges = {WalkRange{}}}, 8);
  REQUIRE(ranges.Take());
  const auto seam = ranges.WantsSeam();
  REQUIRE(seam);
  CHECK(seam->skip == 999);
  list.Seek(ranges, *seam);
  CHECK_FALSE(ranges.WantsSeam());
  CHECK_FALSE(ranges.can_take());

  auto facts = list.Page(ranges.range(0));
  SUBCASE("it does") {
    ranges.Give(0, facts);
    CHECK(ranges.Cursor().records_expected == 5000);
    REQUIRE(ranges.Take());
    REQUIRE(ranges.Take());
    CHECK(list.Page(ranges.range(1)).first_id == 1001 * 3);
  }
  SUBCASE("its cursors are no ids") {
    facts.next_after = "MTAw";
    ranges.Give(0, facts);
    REQUIRE(ranges.Take());
    CHECK_FALSE(ranges.can_take());
    CHECK_FALSE(ranges.WantsSeam());
  }
}

TEST_CASE("a search that finds no place is not asked for it again") {
  List list = Dense(5000);
  WalkRanges ranges(Start(list), 8);
  REQUIRE(ranges.Take());
  ranges.Give(0, list.Page(ranges.range(0)));
  REQUIRE(ranges.Take());
  const auto seam = ranges.WantsSeam();
  REQUIRE(seam);

  SUBCASE("none") {
    ranges.Split(*seam, 4900, std::nullopt);
  }
  SUBCASE("one that is read already") {
    ranges.Split(*seam, 4900, 3);
  }

  CHECK_FALSE(ranges.WantsSeam());
  CHECK_FALSE(ranges.can_take());
}

TEST_CASE("a walk by one reader reads every page once and proves every id once") {
  List list = Dense(1050);
  WalkRanges ranges(Start(list), 1);

  list.Walk(ranges, 1);

  CHECK(ranges.Cursor().records_done == 1050);
  CHECK(list.read.size() == 1050);
  CHECK(list.pages == 11);
  CHECK(list.CoveredOnce());
}

TEST_CASE("a walk by eight readers reads everything and proves every id once") {
  for (List list : {Dense(20'000), Sparse(20'000)}) {
    WalkRanges ranges(Start(list), 8);

    list.Walk(ranges, 8);

    CHECK(list.read.size() == 20'000);
    CHECK(list.CoveredOnce());
    // A page that reaches into the next range is not counted twice: "4,295 of 3,880 loaded".
    CHECK(ranges.Cursor().records_done == 20'000);
  }
}

TEST_CASE("splitting for eight readers costs few pages more than reading in one piece") {
  for (List list : {Dense(20'000), Sparse(20'000)}) {
    WalkRanges ranges(Start(list), 8);

    list.Walk(ranges, 8);

    CHECK(list.pages <= 200 + 40);
  }
}

TEST_CASE("a small list is not split") {
  List list = Dense(250);
  WalkRanges ranges(Start(list), 8);

  list.Walk(ranges, 8);

  CHECK(list.pages == 3);
}

TEST_CASE("an empty list proves that no id is there") {
  List list;
  WalkRanges ranges(Start(list), 8);

  list.Walk(ranges, 8);

  CHECK(list.CoveredOnce());
}

TEST_CASE("a walk resumes from its cursor without a gap") {
  List list = Sparse(5000);
  WalkRanges first(Start(list), 4);
  for (int i = 0; i < 10; ++i) {
    const auto taken = first.Take();
    REQUIRE(taken);
    const auto facts = list.Page(first.range(*taken));
    if (const auto proof = first.Give(*taken, facts))
      list.proofs.emplace_back(proof->from, proof->to);
  }

  WalkRanges resumed(first.Cursor(), 4);
  list.Walk(resumed, 4);

  CHECK(list.read.size() == 5000);
  CHECK(list.CoveredOnce());
}

TEST_CASE("a page in flight is read again after a restart") {
  List list = Dense(300);
  WalkRanges ranges(Start(list), 1);
  REQUIRE(ranges.Take());

  CHECK(ranges.Cursor().ranges.size() == 1);
  CHECK(ranges.Cursor().ranges.front() == WalkRange{.left = 300});
}

TEST_CASE("a page out of order is noticed") {
  List list = Dense(300);
  WalkRanges ranges(Start(list), 1);
  const auto taken = ranges.Take();
  REQUIRE(taken);
  const auto facts = list.Page(ranges.range(*taken));
  ranges.Give(*taken, facts);
  const auto next = ranges.Take();
  REQUIRE(next);

  CHECK_FALSE(ranges.InOrder(*next, {.first_id = 1, .last_id = 900, .count = 2}));
  CHECK_FALSE(
      ranges.InOrder(*next, {.first_id = 400, .last_id = 900, .count = 2, .ascending = false}));
}

TEST_CASE("an empty page with more to come proves nothing and does not end the walk") {
  WalkRanges ranges({.ranges = {WalkRange{}}}, 1);
  const auto taken = ranges.Take();
  REQUIRE(taken);

  CHECK_FALSE(ranges.Give(*taken, {.count = 0, .next_after = "500"}));
  CHECK_FALSE(ranges.done());
  const auto next = ranges.Take();
  REQUIRE(next);
  const auto proof = ranges.Give(*next, {.first_id = 700, .last_id = 700, .count = 1});
  REQUIRE(proof);
  CHECK(proof->from == 0);
}
