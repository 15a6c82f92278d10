#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

// E-mails of hundreds of contacts, records of one type linked with each other, labels.
constexpr const char* kScenario = R"({"portals":[{"portal_id":1234567,"seed":91,"index_delay":"1s",
  "objects":{"contacts":600,"companies":200,"deals":150,"emails":150,"tickets":80,"tasks":50},
  "tokens":[{"token":"pat-na1-simulated-token"}]SWITCHES}]})";

std::string Scenario(const std::string& switches = "") {
  std::string scenario = kScenario;
  scenario.replace(scenario.find("SWITCHES"), 8,
                   switches.empty() ? "" : ",\"switches\":{" + switches + "}");
  return scenario;
}

TEST_CASE("links: what is linked, unlinked and labelled anew is found without any stamp moving") {
  for (const std::string switches :
       {R"("link_page":"tiny","link_none":"errors","link_id":"string")",
        R"("link_page":"large","link_none":"left_out","link_id":"number")"}) {
    CAPTURE(switches);
    World world({.scenario_json = Scenario(switches)});
    world.Load();
    world.ExpectEqual();
    CHECK(world.Sql("SELECT count(*) > 500 FROM acme.associations") == "t");

    world.portal.StartScript(R"({"events":300,"seconds":5,"seed":8,"weights":{"link":30,"unlink":30,
      "relabel":30,"create":5,"update":10,"archive":10,"restore":10,"merge":10,"erase":3}})");
    world.portal.AwaitScript(60s);
    world.ExpectEqual();

    CHECK(world.Sql("SELECT count(*) > 20 FROM acme.associations WHERE removed_at IS NOT NULL") ==
          "t");
    CHECK(world.portal.LimitViolations().associations == 0);
  }
}

TEST_CASE("links: a new deal shows with its contact and company at the next polls") {
  World world({.scenario_json = Scenario()});
  world.Load();
  world.mirror.Settle();
  const std::string contact = world.Sql("SELECT min(id)::text FROM acme.contacts_live");
  const std::string deal = world.portal.Mutate(
      R"({"object":"deals","kind":"create","properties":{"dealname":"linked"}})");
  world.portal.Mutate(R"({"kind":"link","object":"deals","id":")" + deal +
                      R"(","to_object":"contacts","to_id":")" + contact + R"(","link_kind":1})");

  Await("the link of the new deal", 15s, [&] {
    return world.Sql(
               "SELECT string_agg(coalesce(label, '-'), ',' ORDER BY label NULLS FIRST) FROM "
               "acme.contact_deals WHERE deal_id = " +
               deal + " AND contact_id = " + contact) == "-,Decision maker";
  });
  CHECK(world.Sql("SELECT count(*)::text FROM acme.deal_contacts WHERE deal_id = " + deal) == "2");
}

TEST_CASE("links: an archived end hides a link and does not remove it") {
  World world({.scenario_json = Scenario()});
  world.Load();
  world.mirror.Settle();
  const std::string company = world.Sql(
      "SELECT to_id::text FROM acme.associations WHERE from_type = 'contacts' AND "
      "to_type = 'companies' LIMIT 1");
  const std::string of_company = " WHERE to_type = 'companies' AND to_id = " + company;

  world.portal.Mutate(R"({"object":"companies","kind":"archive","id":")" + company + R"("})");
  world.mirror.Settle();
  CHECK(world.Sql("SELECT count(*)::text FROM acme.company_contacts WHERE company_id = " +
                  company) == "0");
  CHECK(world.Sql("SELECT bool_and(removed_at IS NULL)::text FROM acme.associations" +
                  of_company) == "true");

  world.portal.Mutate(R"({"object":"companies","kind":"restore","id":")" + company + R"("})");
  world.ExpectEqual();
}

TEST_CASE("links: of one type, both ends show a link that an archive hid before it was known") {
  World world({.scenario_json = Scenario()});
  const auto company = [&world] {
    return world.portal.Mutate(R"({"object":"companies","kind":"create"})");
  };
  const std::string one = company();
  const std::string other = company();
  world.portal.Mutate(R"({"kind":"link","object":"companies","id":")" + one +
                      R"(","to_object":"companies","to_id":")" + other + R"("})");
  world.portal.Mutate(R"({"object":"companies","kind":"archive","id":")" + other + R"("})");
  world.Load();
  world.mirror.Settle();
  const std::string shown =
      "SELECT count(*)::text FROM acme.company_companies WHERE company_id IN (" + one + "," +
      other + ") AND other_company_id IN (" + one + "," + other + ")";
  CHECK(world.Sql(shown) == "0");

  world.portal.Mutate(R"({"object":"companies","kind":"restore","id":")" + other + R"("})");
  // Long before all links are read again.
  Await("both directions", 30s, [&] { return world.Sql(shown) == "2"; });
}

TEST_CASE("links: a first reading of all of them costs a request a thousand records and pair") {
  World world({.scenario_json = Scenario(R"("link_page":"large")")});
  world.Load();
  Await("all links", 60s, [&] {
    return world.Sql(
               "SELECT count(*)::text FROM acme._stream_state WHERE job = 'links' AND "
               "last_complete_at IS NOT NULL") == "6";
  });
  // Six types make 21 pairs, of which e-mails and tasks cannot be linked with themselves and each
  // other; none holds more than a thousand records. What was written meanwhile is read again, and
  // two jobs may ask at once what links there can be. A pair that shows none is looked at from its
  // other side too.
  const int64_t empty =
      21 - std::stoll(world.Sql("SELECT count(*)::text FROM (SELECT DISTINCT from_type, to_type "
                                "FROM acme.associations) pairs"));
  CHECK(world.portal.Requests("link labels") >= 21);
  CHECK(world.portal.Requests("link labels") <= 21 + 6 + empty);
  CHECK(world.portal.Requests("links") >= 18);
  CHECK(world.portal.Requests("links") <= 18 + 6 + empty);
}

TEST_CASE("links: a pair that HubSpot shows from its second side alone is read from there") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":92,"index_delay":"1s",
    "objects":{"deals":150,"leads":120},"tokens":[{"token":"pat-na1-simulated-token"}],
    "switches":{"lead_deals":"from_leads"}}]})"},
              [] {
                DaemonSettings settings;
                settings.portals[0].objects = {"deals", "leads"};
                return settings;
              }());
  world.Load();
  world.ExpectEqual();
  const std::string linked =
      "SELECT count(*) > 10 FROM acme.associations WHERE from_type = 'deals' AND to_type = 'leads'";
  CHECK(world.Sql(linked) == "t");

  world.portal.StartScript(R"({"events":80,"seconds":2,"seed":8,"weights":{"link":30,"unlink":30,
    "relabel":10,"create":10,"update":10,"archive":5,"restore":5}})");
  world.portal.AwaitScript(60s);
  world.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
