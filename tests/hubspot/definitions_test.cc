#include <doctest/doctest.h>

#include "hubspot/api_client_fixture.h"

namespace hubmirror {
namespace {

TEST_CASE_FIXTURE(ApiClientFixture, "api client: property groups and the account are read") {
  hubspot.Answer(200,
                 R"({"results":[{"name":"g","label":"G","displayOrder":3,"archived":false}]})");
  hubspot.Answer(200, R"({"portalId":1234567,"accountType":"STANDARD","timeZone":"US/Eastern",
      "companyCurrency":"USD","additionalCurrencies":["EUR"],"utcOffset":"-05:00",
      "utcOffsetMilliseconds":-18000000,"uiDomain":"app.hubspot.com","dataHostingLocation":"na1"})");

  const auto groups = client.PropertyGroups(contacts);
  const auto account = client.AccountDetails();

  CHECK(*groups == std::vector<PropertyGroup>{{.name = "g", .label = "G", .display_order = 3}});
  CHECK(account->portal_id == PortalId{1234567});
  CHECK(account->utc_offset_ms == -18'000'000);
  CHECK(account->additional_currencies == std::vector<std::string>{"EUR"});
  CHECK(hubspot.requests()[0].target == "/crm/properties/2026-09/0-1/groups");
  CHECK(hubspot.requests()[1].target == "/account-info/2026-09/details");
}

TEST_CASE_FIXTURE(ApiClientFixture, "api client: a key property is made, a text that is unique") {
  hubspot.Answer(201, R"({"name":"our_key","label":"Ours","type":"string","fieldType":"text",
      "groupName":"g","hasUniqueValue":true,"archived":false})");
  hubspot.Answer(409,
                 R"({"status":"error","message":"A property named 'our_key' already exists."})");

  const PropertyDefinition wanted{
      .name = "our_key", .label = "Ours", .group_name = "g", .description = "For us"};
  const auto made = client.MakeKeyProperty(contacts, wanted);
  const auto again = client.MakeKeyProperty(contacts, wanted);

  REQUIRE(bool(made));
  CHECK(made->name == "our_key");
  CHECK(made->has_unique_value);
  CHECK(hubspot.requests()[0].target == "/crm/properties/2026-09/0-1");
  CHECK(hubspot.requests()[0].body ==
        R"({"name":"our_key","label":"Ours","description":"For us","groupName":"g",)"
        R"("type":"string","fieldType":"text","hasUniqueValue":true})");
  REQUIRE_FALSE(bool(again));
  CHECK(again.error().message.find("already exists") != std::string::npos);
}

}  // namespace
}  // namespace hubmirror
