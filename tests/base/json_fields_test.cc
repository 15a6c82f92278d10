#include "base/json_fields.h"

#include <doctest/doctest.h>

using namespace hubmirror;
using namespace std::chrono_literals;

TEST_CASE("json fields: what was written reads back, names and texts with quotes included") {
  JsonFieldWriter writer;
  writer.Put("text", "a \"b\" \n c");
  writer.Put("number", int64_t{12345678901});
  writer.Put("flag", true);
  writer.Put("time", TimePoint{5ms});
  writer.Put("id", std::optional(RecordId{7}));
  writer.Put("ids", std::vector{RecordId{1}, RecordId{2}});
  writer.Put("texts", std::map<std::string, std::string>{{"k \"q\"", "v"}, {"", ""}});
  writer.BeginArray("objects");
  for (const int64_t next : {3, 4}) {
    writer.BeginObject();
    writer.Put("next", next);
    writer.EndObject();
  }
  writer.EndArray();
  writer.Put("absent", std::optional<int64_t>());

  const auto fields = JsonFields::Parse(writer.Text());
  REQUIRE(fields);
  CHECK(fields->Text("text") == "a \"b\" \n c");
  CHECK(fields->Number("number") == 12345678901);
  CHECK(fields->Flag("flag"));
  CHECK(fields->Time("time") == TimePoint{5ms});
  CHECK(fields->Id("id") == RecordId{7});
  CHECK(fields->Ids("ids") == std::vector{RecordId{1}, RecordId{2}});
  CHECK(fields->Texts("texts") == std::map<std::string, std::string>{{"k \"q\"", "v"}, {"", ""}});
  const auto objects = fields->Objects("objects");
  REQUIRE(objects);
  REQUIRE(objects->size() == 2);
  CHECK((*objects)[1].Number("next") == 4);
  CHECK_FALSE(fields->Number("absent"));
}

TEST_CASE("json fields: a member of another type is absent") {
  const auto fields = JsonFields::Parse(R"({"a": "x", "b": [1, "2"], "c": {"k": 1}, "d": [1]})");
  REQUIRE(fields);
  CHECK_FALSE(fields->Number("a"));
  CHECK_FALSE(fields->Flag("a"));
  CHECK_FALSE(fields->Ids("b"));
  CHECK_FALSE(fields->Texts("c"));
  CHECK_FALSE(fields->Objects("d"));
  CHECK(fields->Text("b").empty());
}

TEST_CASE("json fields: what is no object is refused") {
  for (const char* text : {"", "null", "[]", "{", "7"}) {
    CAPTURE(text);
    CHECK_FALSE(JsonFields::Parse(text));
  }
}
