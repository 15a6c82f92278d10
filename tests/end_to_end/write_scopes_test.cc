#include <doctest/doctest.h>

#include <string>

#include "write_world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

bool Says(const ProgramResult& result, const std::string& part) {
  return result.output.find(part) != std::string::npos;
}

/// A portal where contacts, deals and e-mails may be written.
struct Scoped {
  WriteWorld it{
      "{enabled: true, writers: [crm_writer], objects: {contacts: {update: [city]}, deals: "
      "{update: [dealname]}, emails: {create: true, unguarded: true}}}",
      {"contacts", "deals", "emails"},
      {.seed = 97, .records = 600},
      [](World&) {}};

  void Grant(const std::string& write_scopes) const {
    it.world.portal.Control("tokens",
                            R"({"action":"scopes","scopes":["oauth","crm.objects.contacts.read",)"
                            R"("crm.objects.deals.read","crm.schemas.contacts.read",)"
                            R"("crm.schemas.deals.read")" +
                                write_scopes + "]}");
  }
  void Insert(const std::string& object, const std::string& property, int rows,
              const std::string& value) const {
    it.AsWriter("INSERT INTO acme.outbox (object, op, record_id, properties) SELECT '" + object +
                "', 'update', id, '{\"" + property + "\":\"" + value + "\"}' FROM acme." + object +
                "_write ORDER BY id LIMIT " + std::to_string(rows));
  }
};

TEST_CASE("write scopes: what the token lacks is said before a row needs it, and not tried out") {
  const Scoped scoped;
  const World& world = scoped.it.world;
  const auto test = [&] { return world.daemon.Cli({"portal", "test", "acme"}); };
  const auto doctor = [&] { return world.daemon.Cli({"doctor", "acme"}); };

  CHECK(Says(world.daemon.Cli({"plan", "acme"}), "crm.objects.contacts.write (contacts, emails)"));
  CHECK(Says(world.daemon.Cli({"plan", "acme"}), "crm.objects.deals.write (deals)"));
  CHECK(test().end.exit_code == 0);
  CHECK(Says(test(), "write scopes ok"));
  CHECK(Says(doctor(), "the token may write what the configuration allows"));

  scoped.Grant(R"(,"crm.objects.contacts.write","sales-email-read")");
  CHECK(test().end.exit_code == 1);
  CHECK(Says(test(), "the token lacks crm.objects.deals.write: deals cannot be written"));
  CHECK(Says(test(), "Next: add crm.objects.deals.write to the app or the key in HubSpot"));
  CHECK(Says(doctor(), "the token lacks crm.objects.deals.write: deals cannot be written"));

  // As of a service key, of which HubSpot may say nothing.
  world.portal.Control("switches", R"({"switches":{"token_info":"not_found"}})");
  CHECK(test().end.exit_code == 0);
  CHECK(Says(test(), "write scopes not known: HubSpot does not say what this token may do"));
  CHECK(scoped.it.Journal().empty());
}

TEST_CASE("write scopes: rows wait where a scope was revoked between two batches, others go on") {
  Scoped scoped;
  WriteWorld& it = scoped.it;
  it.world.portal.Control("settings", R"({"latency":"300ms"})");
  scoped.Insert("contacts", "city", 400, "Ulm");
  Await("a first batch", 60s, [&] { return it.Rows("state = 'done'") > 0; });
  scoped.Grant(R"(,"crm.objects.deals.write","sales-email-read")");
  scoped.Insert("contacts", "city", 20, "Bonn");
  scoped.Insert("deals", "dealname", 50, "Renamed");

  Await("the deals", 60s, [&] { return it.Rows("object = 'deals' AND state = 'done'") == 50; });
  Await("rows that say what is missing", 60s, [&] {
    return it.Rows(
               "state = 'queued' AND reason = 'blocked' AND message LIKE "
               "'%crm.objects.contacts.write%'") > 0;
  });
  Await("what was under way", 60s, [&] { return it.Rows("state NOT IN ('queued', 'done')") == 0; });
  CHECK(it.Rows("state = 'queued'") >= 20);
  Await("the status to say so", 60s, [&] {
    return Says(it.world.daemon.Cli({"status", "acme"}),
                "contacts: the token lacks the scope that writes it");
  });

  scoped.Grant(R"(,"crm.objects.deals.write","crm.objects.contacts.write","sales-email-read")");
  it.world.daemon.Kill();  // It would try again five minutes later.
  it.world.daemon.Start();
  Await("all of them", 120s, [&] { return it.Rows("state <> 'done'") == 0; });
  std::string bonn;
  for (const auto& [id, properties] : it.Truth("contacts")) {
    if (properties.Text("city") == "Bonn") bonn += (bonn.empty() ? "" : ",") + id;
  }
  CHECK(bonn == it.world.Sql("SELECT string_agg(record_id::text, ',' ORDER BY record_id) FROM "
                             "acme.outbox WHERE properties->>'city' = 'Bonn'"));
}

}  // namespace
}  // namespace hubmirror::testing
