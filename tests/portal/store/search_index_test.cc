#include "store/search_index.h"

#include <doctest/doctest.h>

namespace simulated_portal {
namespace {

VersionRef Stamped(Instant stamp) {
  auto version = std::make_shared<RecordVersion>();
  version->stamp = stamp;
  return version;
}

}  // namespace

TEST_CASE("the index shows the old version until a change is due") {
  SearchIndex index;
  index.Plan(7, Stamped(100), 100);
  index.CatchUp(100);
  index.Plan(7, Stamped(200), 250);

  index.CatchUp(249);
  CHECK(index.by_id().at(7)->stamp == 100);
  CHECK(index.pending() == 1);
  index.CatchUp(250);
  CHECK(index.by_id().at(7)->stamp == 200);
  CHECK(index.by_stamp().size() == 1);
  CHECK(index.pending() == 0);
}

TEST_CASE("a change that was overtaken never brings the older version back") {
  SearchIndex index;
  index.Plan(7, Stamped(100), 500);
  index.Plan(7, Stamped(200), 300);

  index.CatchUp(300);
  CHECK(index.by_id().at(7)->stamp == 200);
  index.CatchUp(500);
  CHECK(index.by_id().at(7)->stamp == 200);
}

TEST_CASE("a removal that was overtaken by a restore removes nothing, and the reverse holds") {
  SearchIndex index;
  index.Plan(7, Stamped(100), 0);
  index.Plan(7, nullptr, 500);
  index.Plan(7, Stamped(100), 300);
  index.CatchUp(600);
  CHECK(index.by_id().contains(7));

  index.Plan(7, Stamped(200), 900);
  index.Plan(7, nullptr, 700);
  index.CatchUp(1000);
  CHECK_FALSE(index.by_id().contains(7));
  CHECK(index.by_stamp().empty());
}

}  // namespace simulated_portal
