#include "hubspot/read/link_reader.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

TEST_CASE("links: an id is a number or a string, a label may be null, a record may have more") {
  const auto answer = ReadLinkAnswer(R"({"status":"COMPLETE","results":[
    {"from":{"id":"1"},"to":[{"toObjectId":9007199254740993,"associationTypes":[
       {"category":"HUBSPOT_DEFINED","typeId":279,"label":null},
       {"category":"USER_DEFINED","typeId":7,"label":"Käufer"}]}],
     "paging":{"next":{"after":"77","link":"https://elsewhere.example/v3"}}},
    {"from":{"id":"2"},"to":[{"toObjectId":"5","associationTypes":[
       {"category":"HUBSPOT_DEFINED","typeId":279,"label":null}]}]}]})");

  REQUIRE(bool(answer));
  CHECK(answer->links ==
        std::vector<Link>{{RecordId{1}, RecordId{9007199254740993}, {"HUBSPOT_DEFINED", 279, ""}},
                          {RecordId{1}, RecordId{9007199254740993}, {"USER_DEFINED", 7, "Käufer"}},
                          {RecordId{2}, RecordId{5}, {"HUBSPOT_DEFINED", 279, ""}}});
  REQUIRE(answer->more.size() == 1);
  CHECK(answer->more[0].id == RecordId{1});
  CHECK(answer->more[0].after == "77");
}

TEST_CASE("links: an error that says that a record has none is none") {
  const auto answer = ReadLinkAnswer(R"({"results":[],"numErrors":1,"errors":[{"status":"error",
    "category":"OBJECT_NOT_FOUND","subCategory":"crm.associations.NO_ASSOCIATIONS_FOUND",
    "context":{"fromObjectId":["3"]}}]})");
  REQUIRE(bool(answer));
  CHECK(answer->links.empty());
  CHECK(answer->accounted == std::vector<RecordId>{RecordId{3}});
}

TEST_CASE("links: an error that names its record leaves the others standing") {
  const auto answer = ReadLinkAnswer(R"({"results":[{"from":{"id":"1"},"to":[]}],
    "errors":[{"category":"INTERNAL_ERROR","context":{"fromObjectId":["4"]}}]})");
  REQUIRE(bool(answer));
  CHECK(answer->accounted == std::vector<RecordId>{RecordId{1}});
  CHECK(answer->failed == std::vector<RecordId>{RecordId{4}});
  // Where nothing else is shown it is the answer that failed.
  CHECK_FALSE(bool(ReadLinkAnswer(
      R"({"results":[],"errors":[{"category":"X","context":{"fromObjectId":["4"]}}]})")));
}

TEST_CASE("links: any other error leaves open who has none, so the answer is not used") {
  const auto answer = ReadLinkAnswer(
      R"({"results":[],"errors":[{"category":"INTERNAL_ERROR","message":"later"}]})");
  REQUIRE_FALSE(bool(answer));
  CHECK(answer.error().kind == ApiErrorKind::kServer);
}

TEST_CASE("links: what is no answer is no proof of absence") {
  for (const char* body :
       {"{}", "[]", "", R"({"results":[{"to":[]}]})", R"({"results":[{"from":{"id":"1"}}]})",
        R"({"results":[{"from":{"id":"1"},"to":[{"toObjectId":2}]}]})"}) {
    CAPTURE(body);
    CHECK_FALSE(bool(ReadLinkAnswer(body)));
  }
}

}  // namespace
}  // namespace hubmirror
