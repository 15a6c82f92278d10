#include "model/portal/custom_type.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace hubmirror {
namespace {

using Names = std::map<std::string, std::string>;

/// Types by id, as they are called in HubSpot.
std::vector<CustomType> Types(const Names& names) {
  std::vector<CustomType> types;
  for (const auto& [id, name] : names) types.push_back({id, name, "p1_" + name});
  return types;
}

/// Their tables by id, the same whatever the order they come in.
Names Tables(const Names& names) {
  const auto tables = [](const std::vector<CustomType>& types) {
    Names found;
    for (const auto& [id, object] : ObjectTypesOf(types)) found[id] = object.name;
    return found;
  };
  std::vector<CustomType> types = Types(names);
  const Names found = tables(types);
  std::ranges::reverse(types);
  CHECK(tables(types) == found);
  return found;
}

TEST_CASE("custom types: of two that differ in case only, the elder has the plain name") {
  CHECK(Tables({{"2-1", "Car"}, {"2-2", "car"}}) == Names{{"2-1", "car"}, {"2-2", "car_2_2"}});
  CHECK(Tables({{"2-9", "car"}, {"2-10", "Car"}, {"2-11", "CAR"}}) ==
        Names{{"2-9", "car"}, {"2-10", "car_2_10"}, {"2-11", "car_2_11"}});
}

TEST_CASE("custom types: a name that looks like one of ours keeps its table to itself") {
  CHECK(Tables({{"2-1", "car"}, {"2-5", "car_2_7"}, {"2-7", "Car"}}) ==
        Names{{"2-1", "car"}, {"2-5", "car_2_7"}, {"2-7", "car_2_7_2"}});
  CHECK(Tables({{"2-5", "my car"}, {"2-7", "my_car_2_5"}}) ==
        Names{{"2-5", "my_car_2_5"}, {"2-7", "my_car_2_5_2_7"}});
}

TEST_CASE("custom types: names that we or HubSpot use, odd and long ones have the id after them") {
  const std::string cut(32, 'x');
  CHECK(Tables({{"2-1", "orders"},
                {"2-2", "Owners"},
                {"2-3", "car_live"},
                {"2-4", "my car"},
                {"2-5", "my-car"},
                {"2-6", cut + "y"},
                {"2-7", cut + "z"},
                {"2-8", "object_0_999"},
                {"2-9", "changes"},
                {"2-10", "Stage"},
                {"2-11", "stage_changes"},
                {"2-12", "car_write"}}) == Names{{"2-1", "orders_2_1"},
                                                 {"2-2", "owners_2_2"},
                                                 {"2-3", "car_live_2_3"},
                                                 {"2-4", "my_car_2_4"},
                                                 {"2-5", "my_car_2_5"},
                                                 {"2-6", cut + "_2_6"},
                                                 {"2-7", cut + "_2_7"},
                                                 {"2-8", "object_0_999_2_8"},
                                                 {"2-9", "changes_2_9"},
                                                 {"2-10", "stage"},
                                                 {"2-11", "stage_changes_2_11"},
                                                 {"2-12", "car_write_2_12"}});
}

TEST_CASE("custom types: no id makes a name that PostgreSQL would cut") {
  const std::string ids(70, '7');
  const Names tables = Tables({{"2-" + ids + "1", "orders"}, {"2-" + ids + "2", "orders"}});
  CHECK(tables.at("2-" + ids + "1") != tables.at("2-" + ids + "2"));
  for (const auto& [id, table] : tables) CHECK(table.size() <= 63);
}

TEST_CASE("custom types: a table stays with its type, also when the elder of its name is gone") {
  const Names given = {{"2-1", "car"}, {"2-2", "car_2_2"}};
  const auto tables = [&given](const Names& names) {
    Names found;
    for (const CustomType& type : WithTables(Types(names), given)) found[type.type_id] = type.table;
    return found;
  };
  CHECK(tables({{"2-1", "Car"}, {"2-2", "car"}}) == given);
  CHECK(tables({{"2-2", "car"}}) == Names{{"2-2", "car_2_2"}});
  // The rows of 2-1 still stand in `car`.
  CHECK(tables({{"2-2", "car"}, {"2-3", "CAR"}}) == Names{{"2-2", "car_2_2"}, {"2-3", "car_2_3"}});
}

TEST_CASE("custom types: a table that became one of ours is given up") {
  std::vector<CustomType> types = Types({{"2-1", "orders"}});
  types = WithTables(std::move(types), {{"2-1", "orders"}});
  CHECK(types[0].table == "orders_2_1");
}

TEST_CASE("custom types: every stream of a portal has a table of its own") {
  PortalPlan plan;
  plan.streams = {{.object = *FindObjectType("orders")}, {.object = *AskedCustomType("2-2")}};
  const auto tables = [&plan](const Names& names) {
    std::vector<std::string> found;
    for (const StreamPlan& stream : WithTypes(plan, Types(names)).streams) {
      found.push_back(stream.object.name);
    }
    return found;
  };
  // Also one that is not mirrored has its name: it may be asked for tomorrow.
  CHECK(tables({{"2-1", "car"}, {"2-2", "Car"}}) == std::vector<std::string>{"car_2_2", "orders"});

  plan.streams[1].object = *AskedCustomType(kCustomObjects);
  CHECK(tables({{"2-1", "car"}, {"2-2", "Car"}, {"2-3", "Orders"}}) ==
        std::vector<std::string>{"car", "car_2_2", "orders", "orders_2_3"});
}

}  // namespace
}  // namespace hubmirror
