#include "compare/json.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace hubmirror::compare {
namespace {

TEST_CASE("json: values of every type are read") {
  const Json json =
      Json::Parse(R"( {"a": [1, -2.5e3, true, false, null], "b": {"c": "x"}, "e": {}, "f": []} )");

  const Json::Array& list = json["a"].AsArray();
  REQUIRE(list.size() == 5);
  CHECK(list[0].AsInteger() == 1);
  CHECK(list[1].AsNumber() == -2500);
  CHECK(list[2].AsBool());
  CHECK_FALSE(list[3].AsBool());
  CHECK(list[4].is_null());
  CHECK(json["b"].Text("c") == "x");
  CHECK(json["b"].Text("missing").empty());
  CHECK(json["e"].AsObject().empty());
  CHECK(json["f"].AsArray().empty());
}

TEST_CASE("json: escapes become bytes, unpaired surrogates stay recognisable") {
  CHECK(Json::Parse(R"("\"\\\/\b\f\n\r\t")").AsString() == "\"\\/\b\f\n\r\t");
  CHECK(Json::Parse(R"("\u00e9\u20AC\ud83d\ude80")").AsString() == "é€🚀");
  CHECK(Json::Parse(R"("a\u0000b")").AsString() == std::string("a\0b", 3));
  CHECK(Json::Parse(R"("\ud83d!")").AsString() == "\xED\xA0\xBD!");
  CHECK(Json::Parse(R"("\ud83d\u0041")").AsString() ==
        "\xED\xA0\xBD"
        "A");
  CHECK(Json::Parse(R"("\ude00")").AsString() == "\xED\xB8\x80");
}

TEST_CASE("json: what is not JSON is refused") {
  for (const std::string_view text : {"", "{", "[1,]", "{\"a\" 1}", "{\"a\":1,\"a\":2}", "\"open",
                                      "\"\\q\"", "\"\\u12\"", "tru", "1 2", "{1:2}", "\\"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Json::Parse(text), std::runtime_error);
  }
  CHECK_THROWS_AS(Json::Parse(std::string(1000, '[')), std::runtime_error);
}

TEST_CASE("json: asking for the wrong type or a missing member is an error") {
  const Json json = Json::Parse(R"({"a":"text"})");

  CHECK_THROWS_AS(json["a"].AsInteger(), std::runtime_error);
  CHECK_THROWS_AS(json["b"], std::runtime_error);
}

TEST_CASE("json: quoted text reads back the same") {
  const std::string text = "a\"b\\c\n\x01 é";

  CHECK(Json::Parse(JsonQuoted(text)).AsString() == text);
}

}  // namespace
}  // namespace hubmirror::compare
