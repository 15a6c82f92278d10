#include "faults/faults.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "test_portal.h"

namespace simulated_portal {

TEST_CASE("a fault strikes as often as told, after letting some pass") {
  FaultPlan plan;
  Random random(1);
  plan.Add({.match = "/crm/*/contacts", .method = "GET", .kind = "status", .count = 2, .after = 1});
  CHECK_FALSE(plan.Strike("POST", "/crm/objects/contacts", random));
  CHECK_FALSE(plan.Strike("GET", "/crm/objects/deals", random));
  CHECK_FALSE(plan.Strike("GET", "/crm/objects/contacts", random));
  CHECK(plan.Strike("GET", "/crm/objects/contacts", random));
  CHECK(plan.Strike("GET", "/crm/objects/contacts", random));
  CHECK_FALSE(plan.Strike("GET", "/crm/objects/contacts", random));
  CHECK(plan.size() == 0);
}

TEST_CASE("a pattern without a star matches any path that contains it") {
  CHECK(MatchesPath("contacts/batch", "/crm/objects/2026-09/contacts/batch/read"));
  CHECK_FALSE(MatchesPath("/crm/*/search", "/crm/objects/2026-09/contacts/search/more"));
  CHECK(MatchesPath("/crm/*/search", "/crm/objects/2026-09/contacts/search"));
}

TEST_CASE("each fault kind shows in the answer") {
  TestPortal test;
  const auto strike = [&](const std::string& fault) {
    const std::string body = R"({"faults":[{"match":"contacts",)" + fault + "}]}";
    REQUIRE(test.Post("/_control/faults", body).status == 200);
    return test.Get("/crm/objects/2026-09/contacts?limit=5");
  };
  CHECK(strike(R"("kind":"status","status":524)").status == 524);
  CHECK(strike(R"("kind":"locked")").status == 423);
  const HttpResponse moving = strike(R"("kind":"moving","retry_after":7)");
  CHECK(moving.status == 477);
  CHECK(HeaderOf(moving, "Retry-After") == "7");
  CHECK(strike(R"("kind":"throttle","policy":"daily")").body.find("DAILY") != std::string::npos);
  CHECK(strike(R"("kind":"unauthorized")").status == 401);
  CHECK(strike(R"("kind":"missing_scope")").status == 403);
  CHECK(strike(R"("kind":"truncate")").delivery == Delivery::kHalf);
  CHECK(strike(R"("kind":"drip","seconds":3)").spread == 3000);
  CHECK(strike(R"("kind":"hang")").delivery == Delivery::kHang);
  CHECK(strike(R"("kind":"reset")").delivery == Delivery::kReset);
  CHECK(strike(R"("kind":"empty")").body.empty());
  CHECK_THROWS(ParseAnswer(strike(R"("kind":"garbage")")));
  CHECK(strike(R"("kind":"huge","bytes":5000000)").body.size() > 5'000'000);
  CHECK(HeaderOf(strike(R"("kind":"redirect","location":"http://x/")"), "Location") == "http://x/");
  const auto ids = IdsOf(strike(R"("kind":"disorder")"));
  CHECK_FALSE(std::is_sorted(ids.begin(), ids.end()));
  CHECK(test.Get("/crm/objects/2026-09/contacts?limit=5").status == 200);
  CHECK(test.Post("/_control/faults", R"({"faults":[{"kind":"surprise"}]})").status == 400);
}

namespace {

/// A portal in which this one goes wrong, without an end.
void Break(TestPortal& test, const std::string& fault) {
  const std::string body = R"({"faults":[{"chance":1,)" + fault + "}]}";
  REQUIRE(test.Post("/_control/faults", body).status == 200);
}

HttpResponse ReadBatch(TestPortal& test, const std::vector<RecordId>& ids) {
  std::string inputs;
  for (const RecordId id : ids) {
    inputs += (inputs.empty() ? R"({"id":")" : R"(,{"id":")") + std::to_string(id) + "\"}";
  }
  return test.Post(
      "/crm/objects/2026-09/contacts/batch/read",
      R"({"properties":["email","city","firstname","phone"],"inputs":[)" + inputs + "]}");
}

constexpr const char* kList = "/crm/objects/2026-09/contacts?limit=5";
constexpr const char* kSearch = "/crm/objects/2026-09/contacts/search";
constexpr const char* kSearchBody =
    R"({"limit":5,"sorts":["hs_object_id"],"properties":["hs_object_id","lastmodifieddate"]})";

}  // namespace

TEST_CASE("broken promises: a cursor names the place that was asked for, to the last page") {
  TestPortal test;
  const std::string second = AfterOf(test.Get(kList));
  Break(test, R"("match":"contacts","kind":"same_cursor")");
  CHECK(AfterOf(test.Get(kList + ("&after=" + second))) == second);
  CHECK(AfterOf(test.Get("/crm/objects/2026-09/contacts?limit=100&after=0")) == "0");
  CHECK(AfterOf(test.Post(kSearch, R"({"limit":5,"after":"10"})")) == "10");
  // A write of links has none.
  const auto records = IdsOf(test.Get(kList));
  const std::string ends = R"({"inputs":[{"from":{"id":")" + std::to_string(records.at(0)) +
                           R"("},"to":{"id":")" + std::to_string(records.at(1)) + R"("}}]})";
  CHECK(test.Post("/crm/associations/2026-09/contacts/contacts/batch/associate/default", ends)
            .status == 200);
}

TEST_CASE("broken promises: a search is out of order, counts wrong and shows what does not fit") {
  TestPortal test;
  const HttpResponse unbroken = test.Post(kSearch, kSearchBody);
  const auto right = IdsOf(unbroken);
  const int total = ParseAnswer(unbroken)["total"].GetInt();
  Break(test, R"("match":"search","kind":"disorder","count":1)");
  const auto turned = IdsOf(test.Post(kSearch, kSearchBody));
  CHECK(std::vector<RecordId>(turned.rbegin(), turned.rend()) == right);

  Break(test, R"("match":"search","kind":"wrong_total","by":7,"count":1)");
  CHECK(ParseAnswer(test.Post(kSearch, kSearchBody))["total"].GetInt() == total + 7);

  Break(test, R"("match":"search","kind":"outsider","count":1)");
  const auto answer = ParseAnswer(test.Post(kSearch, kSearchBody));
  CHECK(answer["total"].GetInt() == total + 1);
  const auto& last = answer["results"][5];
  CHECK_FALSE(test.contacts().records.Find(std::stoll(last["id"].GetString())));
  CHECK(std::string(last["properties"]["hs_object_id"].GetString()) == last["id"].GetString());
  CHECK(std::string(last["properties"]["lastmodifieddate"].GetString()).starts_with("2001-"));
}

TEST_CASE("broken promises: a batch leaves one out or shows one nobody asked for") {
  TestPortal test;
  const auto ids = IdsOf(test.Get(kList));
  Break(test, R"("match":"batch/read","kind":"stranger","count":1)");
  const auto answered = IdsOf(ReadBatch(test, ids));
  CHECK(answered.size() == 6);
  CHECK_FALSE(test.contacts().records.Find(answered.back()));

  Break(test,
        R"("match":"batch/read","kind":"left_out","record":")" + std::to_string(ids[2]) + "\"");
  const HttpResponse without = ReadBatch(test, ids);
  CHECK(without.status == 200);
  const auto shown = IdsOf(without);
  CHECK(shown.size() == 4);
  CHECK(std::ranges::find(shown, ids[2]) == shown.end());
}

TEST_CASE("broken promises: who is made up has swallowed nobody, and what has no id stays alone") {
  TestPortal test;
  const auto ids = IdsOf(test.Get(kList));
  const HttpResponse merged =
      test.Post("/_control/mutate", R"({"kind":"merge","id":")" + std::to_string(ids[0]) +
                                        R"(","loser":")" + std::to_string(ids[1]) + "\"}");
  const std::string survivor = ParseAnswer(merged)["id"].GetString();
  Break(test, R"("match":"batch/read","kind":"stranger","count":1)");
  const HttpResponse made_up =
      test.Post("/crm/objects/2026-09/contacts/batch/read",
                R"({"properties":["hs_calculated_merged_vids","hs_merged_object_ids"],)"
                R"("inputs":[{"id":")" +
                    survivor + "\"}]}");
  const auto answer = ParseAnswer(made_up);
  REQUIRE(answer["results"].Size() == 2);
  const auto merged_of = [&](int result) {
    std::string all;
    for (const char* name : {"hs_calculated_merged_vids", "hs_merged_object_ids"}) {
      const auto& value = answer["results"][result]["properties"][name];
      if (value.IsString()) all += value.GetString();
    }
    return all;
  };
  CHECK_FALSE(merged_of(0).empty());
  CHECK(merged_of(1).empty());

  const std::string properties = "/crm/properties/2026-09/contacts";
  const std::string whole = test.Get(properties).body;
  Break(test, R"("match":"/properties/","kind":"outsider","count":1)");
  CHECK(test.Get(properties).body == whole);
}

TEST_CASE("broken promises: what fails for one record fails for its values, not for its id") {
  TestPortal test;
  const auto ids = IdsOf(test.Get(kList));
  Break(test, R"("match":"contacts","kind":"status","status":500,"record":")" +
                  std::to_string(ids[2]) + "\"");
  CHECK(test.Get(kList).status == 500);
  CHECK(test.Get(std::string(kList) + "&properties=hs_object_id").status == 200);
  CHECK(ReadBatch(test, ids).status == 500);
  CHECK(ReadBatch(test, {ids[2]}).status == 500);
  CHECK(ReadBatch(test, {ids[0], ids[1], ids[3]}).status == 200);

  REQUIRE(test.Post("/_control/faults", R"({"clear":true})").status == 200);
  Break(test, R"("match":"contacts","kind":"empty","holds":"paging")");
  CHECK(test.Get(kList).body.empty());
  CHECK_FALSE(ReadBatch(test, ids).body.empty());
}

}  // namespace simulated_portal
