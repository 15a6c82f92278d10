#include "endpoints/api.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "test_portal.h"

namespace simulated_portal {
namespace {

const std::string kContactsPath = "/crm/objects/2026-09/contacts";

std::string Inputs(const std::vector<RecordId>& ids) {
  std::string body = R"({"properties":["email"],"inputs":[)";
  for (const RecordId id : ids) {
    if (body.back() == '}') body += ',';
    body += R"({"id":")" + std::to_string(id) + "\"}";
  }
  return body + "]}";
}

/// The first ids in one state.
std::vector<RecordId> Ids(TestPortal& test, RecordState state, size_t count) {
  std::vector<RecordId> ids;
  for (const auto& [id, record] : test.contacts().records.all()) {
    if (record.state == state && ids.size() < count) ids.push_back(id);
  }
  return ids;
}

std::vector<RecordId> Walk(TestPortal& test, const std::string& more) {
  std::vector<RecordId> seen;
  std::string after;
  while (true) {
    test.now += 1000;
    const HttpResponse page =
        test.Get(kContactsPath + "?limit=40" + more + (after.empty() ? "" : "&after=" + after));
    REQUIRE(page.status == 200);
    const auto ids = IdsOf(page);
    seen.insert(seen.end(), ids.begin(), ids.end());
    after = AfterOf(page);
    if (after.empty()) return seen;
  }
}

}  // namespace

TEST_CASE("a list walk shows every live record once, whatever its cursor looks like") {
  for (const char* after : {"next_id", "last_id_plus_one", "last_id", "opaque"}) {
    for (const char* pages : {"never", "sometimes"}) {
      CAPTURE(after);
      CAPTURE(pages);
      TestPortal test(TestPortal::SwitchList{{"list_after", after}, {"short_pages", pages}});
      CHECK(Walk(test, "") == Ids(test, RecordState::kLive, 1000));
      CHECK(Walk(test, "&archived=true&properties=email").size() >=
            Ids(test, RecordState::kArchived, 1000).size());
    }
  }
}

TEST_CASE("archived lists show merged records only by switch") {
  TestPortal test({}, 1000);
  REQUIRE(test.Post("/_control/mutate", R"({"kind":"merge"})").status == 200);
  const auto archived = Ids(test, RecordState::kArchived, 1000);
  REQUIRE(test.portal().switches.Set("merge_losers", "hidden"));
  CHECK(Walk(test, "&archived=true") == archived);
  REQUIRE(test.portal().switches.Set("merge_losers", "archived"));
  CHECK(Walk(test, "&archived=true").size() ==
        archived.size() + test.contacts().records.count(RecordState::kMerged));
}

TEST_CASE("list parameters are checked") {
  TestPortal test;
  CHECK(IdsOf(test.Get(kContactsPath)).size() == 10);
  CHECK(test.Get(kContactsPath + "?limit=101").status == 400);
  CHECK(test.Get(kContactsPath + "?after=soon").status == 400);
  CHECK(test.Get("/crm/objects/2026-09/unicorns").status == 400);
  CHECK(test.Get("/crm/objects/2025-01/contacts").status == 404);
  CHECK(test.Send("PUT", kContactsPath, "{}").status == 405);
  CHECK(test.Get("/crm/v3/objects/0-1?limit=5").status == 200);
}

TEST_CASE("properties may be one list or several parameters") {
  TestPortal test(TestPortal::SwitchList{{"unset_values", "null"}, {"short_pages", "never"}});
  const std::string list = kContactsPath + "?limit=1&properties=city,email";
  CHECK(test.Get(list).body ==
        test.Get(kContactsPath + "?properties=city&limit=1&properties=email").body);
  CHECK(test.Get(list).body.find("\"city\":") != std::string::npos);
}

TEST_CASE("batch read answers for merged ids with the survivor, and tells what is missing") {
  TestPortal test(TestPortal::SwitchList{
      {"merge_id", "new"}, {"batch_failures", "multi_status"}, {"merge_losers", "hidden"}});
  const auto live = Ids(test, RecordState::kLive, 3);
  const HttpResponse merged =
      test.Post("/_control/mutate", R"({"kind":"merge","id":")" + std::to_string(live[0]) +
                                        R"(","loser":")" + std::to_string(live[1]) + "\"}");
  const RecordId survivor = std::stoll(ParseAnswer(merged)["id"].GetString());

  const HttpResponse answer =
      test.Post(kContactsPath + "/batch/read", Inputs({live[0], live[2], 5}));
  CHECK(answer.status == 207);
  auto ids = IdsOf(answer);
  std::sort(ids.begin(), ids.end());
  std::vector<RecordId> expected = {survivor, live[2]};
  std::sort(expected.begin(), expected.end());
  CHECK(ids == expected);
  const auto document = ParseAnswer(answer);
  CHECK(std::string(document["errors"][0]["context"]["ids"][0].GetString()) == "5");

  REQUIRE(test.portal().switches.Set("batch_failures", "silent"));
  CHECK(test.Post(kContactsPath + "/batch/read", Inputs({live[2], 5})).status == 200);
  CHECK(IdsOf(test.Post(kContactsPath + "/batch/read?archived=true", Inputs(live))).empty());
  CHECK(test.Get(kContactsPath + "/" + std::to_string(live[0]))
            .body.starts_with("{\"id\":\"" + std::to_string(survivor)));
}

TEST_CASE("two ids of one survivor collapse or repeat, by switch") {
  TestPortal test(TestPortal::SwitchList{{"merge_id", "new"}});
  const auto live = Ids(test, RecordState::kLive, 2);
  REQUIRE(test.Post("/_control/mutate", R"({"kind":"merge","id":")" + std::to_string(live[0]) +
                                            R"(","loser":")" + std::to_string(live[1]) + "\"}")
              .status == 200);
  const auto count = [&](const char* setting) {
    REQUIRE(test.portal().switches.Set("batch_duplicates", setting));
    return IdsOf(test.Post(kContactsPath + "/batch/read", Inputs(live))).size();
  };
  CHECK(count("collapsed") == 1);
  CHECK(count("repeated") == 2);
}

TEST_CASE("archived and live records are read by their own batch read only") {
  TestPortal test;
  const auto archived = Ids(test, RecordState::kArchived, 3);
  CHECK(IdsOf(test.Post(kContactsPath + "/batch/read", Inputs(archived))).empty());
  const HttpResponse answer =
      test.Post(kContactsPath + "/batch/read?archived=true", Inputs(archived));
  CHECK(IdsOf(answer).size() == 3);
  CHECK(answer.body.find("\"archivedAt\":") != std::string::npos);
  std::vector<RecordId> many(101, archived[0]);
  CHECK(test.Post(kContactsPath + "/batch/read", Inputs(many)).status == 400);
}

TEST_CASE("erased and purged records are in no answer") {
  TestPortal test(TestPortal::SwitchList{{"batch_failures", "silent"}});
  const auto live = Ids(test, RecordState::kLive, 2);
  const auto mutate = [&](const char* kind, RecordId id) {
    return test
        .Post("/_control/mutate",
              R"({"kind":")" + std::string(kind) + R"(","id":")" + std::to_string(id) + "\"}")
        .status;
  };
  CHECK(mutate("erase", live[0]) == 200);
  CHECK(mutate("purge", live[1]) == 200);
  CHECK(mutate("restore", live[0]) == 400);
  CHECK(IdsOf(test.Post(kContactsPath + "/batch/read", Inputs(live))).empty());
  CHECK(IdsOf(test.Post(kContactsPath + "/batch/read?archived=true", Inputs(live))).empty());
  const auto walked = Walk(test, "");
  CHECK(std::find(walked.begin(), walked.end(), live[0]) == walked.end());
  const std::string truth = test.Get("/_control/truth/1234567/contacts").body;
  CHECK(truth.find("\"id\":\"" + std::to_string(live[0]) + "\",\"state\":\"erased\"") !=
        truth.npos);
}

TEST_CASE("the truth tells who was ever shown") {
  TestPortal test(TestPortal::SwitchList{{"short_pages", "never"}});
  CHECK(IdsOf(test.Get(kContactsPath + "?limit=3")).size() == 3);
  const std::string truth = test.Get("/_control/truth/1234567/contacts?limit=5").body;
  size_t read = 0;
  for (size_t at = truth.find("\"read\":true"); at != truth.npos;
       at = truth.find("\"read\":true", at + 1)) {
    ++read;
  }
  CHECK(read == 3);
  CHECK(std::count(truth.begin(), truth.end(), '\n') == 5);
}

TEST_CASE("what clients should not have asked is kept in words, the first ten of it") {
  TestPortal test;
  CHECK(test.Get(kContactsPath).status == 200);
  CHECK(test.Stats().find(R"("unexpected":0,"first_unexpected":[],)") != std::string::npos);

  for (int i = 0; i < 11; ++i) test.Get(kContactsPath + "?limit=" + std::to_string(200 + i));

  const std::string stats = test.Stats();
  CHECK(stats.find(R"("unexpected":11,)") != std::string::npos);
  CHECK(stats.find(R"(["GET /crm/objects/2026-09/contacts?limit=200: 400 {)") != std::string::npos);
  CHECK(stats.find("limit=209: 400") != std::string::npos);
  CHECK(stats.find("limit=210: 400") == std::string::npos);
}

TEST_CASE("a long URL is refused with a page of HTML") {
  TestPortal test;
  const HttpResponse answer = test.Get(kContactsPath + "?properties=" + std::string(16'400, 'p'));
  CHECK(answer.status == 414);
  CHECK(answer.content_type.starts_with("text/html"));
  CHECK(test.Get(kContactsPath + "?properties=" + std::string(16'000, 'p')).status == 200);
}

TEST_CASE("scopes decide what may be read") {
  TestPortal test(
      TestPortal::SwitchList{{"email_scope", "forbidden"}, {"sensitive_scope", "empty"}});
  const auto scopes = [&](const std::string& list) {
    REQUIRE(
        test.Post("/_control/tokens", R"({"action":"scopes","scopes":[)" + list + "]}").status ==
        200);
  };
  scopes(R"("tickets")");
  const HttpResponse refused = test.Get(kContactsPath);
  CHECK(refused.status == 403);
  const auto document = ParseAnswer(refused);
  CHECK(std::string(document["category"].GetString()) == "MISSING_SCOPES");
  CHECK(std::string(document["errors"][0]["context"]["requiredGranularScopes"][0].GetString()) ==
        "crm.objects.contacts.read");
  CHECK(test.Get("/crm/objects/2026-09/tickets").status == 200);

  scopes(R"("crm.objects.contacts.read")");
  CHECK(test.Get("/crm/objects/2026-09/emails").status == 403);
  REQUIRE(test.portal().switches.Set("email_scope", "redacted"));
  const HttpResponse redacted =
      test.Get("/crm/objects/2026-09/emails?limit=50&properties=hs_email_html,hs_object_id");
  CHECK(redacted.status == 200);
  CHECK(redacted.body.find("hs_email_html") == std::string::npos);
  const std::string sensitive = "/crm/properties/2026-09/contacts?dataSensitivity=sensitive";
  CHECK(ParseAnswer(test.Get(sensitive))["results"].Empty());
  scopes(R"("crm.objects.contacts.read","crm.objects.contacts.sensitive.read.v2")");
  CHECK_FALSE(ParseAnswer(test.Get(sensitive))["results"].Empty());
}

TEST_CASE("a static token may be told its scopes") {
  TestPortal test;
  const std::string path = "/oauth/v2/private-apps/get/access-token-info";
  REQUIRE(test.Post("/_control/tokens", R"({"action":"scopes","scopes":["tickets"]})").status ==
          200);
  const auto told = ParseAnswer(test.Post(path, R"({"tokenKey":"pat-na1-test"})"));
  REQUIRE(told["scopes"].Size() == 1);
  CHECK(std::string(told["scopes"][0].GetString()) == "tickets");
  CHECK(test.Post(path, R"({"tokenKey":"pat-na1-other"})").status == 404);
  CHECK(test.Post(path, "tokenKey=pat-na1-test").status == 400);
  REQUIRE(test.portal().switches.Set("token_info", "not_found"));
  CHECK(test.Post(path, R"({"tokenKey":"pat-na1-test"})").status == 404);
}

TEST_CASE("limits answer 429 with the right body and are counted") {
  TestPortal test(TestPortal::SwitchList{{"retry_after", "present"}, {"search_bucket", "account"}});
  REQUIRE(
      test.Post("/_control/settings", R"({"limits":{"burst":2,"search":1,"daily":0}})").status ==
      200);
  const HttpResponse first = test.Get(kContactsPath);
  CHECK(HeaderOf(first, "X-HubSpot-RateLimit-Max") == "2");
  CHECK(HeaderOf(first, "X-HubSpot-RateLimit-Remaining") == "1");
  CHECK(test.Get(kContactsPath).status == 200);
  const HttpResponse burst = test.Get(kContactsPath);
  CHECK(burst.status == 429);
  CHECK(burst.body.find("TEN_SECONDLY_ROLLING") != std::string::npos);
  CHECK(HeaderOf(burst, "Retry-After") == "10");
  CHECK(test.Post(kContactsPath + "/search", "{}").status == 200);
  const HttpResponse search = test.Post(kContactsPath + "/search", "{}");
  CHECK(search.status == 429);
  CHECK(search.body.find("secondly") != std::string::npos);
  CHECK(HeaderOf(search, "X-HubSpot-RateLimit-Max").empty());
  CHECK(test.Stats().find(R"("burst":1,"daily":0,"daily_shared":0,"search":1)") !=
        std::string::npos);
}

TEST_CASE("an answer is compressed for a client that accepts it") {
  TestPortal test(TestPortal::SwitchList{{"short_pages", "never"}});
  REQUIRE(test.Post("/_control/settings", R"({"gzip":true})").status == 200);
  const HttpResponse plain = test.Get(kContactsPath + "?limit=50");
  CHECK(HeaderOf(plain, "Content-Encoding").empty());
  test.more_headers = "Accept-Encoding: gzip, deflate\r\n";
  const HttpResponse packed = test.Get(kContactsPath + "?limit=50");
  CHECK(HeaderOf(packed, "Content-Encoding") == "gzip");
  CHECK(packed.body.starts_with("\x1F\x8B"));
  CHECK(packed.body.size() < plain.body.size() / 2);
}

TEST_CASE("property definitions come and go") {
  TestPortal test;
  const auto mutate = [&](const std::string& body) {
    return test.Post("/_control/mutate", body).status;
  };
  const auto type_of = [&](const std::string& more) -> std::string {
    const HttpResponse answer = test.Get("/crm/properties/2026-09/contacts/fresh" + more);
    return answer.status == 200 ? ParseAnswer(answer)["type"].GetString() : "none";
  };
  CHECK(mutate(R"({"kind":"property_add","name":"fresh","type":"number","fill":1.0})") == 200);
  CHECK(mutate(R"({"kind":"property_add","name":"fresh"})") == 400);
  const auto created = [&]() -> std::string {
    return ParseAnswer(test.Get("/crm/properties/2026-09/contacts/fresh"))["createdAt"].GetString();
  };
  const std::string first = created();
  CHECK(type_of("") == "number");
  const HttpResponse page = test.Get(kContactsPath + "?limit=1&properties=fresh");
  if (!IdsOf(page).empty()) CHECK(page.body.find("\"fresh\":\"") != std::string::npos);
  CHECK(mutate(R"({"kind":"property_retype","name":"fresh","type":"string"})") == 200);
  CHECK(type_of("") == "string");
  CHECK(mutate(R"({"kind":"property_archive","name":"fresh"})") == 200);
  CHECK(type_of("") == "none");
  CHECK(type_of("?archived=true") == "string");
  CHECK(mutate(R"({"kind":"property_restore","name":"fresh"})") == 200);
  CHECK(mutate(R"({"kind":"property_delete","name":"fresh"})") == 200);
  CHECK(type_of("?archived=true") == "none");
  CHECK(test.Get("/_control/truth/1234567/contacts").body.find("\"fresh\"") == std::string::npos);
  // Made anew, it is another one.
  test.now += 5000;
  CHECK(mutate(R"({"kind":"property_add","name":"fresh"})") == 200);
  CHECK(created() > first);
}

TEST_CASE("a property is made once, in a group that is there, by who may change definitions") {
  TestPortal test;
  const auto make = [&](const std::string& name, const std::string& group) {
    return test.Post("/crm/properties/2026-09/0-1",
                     R"({"name":")" + name +
                         R"(","label":"Key","type":"string","fieldType":"text",)" +
                         R"("groupName":")" + group + R"(","hasUniqueValue":true})");
  };
  const std::string group =
      ParseAnswer(test.Get("/crm/properties/2026-09/0-1/groups"))["results"][0]["name"].GetString();
  const HttpResponse made = make("own_key", group);
  CHECK(made.status == 201);
  CHECK(ParseAnswer(made)["hasUniqueValue"].GetBool());
  CHECK(make("own_key", group).status == 409);
  CHECK(make("other", "nowhere").status == 400);
  CHECK(test.Post("/crm/properties/2026-09/0-1", R"({"name":"other"})").status == 400);
  REQUIRE(
      test.Post("/_control/tokens", R"({"action":"scopes","scopes":["crm.schemas.contacts.read"]})")
          .status == 200);
  CHECK(make("other", group).status == 403);
}

TEST_CASE("account details tell the portal and its day") {
  TestPortal test;
  const auto details = ParseAnswer(test.Get("/account-info/2026-09/details"));
  CHECK(details["portalId"].GetInt() == 1'234'567);
  CHECK(details["utcOffsetMilliseconds"].GetInt() == -18'000'000);
  CHECK(std::string(details["utcOffset"].GetString()) == "-05:00");
  const auto usage = ParseAnswer(test.Get("/account-info/2026-09/api-usage/daily/private-apps"));
  CHECK(usage["results"][0]["currentUsage"].GetInt() == 2);
}

TEST_CASE("an import changes many records on one millisecond") {
  TestPortal test;
  const auto answer = ParseAnswer(
      test.Post("/_control/mutate", R"({"kind":"import","count":50,"properties":{"city":"Ulm"}})"));
  REQUIRE(answer["ids"].Size() == 50);
  std::set<Instant> stamps;
  for (const auto& id : answer["ids"].GetArray()) {
    stamps.insert(test.contacts().records.Find(std::stoll(id.GetString()))->version->stamp);
  }
  CHECK(stamps == std::set<Instant>{test.now});
}

TEST_CASE("a kept connection may be gone for its next request") {
  TestPortal test;
  REQUIRE(test.Post("/_control/settings", R"({"close_on_request":1.0,"close_after_answer":1.0})")
              .status == 200);
  CHECK(test.Get(kContactsPath).delivery == Delivery::kCloseAfter);
  test.number_on_connection = 1;
  CHECK(test.Get(kContactsPath).delivery == Delivery::kNothing);
}

TEST_CASE("answers take latency and jitter") {
  TestPortal test;
  REQUIRE(test.Post("/_control/settings", R"({"latency":"100ms","jitter":50})").status == 200);
  const Duration delay = test.Get(kContactsPath).delay;
  CHECK(delay >= 100);
  CHECK(delay <= 150);
  CHECK(test.Get("/_control/quiet").delay == 0);
}

TEST_CASE("the portal's clock may differ from the machine's") {
  TestPortal test(TestPortal::SwitchList{{"date_header", "start"}});
  REQUIRE(test.Post("/_control/settings", R"({"clock_offset":"-3h"})").status == 200);
  CHECK(test.Get(kContactsPath).date == test.now - 3 * 3600 * kSecond);
}

TEST_CASE("control requests that make no sense say why") {
  TestPortal test;
  const auto error = [&](const std::string& what, const std::string& body) {
    const HttpResponse answer = test.Post("/_control/" + what, body);
    CHECK(answer.status == 400);
    return std::string(ParseAnswer(answer)["error"].GetString());
  };
  CHECK(error("mutate", R"({"kind":"wobble"})") == "kind: unknown mutation \"wobble\"");
  CHECK(error("mutate", R"({"kind":"update","id":"5"})") == "no such record");
  CHECK(error("mutate", R"({"kind":"update","properties":{"nope":"1"}})") ==
        "properties: no property is named nope");
  CHECK(error("mutate", R"({"kind":"erase","object":"deals"})") == "no such record");
  CHECK(error("switches", R"({"switches":{"merge_id":"both"}})") == "no switch merge_id=both");
  CHECK(error("settings", R"({"latencyy":1})") == "latencyy: unknown key");
  CHECK(error("tokens", R"({"portal":7,"action":"expire"})") == "no portal 7");
  CHECK(error("dance", "{}") == "no such control request: POST /_control/dance");
}

TEST_CASE("a type may refuse its archived list") {
  TestPortal test(TestPortal::SwitchList{{"archived_list", "not_of_meetings"}});
  const HttpResponse refused = test.Get("/crm/objects/2026-09/meetings?archived=true");
  CHECK(refused.status == 400);
  CHECK(refused.body.find("Paging through deleted objects is not yet supported") !=
        std::string::npos);
  CHECK(test.Get("/crm/objects/2026-09/meetings").status == 200);
  CHECK(test.Get("/crm/objects/2026-09/contacts?archived=true").status == 200);
  REQUIRE(test.portal().switches.Set("archived_list", "refused"));
  CHECK(test.Get("/crm/objects/2026-09/contacts?archived=true").status == 400);
}

}  // namespace simulated_portal
