#include "model/source/shared_definition.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "model/store/shared_table.h"

namespace hubmirror {
namespace {

TEST_CASE("shared definition: copies have it in common until one of them is changed") {
  SharedDefinition one(PropertyDefinition{.name = "city", .label = "City"});
  SharedDefinition copy = one;
  CHECK(&*copy == &*one);

  copy.Edit().archived = true;
  CHECK(copy->archived);
  CHECK(copy->name == "city");
  CHECK_FALSE(one->archived);
  CHECK(copy != one);
}

TEST_CASE("shared definition: equal ones of different tables become one once they are shared") {
  const PropertyDefinition city{.name = "city", .options = {{.value = "a", .label = "A"}}};
  SharedDefinition one(city);
  SharedDefinition other(city);
  CHECK(one == other);
  CHECK(&*one != &*other);
  one.Share();
  other.Share();
  CHECK(&*one == &*other);

  // What is changed afterwards is nobody else's.
  other.Edit().label = "Town";
  CHECK(one->label.empty());
  CHECK(other->label == "Town");
}

TEST_CASE("shared table: equal tables of different portals become one") {
  const auto table = [](const std::string& label, uint64_t version) {
    MirrorTable made{.object = *FindObjectType("contacts"), .columns = {}, .version = version};
    made.columns.push_back(
        {.definition = PropertyDefinition{.name = "city", .label = label}, .column_name = "city"});
    return SharedTable(std::move(made));
  };
  const MirrorTablePtr one = table("City", 1);
  CHECK(table("City", 1) == one);
  CHECK(table("Town", 1) != one);
  CHECK(table("City", 2) != one);
  CHECK(one->columns.at(0).definition->label == "City");
}

TEST_CASE("property set: equal sets are one where they are asked for as shared") {
  const PropertySetPtr one = SharedPropertySet({"b", "a", "b"});
  CHECK(SharedPropertySet({"a", "b"}) == one);
  CHECK(SharedPropertySet({"a", "b", "c"}) != one);
  CHECK(one->names() == std::vector<std::string>{"a", "b"});
}

TEST_CASE("property set: every name is at its place, and no other is there") {
  std::vector<std::string> names;
  for (int i = 1000; i < 2000; ++i) names.push_back("property_" + std::to_string(i));
  const PropertySet set(names);
  for (uint32_t i = 0; i < names.size(); ++i) REQUIRE(set.Index(names[i]) == i);
  CHECK_FALSE(set.Index("property_999").has_value());
  CHECK_FALSE(set.Index("").has_value());
  CHECK_FALSE(PropertySet({}).Index("a").has_value());
}

}  // namespace
}  // namespace hubmirror
