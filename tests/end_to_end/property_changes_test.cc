#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

class Properties {
 public:
  explicit Properties(uint64_t seed) : world_({.seed = seed, .records = 800}) { world_.Load(); }

  World& world() { return world_; }

  void Change(const std::string& json) {
    world_.portal.Mutate(R"({"object":"contacts",)" + json + "}");
  }
  /// A field of the mirror's own description of a property.
  std::string Field(const std::string& property, const std::string& field) {
    return world_.Sql("SELECT coalesce(" + field +
                      "::text, '') FROM acme.properties WHERE object = "
                      "'contacts' AND name = '" +
                      property + "'");
  }
  std::string ColumnType(const std::string& column) {
    return world_.Sql(
        "SELECT data_type FROM information_schema.columns WHERE table_schema = 'acme' "
        "AND table_name = 'contacts' AND column_name = '" +
        column + "'");
  }
  void AwaitField(const std::string& property, const std::string& field, const std::string& value) {
    Await(property + "." + field + " = " + value, 60s,
          [&] { return Field(property, field) == value; });
  }

 private:
  World world_;
};

TEST_CASE("property changes: a new property gets its column and the values records have") {
  Properties properties(91);

  properties.Change(R"("kind":"property_add","name":"shoe_size","type":"number",
    "field_type":"number","label":"Shoe size","fill":0.5)");
  properties.AwaitField("shoe_size", "state", "current");

  CHECK(properties.ColumnType("shoe_size") == "numeric");
  CHECK(properties.world().Sql("SELECT count(*) > 100 FROM acme.contacts_live "
                               "WHERE shoe_size IS NOT NULL") == "t");
  properties.world().ExpectEqual();
}

TEST_CASE("property changes: a retyped property keeps what does not parse") {
  Properties properties(92);
  properties.Change(R"("kind":"property_add","name":"badge","type":"string",
    "field_type":"text","label":"Badge","fill":0.4)");
  properties.AwaitField("badge", "state", "current");
  const std::string id = properties.world().portal.Mutate(
      R"({"object":"contacts","kind":"create","properties":{"badge":"17"}})");

  properties.Change(R"("kind":"property_retype","name":"badge","type":"number",
    "field_type":"number")");
  properties.AwaitField("badge", "type", "number");

  properties.world().ExpectEqual();
  CHECK(properties.ColumnType("badge") == "numeric");
  CHECK(properties.world().Sql("SELECT badge::text FROM acme.contacts WHERE id = " + id) == "17");
  CHECK(properties.world().Sql(
            "SELECT count(*) > 0 FROM acme.contacts WHERE _rejected ? 'badge'") == "t");
}

TEST_CASE("property changes: an operator's view keeps its column's type, and we say so") {
  Properties properties(93);
  properties.Change(R"("kind":"property_add","name":"grade","type":"string",
    "field_type":"text","label":"Grade","fill":0.4)");
  properties.AwaitField("grade", "state", "current");
  properties.world().Sql(
      "CREATE SCHEMA reports; CREATE VIEW reports.grades AS "
      "SELECT id, grade FROM acme.contacts");

  properties.Change(R"("kind":"property_retype","name":"grade","type":"number",
    "field_type":"number")");
  properties.AwaitField("grade", "type", "number");

  properties.world().ExpectEqual();
  CHECK(properties.ColumnType("grade") == "text");
  CHECK(properties.Field("grade", "blocked_by").find("reports") != std::string::npos);
  CHECK(properties.world().Sql("SELECT count(*) > 0 FROM reports.grades") == "t");

  properties.world().Sql("DROP VIEW reports.grades");
  Await("the retype that was put off", 60s,
        [&] { return properties.ColumnType("grade") == "numeric"; });
  properties.world().ExpectEqual();
}

TEST_CASE("property changes: an archived property keeps its column, a restored one its values") {
  Properties properties(94);
  properties.Change(R"("kind":"property_add","name":"nickname","type":"string",
    "field_type":"text","label":"Nickname","fill":0.6)");
  properties.AwaitField("nickname", "state", "current");
  const std::string count = "SELECT count(*)::text FROM acme.contacts WHERE nickname IS NOT NULL";
  const std::string before = properties.world().Sql(count);

  properties.Change(R"("kind":"property_archive","name":"nickname")");
  properties.AwaitField("nickname", "archived", "true");
  properties.world().ExpectEqual();
  CHECK(properties.world().Sql(count) == before);

  properties.world().portal.StartScript(R"({"events":60,"seconds":2,"seed":9})");
  properties.world().portal.AwaitScript(30s);
  properties.Change(R"("kind":"property_restore","name":"nickname")");
  properties.AwaitField("nickname", "archived", "false");
  properties.AwaitField("nickname", "state", "current");
  properties.world().ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
