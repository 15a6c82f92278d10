#include "jobs/reference/wanted_layout.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace hubmirror {
namespace {

TEST_CASE("what an index is on gets a column of its own, also within lower()") {
  std::vector<PropertyDefinition> definitions;
  for (int i = 0; i < 500; ++i) {
    definitions.emplace_back().name = "a" + std::to_string(i);
  }
  for (const std::string name : {"z_city", "z_created", "z_plain", "created_at"}) {
    definitions.emplace_back().name = name;
  }
  const StreamPlan stream{.object = *FindObjectType("contacts"),
                          .indexes = {"lower(z_city)", "z_plain", "created_at"}};

  const MirrorTable table =
      WantedLayout(stream, {.definitions = definitions, .unlisted = {}}, nullptr, "");

  const auto in_column = [&](const std::string& property) {
    const auto column = std::ranges::find(table.columns, property, &MirrorColumn::property);
    REQUIRE(column != table.columns.end());
    return column->storage == Storage::kColumn;
  };
  CHECK(in_column("z_city"));
  CHECK(in_column("z_plain"));
  CHECK_FALSE(in_column("z_created"));
  // The envelope's is meant, not the property that has its name.
  CHECK_FALSE(in_column("created_at"));
}

}  // namespace
}  // namespace hubmirror
