#include "faults/faults.h"

#include <doctest/doctest.h>

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

}  // namespace simulated_portal
