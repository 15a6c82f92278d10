#include "mirror/json_object.h"

#include <doctest/doctest.h>

#include "mirror/copy_fields.h"

using namespace hubmirror;

namespace {

std::optional<std::string> Json(const JsonObject& object) {
  std::string out;
  object.AppendCopy(out);
  return testing::CopyFields(out + "\n").at(0);
}

}  // namespace

TEST_CASE("json object: without a member it is NULL") {
  JsonObject object;
  CHECK(object.empty());
  CHECK_FALSE(Json(object).has_value());
}

TEST_CASE("json object: members stand in the order they were added") {
  JsonObject object;
  object.Add("b", "1");
  object.Add("a", "größer");
  CHECK(Json(object) == R"({"b":"1","a":"größer"})");
}

TEST_CASE("json object: quotes, backslashes and control characters are escaped") {
  JsonObject object;
  object.Add("a\"b", "C:\\x\t\n\x01");
  CHECK(Json(object) == R"({"a\"b":"C:\\x\u0009\u000a\u0001"})");
}

TEST_CASE("json object: U+0000 becomes U+FFFD and is counted") {
  JsonObject object;
  object.Add("a", std::string_view("x\0y", 3));
  CHECK(Json(object) == "{\"a\":\"x\xEF\xBF\xBDy\"}");
  CHECK(object.replaced() == 1);
}

TEST_CASE("json object: after Clear it is empty again") {
  JsonObject object;
  object.Add("a", std::string_view("\0", 1));
  object.Clear();
  CHECK(object.empty());
  CHECK(object.replaced() == 0);
}
