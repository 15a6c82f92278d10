#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

// Written out here, so that a type missing in the daemon's own table is noticed.
const std::vector<std::string> kTypes = {
    "appointments",   "calls",        "carts",         "commerce_payments",
    "communications", "companies",    "contacts",      "courses",
    "deals",          "discounts",    "emails",        "feedback_submissions",
    "fees",           "goal_targets", "invoices",      "leads",
    "line_items",     "listings",     "meetings",      "notes",
    "orders",         "postal_mail",  "products",      "projects",
    "quotes",         "services",     "subscriptions", "tasks",
    "taxes",          "tickets",      "users"};

std::string Scenario(uint64_t seed, const std::string& search_unlisted,
                     const std::string& scopes = "") {
  std::string objects;
  for (const std::string& type : kTypes) {
    objects +=
        (objects.empty() ? "\"" : ",\"") + type + "\":" + (type == "contacts" ? "400" : "90");
  }
  return R"({"portals":[{"portal_id":1234567,"seed":)" + std::to_string(seed) +
         R"(,"index_delay":"1s","objects":{)" + objects +
         R"(},"tokens":[{"token":"pat-na1-simulated-token")" + scopes +
         R"(}],"switches":{"search_unlisted":")" + search_unlisted + R"("}}]})";
}

DaemonSettings EveryType() {
  DaemonSettings settings;
  settings.portals[0].objects = kTypes;
  settings.portals[0].all_objects = true;
  settings.defaults = {{"interval", "12s"}, {"freshness_target", "60s"}};
  return settings;
}

void LoadChangeAndCompare(World& world) {
  world.Load();
  world.portal.StartScript(R"({"events":300,"seconds":5,"seed":4})");
  world.portal.AwaitScript(60s);
  // More than a hundred pairs of types are read for their links.
  world.mirror.Settle(400s);

  world.ExpectNoDifferences();
  CHECK(world.portal.LimitViolations().total() == 0);
}

TEST_CASE("all types: whatever the token may read is loaded, followed and equal") {
  World world({.scenario_json = Scenario(81, "served")}, EveryType());
  LoadChangeAndCompare(world);
  CHECK(world.portal.FirstUnexpected() == "");
}

TEST_CASE("all types: what cannot be searched is followed by walking its list") {
  World world({.scenario_json = Scenario(82, "not_found")}, EveryType());
  LoadChangeAndCompare(world);

  const std::string id = world.portal.Mutate(
      R"({"object":"users","kind":"create","properties":{"hs_name":"new here"}})");
  Await("a new user, by the next walk", 30s, [&] {
    return world.Sql("SELECT hs_name FROM acme.users_live WHERE id = " + id) == "new here";
  });
  const auto users = world.daemon.Stream("acme", "users");
  CHECK(users.Text("state") == "current");
  CHECK(users.Text("message").find("walking the whole list") != std::string::npos);
  // It was asked until it was believed, not at every poll.
  CHECK(world.portal.Requests("search users") <= 4);
}

TEST_CASE("all types: types whose scope is missing are named, the others are mirrored") {
  World world({.scenario_json = Scenario(83, "served",
                                         R"(,"scopes":["oauth","crm.objects.contacts.read",
    "sales-email-read","crm.objects.deals.read","crm.objects.contacts.sensitive.read.v2",
    "crm.objects.contacts.highly_sensitive.read.v2","crm.objects.deals.sensitive.read.v2",
    "crm.objects.deals.highly_sensitive.read.v2"])")},
              EveryType());
  world.daemon.Start();

  for (const char* object : {"leads", "line_items", "users", "tickets"}) {
    CAPTURE(object);
    Await("its state", 60s,
          [&] { return world.daemon.Stream("acme", object).Text("reason") == "scope"; });
    CHECK(world.daemon.Stream("acme", object).Text("message").find("scope") != std::string::npos);
  }
  DaemonPortal readable = world.daemon.settings().portals[0];
  readable.objects = {"contacts", "deals", "emails",         "calls",      "notes",
                      "meetings", "tasks", "communications", "postal_mail"};
  MirrorCheck others(world.portal, world.daemon, world.AdminDsn(), readable);
  others.WithoutReference();
  others.WaitBackfill(60s);
  for (const std::string& object : readable.objects) {
    CAPTURE(object);
    CHECK(world.daemon.Cli({"settle", "acme/" + object}).end.exit_code == 0);
  }
  const auto outcome = others.Compare();
  INFO(outcome.words);
  CHECK(outcome.report.differences == 0);

  world.portal.Control("tokens", R"({"action":"scopes","scopes":["oauth",
    "crm.objects.contacts.read","sales-email-read","crm.objects.deals.read",
    "crm.objects.leads.read"]})");
  CHECK(world.daemon.Cli({"poll", "acme/leads"}).end.exit_code == 0);
  Await("leads, after the scope was granted", 30s,
        [&] { return world.daemon.Stream("acme", "leads").Text("state") == "current"; });
}

}  // namespace
}  // namespace hubmirror::testing
