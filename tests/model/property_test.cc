#include "model/source/property.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

TEST_CASE("property definitions: whatever changes in them changes their digest") {
  const std::vector<PropertyDefinition> before = {
      {.name = "stage", .label = "Stage", .options = {{.value = "a", .label = "b"}}},
      {.name = "amount"}};
  const uint64_t digest = DigestOf(before);
  CHECK(DigestOf(before) == digest);
  CHECK(DigestOf(std::vector<PropertyDefinition>{}) != digest);

  const auto changed = [&](auto change) {
    auto after = before;
    change(after);
    CHECK(after != before);
    return DigestOf(after) != digest;
  };
  CHECK(changed([](auto& all) { all[1].label = "Amount"; }));
  CHECK(changed([](auto& all) { all[1].hidden = true; }));
  CHECK(changed([](auto& all) { all[1].display_order = 1; }));
  CHECK(changed([](auto& all) { all[0].options[0].hidden = true; }));
  CHECK(changed([](auto& all) { all[1].created_at = TimePoint{}; }));
  CHECK(changed([](auto& all) { all[0].options.clear(); }));
  CHECK(changed([](auto& all) { std::swap(all[0], all[1]); }));
  // What moves from one part to its neighbour.
  CHECK(changed([](auto& all) { all[0].options[0] = {.value = "", .label = "ab"}; }));
}

}  // namespace
}  // namespace hubmirror
