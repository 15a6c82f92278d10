#include "jobs/search_promises.h"

#include <doctest/doctest.h>

using namespace hubmirror;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStamp{std::chrono::sys_days{std::chrono::year{2026} / 9 / 1}};

SearchAnswer Showing(std::vector<int64_t> ids, bool more = false) {
  SearchAnswer answer{.total = static_cast<int64_t>(ids.size()), .more = more};
  for (const int64_t id : ids) answer.nominations.push_back({RecordId{id}, kStamp});
  return answer;
}

std::string Broken(const SearchAnswer& answer, std::optional<RecordId> above = std::nullopt) {
  const auto broken = FindBrokenPromise(answer, above);
  return broken ? broken->promise : "";
}

}  // namespace

TEST_CASE("search promises: an answer that shows all it counts needs no order") {
  CHECK(Broken(Showing({3, 1, 2})).empty());
  CHECK(Broken(Showing({3, 1, 2}, true)) == "order");
}

TEST_CASE("search promises: what lies below the ids that were asked for was seen before") {
  CHECK(Broken(Showing({11, 12}), RecordId{10}).empty());
  CHECK(Broken(Showing({10, 12}), RecordId{10}) == "order");
  CHECK(Broken(Showing({12, 4}), RecordId{10}) == "order");
}

TEST_CASE("search promises: stamps from before the window are taken out, newer ones stay") {
  SearchAnswer answer = Showing({1, 2, 3});
  answer.nominations[0].modified = kStamp - 1ms;
  answer.nominations[2].modified = kStamp + 1h;
  const auto broken =
      TakeOutUnasked(answer, {.modified_from = kStamp, .modified_to = kStamp + 1min});
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].promise == "window");
  CHECK_FALSE(answer.nominations[0].modified);
  CHECK(answer.nominations[1].modified == kStamp);
  CHECK(answer.nominations[2].modified == kStamp + 1h);
}

TEST_CASE("search promises: an answer may be as long as was asked for, and no longer") {
  SearchAnswer answer = Showing({1, 2, 3});
  CHECK(TakeOutUnasked(answer, {.limit = 3}).empty());
  const auto broken = TakeOutUnasked(answer, {.limit = 2});
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].promise == "limit");
  CHECK(answer.nominations.size() == 3);
}
