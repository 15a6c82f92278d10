#include "hubspot/api_client.h"

#include <doctest/doctest.h>

#include "base/time_text.h"
#include "hubspot/api_client_fixture.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

TEST_CASE_FIXTURE(ApiClientFixture, "api client: histories are asked for by batch read") {
  hubspot.Answer(200, R"({"results":[{"id":"1","propertiesWithHistory":{"city":[]}}]})");

  const auto page = client.ReadHistory(
      contacts, {.archived = true, .ids = {RecordId{1}, RecordId{2}}, .properties = {"city"}});

  REQUIRE(bool(page));
  CHECK(page->times.sent_at == clock.Now());
  CHECK(hubspot.last().target == "/crm/objects/2026-09/0-1/batch/read?archived=true");
  CHECK(hubspot.last().body == R"({"inputs":[{"id":"1"},{"id":"2"}],"properties":["hs_object_id"],)"
                               R"("propertiesWithHistory":["city"]})");
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: a private app's token is asked what it may do") {
  hubspot.Answer(200, R"({"hubId":1,"scopes":["tickets","crm.objects.contacts.write"]})");
  hubspot.Answer(404, R"({"category":"OBJECT_NOT_FOUND","message":"No such token"})");
  hubspot.Answer(400, R"({"message":"pat-na1-x is no private app's"})");

  const auto scopes = client.GrantedScopes();

  REQUIRE(bool(scopes));
  CHECK(*scopes == std::vector<std::string>{"tickets", "crm.objects.contacts.write"});
  CHECK(hubspot.last().target == "/oauth/v2/private-apps/get/access-token-info");
  CHECK(hubspot.last().body == R"({"tokenKey":"pat-na1-x"})");
  CHECK(hubspot.last().bearer.Reveal() == "pat-na1-x");
  for (int i = 0; i < 2; ++i) {
    const auto untold = client.GrantedScopes();
    REQUIRE_FALSE(bool(untold));
    CHECK(untold.error().kind == ApiErrorKind::kUnsupported);
    CHECK(untold.error().message == "HubSpot does not say what this token may do");
  }
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: a list asks for one page of named properties") {
  hubspot.Answer(200, R"({"results":[{"id":"1","properties":{"email":"a@b.c"}}]})");

  const auto page = client.List(contacts, {.after = "17", .properties = Set({"b", "email"})});

  REQUIRE(bool(page));
  CHECK(page->records.size() == 1);
  CHECK(page->times.date == *ParseRfc3339("2026-09-01T10:00:00Z"));
  CHECK(page->times.sent_at == clock.Now());
  const ClientRequest request = hubspot.last();
  CHECK(request.target == "/crm/objects/2026-09/0-1?limit=100&after=17&properties=b,email");
  CHECK(request.body.empty());
  CHECK(request.bearer.Reveal() == "pat-na1-x");
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: the archived list is another list") {
  hubspot.Answer(200, R"({"results":[]})");

  CHECK(bool(client.List(contacts, {.archived = true, .properties = Set({"a"})})));

  CHECK(hubspot.last().target == "/crm/objects/2026-09/0-1?limit=100&archived=true&properties=a");
  CHECK(exchanges.all.back().endpoint == Endpoint::kArchivedList);
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: search asks for ids and stamps only") {
  hubspot.Answer(200, R"({"total":3,"results":[
      {"id":"9","properties":{"hs_object_id":"9","lastmodifieddate":"2026-09-01T09:59:00Z"}},
      {"id":"12","properties":{}}],"paging":{"next":{"after":"2"}}})");

  const auto answer = client.Search(contacts, {.modified_from = TimePoint(1000ms),
                                               .modified_to = TimePoint(2000ms),
                                               .id_above = RecordId{7},
                                               .has_property = "color"});

  REQUIRE(bool(answer));
  CHECK(answer->total == 3);
  CHECK(answer->more);
  REQUIRE(answer->nominations.size() == 2);
  CHECK(answer->nominations[0].id == RecordId{9});
  CHECK(answer->nominations[0].modified == ParseRfc3339("2026-09-01T09:59:00Z"));
  CHECK_FALSE(answer->nominations[1].modified);
  CHECK(hubspot.last().target == "/crm/objects/2026-09/0-1/search");
  CHECK(hubspot.last().content_type == "application/json");
  CHECK(hubspot.last().body ==
        R"({"after":"0","filterGroups":[{"filters":[)"
        R"({"propertyName":"lastmodifieddate","operator":"GTE","value":"1000"},)"
        R"({"propertyName":"lastmodifieddate","operator":"LTE","value":"2000"},)"
        R"({"propertyName":"hs_object_id","operator":"GT","value":"7"},)"
        R"({"propertyName":"color","operator":"HAS_PROPERTY"}]}],)"
        R"("sorts":[{"propertyName":"hs_object_id","direction":"ASCENDING"}],)"
        R"("properties":["hs_object_id","lastmodifieddate"],"limit":200})");
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: the newest id is one search result") {
  hubspot.Answer(200, R"({"total":0,"results":[]})");

  CHECK(bool(client.Search(*FindObjectType("deals"), {.newest_first = true, .limit = 1})));

  CHECK(hubspot.last().body ==
        R"({"after":"0","filterGroups":[],)"
        R"("sorts":[{"propertyName":"hs_object_id","direction":"DESCENDING"}],)"
        R"("properties":["hs_object_id","hs_lastmodifieddate"],"limit":1})");
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: a place in a list is one search result") {
  hubspot.Answer(200, R"({"total":0,"results":[]})");

  CHECK(bool(client.Search(
      contacts, {.id_above = RecordId{7}, .id_below = RecordId{900}, .skip = 4999, .limit = 1})));

  CHECK(hubspot.last().body ==
        R"({"after":"4999","filterGroups":[{"filters":[)"
        R"({"propertyName":"hs_object_id","operator":"GT","value":"7"},)"
        R"({"propertyName":"hs_object_id","operator":"LT","value":"900"}]}],)"
        R"("sorts":[{"propertyName":"hs_object_id","direction":"ASCENDING"}],)"
        R"("properties":["hs_object_id","lastmodifieddate"],"limit":1})");
}

TEST_CASE_FIXTURE(ApiClientFixture,
                  "api client: a batch read names ids and properties in its body") {
  hubspot.Answer(207, R"({"status":"COMPLETE","results":[],"errors":[
      {"category":"OBJECT_NOT_FOUND","context":{"ids":["2"]}}]})");

  const auto page = client.BatchRead(
      contacts, {.archived = true, .ids = {{1}, {2}}, .properties = Set({"a", "b"})});

  REQUIRE(bool(page));
  CHECK(page->not_found == std::vector<RecordId>{{2}});
  CHECK(hubspot.last().target == "/crm/objects/2026-09/0-1/batch/read?archived=true");
  CHECK(hubspot.last().body == R"({"inputs":[{"id":"1"},{"id":"2"}],"properties":["a","b"],)"
                               R"("propertiesWithHistory":[]})");
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: a batch read may ask by a unique value") {
  hubspot.Answer(200, R"({"status":"COMPLETE","results":[]})");

  const auto page = client.BatchRead(
      contacts,
      {.ids = {}, .properties = Set({"email"}), .unique_property = "email", .values = {"a@x.de"}});

  CHECK(bool(page));
  CHECK(hubspot.last().body == R"({"inputs":[{"id":"a@x.de"}],"idProperty":"email",)"
                               R"("properties":["email"],"propertiesWithHistory":[]})");
}

TEST_CASE_FIXTURE(ApiClientFixture,
                  "api client: a 404 of a batch says of every record that there is none") {
  hubspot.Answer(404, R"({"status":"error","category":"OBJECT_NOT_FOUND",
      "message":"Could not get some CONTACT objects","context":{"ids":["1","2"]}})");

  const auto page = client.BatchRead(contacts, {.ids = {{1}, {2}}, .properties = Set({"a"})});

  REQUIRE(bool(page));
  CHECK(page->records.empty());
  CHECK(page->not_found == std::vector<RecordId>{{1}, {2}});
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: property definitions keep what the mirror needs") {
  hubspot.Answer(200, R"({"results":[{"name":"color","label":"Colour","type":"enumeration",
      "fieldType":"select","groupName":"g","description":"d","hasUniqueValue":true,"hidden":true,
      "calculated":true,"hubspotDefined":true,"externalOptions":true,"archived":true,
      "referencedObjectType":"OWNER","unknown":{"x":1},"displayOrder":7,
      "currencyPropertyName":"code","showCurrencySymbol":true,"numberDisplayHint":"currency",
      "textDisplayHint":"multi_line","dateDisplayHint":"absolute",
      "createdAt":"2026-01-02T03:04:05.678Z",
      "options":[{"value":"r","label":"Red","displayOrder":2,"hidden":true,"description":null}]}]})");

  const auto definitions =
      client.Properties(contacts, {.archived = true, .data_sensitivity = "sensitive"});

  REQUIRE(bool(definitions));
  CHECK((*definitions)[0] ==
        PropertyDefinition{
            .name = "color",
            .label = "Colour",
            .type = "enumeration",
            .field_type = "select",
            .group_name = "g",
            .description = "d",
            .data_sensitivity = "sensitive",
            .referenced_object_type = "OWNER",
            .currency_property_name = "code",
            .number_display_hint = "currency",
            .text_display_hint = "multi_line",
            .date_display_hint = "absolute",
            .display_order = 7,
            .calculated = true,
            .hubspot_defined = true,
            .external_options = true,
            .has_unique_value = true,
            .hidden = true,
            .archived = true,
            .show_currency_symbol = true,
            .created_at = ParseRfc3339("2026-01-02T03:04:05.678Z"),
            .options = {{.value = "r", .label = "Red", .display_order = 2, .hidden = true}}});
  CHECK(hubspot.last().target ==
        "/crm/properties/2026-09/0-1?archived=true&dataSensitivity=sensitive");
}

TEST_CASE_FIXTURE(
    ApiClientFixture,
    "api client: what PostgreSQL cannot hold in definitions is replaced and counted") {
  hubspot.Answer(200, R"({"results":[{"name":"city","label":"C\u0000ty","options":[
      {"value":"\ud83d","label":"ok"}]}]})");
  hubspot.Answer(200, R"({"results":[{"id":"4","name":"Sales\u0000"}]})");
  hubspot.Answer(200, R"({"results":[{"id":"1","properties":{"a":"\u0000"}}]})");

  const auto definitions = client.Properties(contacts, {});
  REQUIRE(bool(definitions));
  CHECK(definitions->at(0).label == "C\xEF\xBF\xBDty");
  CHECK(exchanges.all.back().replaced == 2);
  CHECK(bool(client.ReadReference({.kind = ReferenceKind::kTeams})));
  CHECK(exchanges.all.back().replaced == 1);

  // A record's are its stream's.
  const auto page = client.List(contacts, {.properties = Set({"a"})});
  CHECK(exchanges.all.back().replaced == 0);
  CHECK(page->values_replaced == 1);
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: lists are asked for with their size and folder") {
  hubspot.Answer(200, R"({"lists":[],"hasMore":false,"offset":0})");

  REQUIRE(bool(client.ReadReference({.kind = ReferenceKind::kLists})));
  CHECK(hubspot.last().body.find(
            R"("additionalProperties":["hs_list_size","hs_folder_name","hs_list_reference_count",)"
            R"("hs_last_record_added_at","hs_last_record_removed_at"])") != std::string::npos);
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: members beyond an id are asked for by its place") {
  hubspot.Answer(200, R"({"results":[]})");
  hubspot.Answer(200, R"({"results":[]})");

  REQUIRE(bool(client.ReadReference(
      {.kind = ReferenceKind::kListMemberships, .list_id = "7", .beyond = 301, .limit = 1})));
  CHECK(
      hubspot.last().target.ends_with("/lists/2026-09/7/memberships?limit=1&after=AAAAAAAAAS0%3D"));
  REQUIRE(bool(client.ReadReference({.kind = ReferenceKind::kListMemberships,
                                     .list_id = "7",
                                     .beyond = 123456789012,
                                     .limit = 1})));
  CHECK(hubspot.last().target.ends_with("&after=AAAAHL6ZGhQ%3D"));
}

TEST_CASE_FIXTURE(ApiClientFixture,
                  "api client: a list too long for a URL is read as ids, then by batch") {
  const PropertySetPtr wide = WideSet();
  hubspot.Answer(200, R"({"results":[{"id":"1","properties":{}},{"id":"2","properties":{}},
      {"id":"3","properties":{}}],"paging":{"next":{"after":"4"}}})");
  hubspot.Answer(207, R"({"results":[{"id":"3","properties":{"a_property_10999":"z"}},
      {"id":"1","properties":{}},{"id":"8","properties":{}}]})");

  const auto page = client.List(contacts, {.archived = true, .after = "1", .properties = wide});

  REQUIRE(bool(page));
  CHECK(client.ListCost(contacts, *wide) == 2);
  CHECK(page->next_after == "4");
  CHECK(page->properties == wide);
  REQUIRE(page->records.size() == 2);
  CHECK(page->records[0].id == RecordId{1});
  CHECK(page->records[1].id == RecordId{3});
  CHECK(page->records[1].values[0].raw == "z");
  CHECK(hubspot.requests()[0].target.ends_with("&archived=true&after=1&properties=hs_object_id"));
  CHECK(hubspot.requests()[1].target.ends_with("/batch/read?archived=true"));
}

TEST_CASE_FIXTURE(ApiClientFixture,
                  "api client: after a 414 below our bound such lists are read by ids and batch") {
  std::vector<std::string> names;
  for (int i = 0; i < 400; ++i) names.push_back("a_property_" + std::to_string(10'000 + i));
  const PropertySetPtr set = Set(std::move(names));
  REQUIRE(client.ListCost(contacts, *set) == 1);
  hubspot.AnswerWith(ClientAnswer{.status = 414,
                                  .headers = {{"content-type", "text/html"}},
                                  .body = "<h1>414 Request-URI Too Large</h1>"});
  hubspot.Answer(200, R"({"results":[{"id":"1","properties":{}}]})");
  hubspot.Answer(200, R"({"results":[{"id":"1","properties":{"a_property_10000":"z"}}]})");

  const auto refused = client.List(contacts, {.properties = set});
  REQUIRE_FALSE(bool(refused));
  CHECK(refused.error().message.find("by ids and batch from now on") != std::string::npos);
  CHECK(client.ListCost(contacts, *set) == 2);
  CHECK(client.ListCost(contacts, *Set({"email"})) == 1);

  const auto page = client.List(contacts, {.properties = set});

  REQUIRE(bool(page));
  CHECK(page->records[0].values[0].raw == "z");
  CHECK(hubspot.last().target.ends_with("/batch/read"));
}

TEST_CASE_FIXTURE(ApiClientFixture,
                  "api client: a 414 that no shorter list can avoid is only told") {
  hubspot.AnswerWith(ClientAnswer{.status = 414, .headers = {}, .body = ""});
  CHECK_FALSE(bool(client.List(contacts, {.properties = Set({"email"})})));
  CHECK(client.ListCost(contacts, *Set({"email"})) == 1);
}

TEST_CASE_FIXTURE(ApiClientFixture,
                  "api client: an empty page of a wide list needs no batch read") {
  hubspot.Answer(200, R"({"results":[],"paging":{"next":{"after":"4"}}})");

  const auto page = client.List(contacts, {.properties = WideSet()});

  CHECK(page->next_after == "4");
  CHECK(hubspot.requests().size() == 1);
}

TEST_CASE_FIXTURE(ApiClientFixture,
                  "api client: the cost of a list turns where its URL would be too long") {
  std::vector<std::string> names;
  while (client.ListCost(contacts, *Set(names)) == 1) {
    names.push_back(std::to_string(100 + names.size()) + std::string(97, 'p'));
  }
  names.pop_back();
  hubspot.Answer(200, R"({"results":[]})");

  CHECK(bool(client.List(contacts, {.archived = true, .properties = Set(names)})));

  const size_t url =
      std::string("https://api.hubapi.com:443").size() + hubspot.last().target.size();
  CHECK(url <= kLongestUrl);
  CHECK(url > kLongestUrl - 200);
}

TEST_CASE_FIXTURE(ApiClientFixture,
                  "api client: every exchange is reported with its budget headers") {
  hubspot.AnswerWith(
      ClientAnswer{.status = 200,
                   .headers = {{"content-type", "application/json"},
                               {"date", "Tue, 01 Sep 2026 10:00:00 GMT"},
                               {"x-hubspot-ratelimit-max", "190"},
                               {"x-hubspot-ratelimit-remaining", "188"},
                               {"x-hubspot-ratelimit-interval-milliseconds", "10000"},
                               {"x-hubspot-ratelimit-daily", "625000"},
                               {"x-hubspot-ratelimit-daily-remaining", "oops"}},
                   .body = R"({"results":[]})",
                   .wire_bytes = 42});

  CHECK(bool(client.List(contacts, {.properties = Set({"a"})})));

  REQUIRE(exchanges.all.size() == 1);
  const Exchange& exchange = exchanges.all[0];
  CHECK(exchange.portal == "acme");
  CHECK(exchange.endpoint == Endpoint::kList);
  CHECK(exchange.status == 200);
  CHECK_FALSE(exchange.failure);
  CHECK(exchange.date == ParseRfc3339("2026-09-01T10:00:00Z"));
  CHECK(exchange.body_bytes == 42);
  CHECK(exchange.rate.burst_limit == 190);
  CHECK(exchange.rate.burst_remaining == 188);
  CHECK(exchange.rate.burst_window == 10s);
  CHECK(exchange.rate.daily_limit == 625'000);
  CHECK_FALSE(exchange.rate.daily_remaining);
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: failures of every kind are reported as such") {
  const ListRequest list{.properties = Set({"a"})};
  hubspot.AnswerWith(HttpFailure{.kind = HttpFailure::Kind::kTimeout});
  hubspot.Answer(503, "<html>", {});
  hubspot.Answer(200, "{", {{"x-hubspot-correlation-id", "c-1"}});
  hubspot.AnswerWith(ClientAnswer{.status = 200,
                                  .headers = {{"content-type", "application/json"}},
                                  .body = R"({"results":[]})"});

  CHECK(client.List(contacts, list).error().kind == ApiErrorKind::kTimeout);
  CHECK(client.List(contacts, list).error().kind == ApiErrorKind::kServer);
  const auto cut = client.List(contacts, list);
  CHECK(cut.error().kind == ApiErrorKind::kDecode);
  CHECK(cut.error().status == 200);
  CHECK(cut.error().correlation_id == "c-1");
  CHECK(client.List(contacts, list).error().message ==
        "the answer cannot be read: it has no Date header");

  REQUIRE(exchanges.all.size() == 4);
  CHECK(exchanges.all[0].failure == ApiErrorKind::kTimeout);
  CHECK(exchanges.all[0].status == 0);
  CHECK(exchanges.all[1].failure == ApiErrorKind::kServer);
  CHECK(exchanges.all[2].failure == ApiErrorKind::kDecode);
  CHECK(exchanges.all[3].failure == ApiErrorKind::kDecode);
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: a token that an answer repeats goes no further") {
  StaticToken long_token([] { return Secret("pat-na1-0123456789"); });
  ApiClient echoed({.key = "acme", .version = "2026-09"}, {hubspot, clock, source_clock},
                   long_token, exchanges);
  const ScriptedTransport::Headers headers = {{"X-HubSpot-Correlation-Id", "pat-na1-0123456789"},
                                              {"CF-Ray", "cGF0LW5hMS0wMTIzNDU2Nzg5"}};
  hubspot.Answer(400, R"({"category":"pat-na1-0123456789","message":"no: pat-na1-0123456789"})",
                 headers);
  hubspot.Answer(403,
                 R"({"message":"pat\u002dna1\u002d0123456789",)"
                 R"("errors":[{"context":{"requiredScopes":["pat-na1-0123456789"]}}]})",
                 headers);
  hubspot.Answer(200,
                 R"({"results":[{"from":{"id":"1"},"to":[]}],)"
                 R"("errors":[{"category":"pat-na1-0123456789"}]})",
                 headers);

  const auto bad = echoed.AccountDetails();
  const auto forbidden = echoed.AccountDetails();
  const auto links = echoed.ReadLinks(contacts, *FindObjectType("deals"), {{RecordId{1}, {}}});

  for (const ApiError& error : {bad.error(), forbidden.error(), links.error()}) {
    CAPTURE(error.message);
    CHECK(error.message.find("0123456789") == std::string::npos);
    CHECK(error.correlation_id.find("0123456789") == std::string::npos);
    CHECK(error.correlation_id.find("MDEyMzQ1Njc4") == std::string::npos);
    for (const std::string& scope : error.missing_scopes) CHECK(scope != "pat-na1-0123456789");
  }
  CHECK(bad.error().message.find("no: [secret]") != std::string::npos);
}

TEST_CASE_FIXTURE(ApiClientFixture,
                  "api client: a date that no clock agrees with is not passed on") {
  source_clock.Judge({.date = *ParseRfc3339("2026-09-01T10:00:00Z"),
                      .sent_at = clock.Now(),
                      .answered_at = clock.Now(),
                      .wall = *ParseRfc3339("2026-09-01T10:00:00Z")});
  ClientAnswer answer{
      .status = 200,
      .headers = {{"content-type", "application/json"}, {"date", "Tue, 19 Jan 2038 03:14:07 GMT"}},
      .body = R"({"results":[]})"};
  hubspot.AnswerWith(answer);

  const auto page = client.List(contacts, {.properties = Set({"a"})});

  REQUIRE(bool(page));
  CHECK(page->times.date == *ParseRfc3339("2026-09-01T10:00:00Z"));
  CHECK(exchanges.all.back().date == *ParseRfc3339("2026-09-01T10:00:00Z"));
}

/// The fixture's portal with a static token that must be portal 42's.
struct CheckedFixture : ApiClientFixture {
  std::string configured = "pat-na1-old";
  StaticToken checked{[this] { return Secret(configured); }, PortalId{42}};
  ApiClient portal{
      {.key = "acme", .version = "2026-09"}, {hubspot, clock, source_clock}, checked, exchanges};

  Result<Page, ApiError> List() { return portal.List(contacts, {.properties = Set({"a"})}); }
  void AnswerAccount(int id) { hubspot.Answer(200, R"({"portalId":)" + std::to_string(id) + "}"); }
  void AnswerRefusal(int status = 401) { hubspot.Answer(status, R"({"status":"error"})"); }
};

TEST_CASE_FIXTURE(CheckedFixture, "static token: nothing but the check is asked with it at first") {
  CHECK(List().error().kind == ApiErrorKind::kUnauthorized);
  CHECK(hubspot.requests().empty());

  AnswerAccount(42);
  hubspot.Answer(200, R"({"results":[]})");
  CHECK(bool(portal.AccountDetails()));
  CHECK(bool(List()));
}

TEST_CASE_FIXTURE(CheckedFixture, "static token: another portal's is never used") {
  AnswerAccount(43);

  CHECK(portal.AccountDetails()->portal_id == PortalId{43});

  CHECK(List().error().kind == ApiErrorKind::kWrongPortal);
  CHECK(hubspot.requests().size() == 1);
}

TEST_CASE_FIXTURE(CheckedFixture, "static token: one that is replaced is checked before its use") {
  AnswerAccount(42);
  AnswerRefusal();
  AnswerAccount(42);
  hubspot.Answer(200, R"({"results":[]})");
  CHECK(bool(portal.AccountDetails()));

  configured = "pat-na1-new";
  CHECK(List().error().kind == ApiErrorKind::kUnauthorized);
  CHECK(hubspot.last().bearer.Reveal() == "pat-na1-old");
  CHECK(List().error().kind == ApiErrorKind::kUnauthorized);
  CHECK(hubspot.requests().size() == 2);
  CHECK(bool(portal.AccountDetails()));
  CHECK(bool(List()));
  CHECK(hubspot.last().bearer.Reveal() == "pat-na1-new");
}

TEST_CASE_FIXTURE(CheckedFixture, "static token: a refused check does not spoil the one in use") {
  AnswerAccount(42);
  AnswerRefusal(530);
  hubspot.Answer(200, R"({"results":[]})");
  CHECK(bool(portal.AccountDetails()));

  configured = "malformed";
  CHECK(portal.AccountDetails().error().kind == ApiErrorKind::kUnauthorized);
  CHECK(bool(List()));

  CHECK(hubspot.last().bearer.Reveal() == "pat-na1-old");
}

TEST_CASE_FIXTURE(CheckedFixture,
                  "static token: a late refusal of the old one spares the new one") {
  AnswerAccount(42);
  AnswerAccount(42);
  CHECK(bool(portal.AccountDetails()));
  configured = "pat-na1-new";
  CHECK(bool(portal.AccountDetails()));

  CHECK(checked.Reject(Secret("pat-na1-old")) == ApiErrorKind::kTokenExpired);
  CHECK(checked.Acquire()->Reveal() == "pat-na1-new");
  CHECK(checked.Reject(Secret("pat-na1-new")) == ApiErrorKind::kUnauthorized);
}

TEST_CASE_FIXTURE(ApiClientFixture,
                  "static token: without a portal to check it is read again when refused") {
  hubspot.Answer(401, R"({"status":"error"})");
  hubspot.Answer(200, R"({"results":[]})");

  CHECK(client.List(contacts, {.properties = Set({"a"})}).error().kind ==
        ApiErrorKind::kUnauthorized);
  CHECK(bool(client.List(contacts, {.properties = Set({"a"})})));
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: without a readable secret nothing is sent") {
  StaticToken unreadable(
      []() -> Result<Secret, std::string> { return std::string("file /x is not there"); });
  ApiClient other({.key = "acme", .version = "2026-09"}, {hubspot, clock, source_clock}, unreadable,
                  exchanges);

  const auto account = other.AccountDetails();

  CHECK(account.error().kind == ApiErrorKind::kSecret);
  CHECK(account.error().message == "file /x is not there");
  CHECK(hubspot.requests().empty());
  CHECK(exchanges.all.empty());
}

TEST_CASE("static token: anything but visible ASCII is refused before it is sent") {
  for (const char* token : {"pat na1", "pat\r\nX-Evil: 1", "pat-\xC3\xA9", "\"pat\"\t"}) {
    CAPTURE(token);
    StaticToken refused([token] { return Secret(token); });
    const auto acquired = refused.AcquireToIdentify();
    REQUIRE_FALSE(bool(acquired));
    CHECK(acquired.error().kind == ApiErrorKind::kSecret);
    CHECK(acquired.error().message.find("copy it from HubSpot once more") != std::string::npos);
  }
}

}  // namespace
}  // namespace hubmirror
