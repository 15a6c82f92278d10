#include "mirror/history_mapper.h"

#include <doctest/doctest.h>

using namespace hubmirror;

namespace {

HistoryEntry Entry(const std::string& property, const std::string& value) {
  return {.id = RecordId{1}, .property = property, .value = value};
}

}  // namespace

TEST_CASE("history: only what is in scope, hashed where the scope says so") {
  const auto hasher =
      std::make_shared<const ValueHasher>(*ValueHasher::Make(Secret("a key that is long enough")));
  const HistoryScope scope = {{"stage", ""}, {"email", hasher->id()}, {"phone", "another key"}};

  const auto mapped = MapHistory({Entry("stage", "won"), Entry("email", "a@b"), Entry("email", ""),
                                  Entry("phone", "5"), Entry("other", "x")},
                                 scope, hasher);

  REQUIRE(mapped.size() == 3);
  CHECK(mapped[0].value == "won");
  CHECK(mapped[1].value == hasher->Hash("a@b"));
  CHECK(mapped[2].value.empty());
  CHECK(MapHistory({Entry("email", "a@b")}, scope, nullptr).empty());
}

TEST_CASE("history: U+0000 becomes U+FFFD, in plain values after nothing else") {
  const auto mapped =
      MapHistory({Entry("stage", std::string("a\0b", 3))}, {{"stage", ""}}, nullptr);
  CHECK(mapped.at(0).value ==
        "a\xEF\xBF\xBD"
        "b");
}
