#include <doctest/doctest.h>

#include <map>
#include <string>

#include "write_world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kWrite =
    "{enabled: true, writers: [crm_writer], "
    "objects: {contacts: {update: [city, jobtitle, lead_score]}}}";

PortalOptions Portal() {
  return {.seed = 91, .records = 800, .latency = "60ms"};
}

/// How often the portal has written each record, `id property=value ...` by entry.
std::map<std::string, int> Entries(const WriteWorld& it) {
  std::map<std::string, int> entries;
  for (const compare::Json& line : it.Journal()) {
    std::string entry = line.Text("id");
    for (const auto& [name, value] : line["properties"].AsObject()) {
      entry += " " + name + "=" + value.AsString();
    }
    ++entries[entry];
  }
  return entries;
}

TEST_CASE("write: rows of a role become records, each once, through losses and a kill") {
  WriteWorld it(kWrite, {"contacts"}, Portal(), [](World& world) {
    world.portal.Mutate(R"({"object":"contacts","kind":"property_add","name":"lead_score",)"
                        R"("type":"number","field_type":"number"})");
  });
  World& world = it.world;
  // Numbers for the contacts, so that every tenth can be of another kind.
  world.Sql(
      "CREATE TABLE public.chosen AS SELECT id, city, row_number() OVER (ORDER BY id) AS n "
      "FROM acme.contacts_live ORDER BY id LIMIT 300");
  world.Sql(std::string("GRANT SELECT ON public.chosen TO ") + WriteWorld::kWriter);
  const auto id_of = [&](int n) {
    return world.Sql("SELECT id FROM public.chosen WHERE n = " + std::to_string(n));
  };
  const std::string loser = id_of(300);
  const std::string survivor = world.portal.Mutate(
      R"({"object":"contacts","kind":"merge","id":")" +
      world.Sql("SELECT max(id) FROM acme.contacts_live") + R"(","loser":")" + loser + R"("})");

  const auto insert = [&](int from, int to) {
    it.AsWriter(
        "INSERT INTO acme.outbox (key, object, op, record_id, properties, base) "
        "SELECT 'k/' || n, 'contacts', 'update', id, "
        "CASE WHEN n % 10 = 1 THEN jsonb_build_object('city', city) "
        "     WHEN n = 300 THEN jsonb_build_object('lead_score', n + 0.5) "
        "     ELSE jsonb_build_object('city', 'Ulm ' || n, 'lead_score', n + 0.5) END, "
        "CASE WHEN n % 10 = 2 THEN jsonb_build_object('city', 'never there') END "
        "FROM public.chosen WHERE n BETWEEN " +
        std::to_string(from) + " AND " + std::to_string(to));
  };

  it.LoseAndKill(
      "batch/update", [&] { insert(1, 100); }, [&] { insert(101, 200); });
  insert(201, 300);
  Await("the rows that nothing happened to", 60s,
        [&] { return it.Rows("state IN ('queued', 'written')") == 0; });
  CHECK(it.Rows("state IN ('sending', 'unknown')") > 0);
  it.EndDoubts();
  Await("an end of every row", 60s,
        [&] { return it.Rows("state NOT IN ('done', 'conflict')") == 0; });

  CHECK(it.Rows("true") == 300);
  CHECK(it.Rows("state = 'conflict'") == 30);
  CHECK(it.Rows("state = 'done' AND reason = 'unchanged'") == 30);
  CHECK(it.Rows("state = 'done' AND reason IS NULL") == 240);
  CHECK(world.Sql("SELECT result_id FROM acme.outbox WHERE key = 'k/300'") == survivor);

  // The journal has each of the rows that were to be sent once, and nothing else.
  std::map<std::string, int> wanted;
  for (int n = 1; n <= 300; ++n) {
    if (n % 10 == 1 || n % 10 == 2) continue;
    const std::string score = "lead_score=" + std::to_string(n) + ".5";
    wanted[n == 300 ? survivor + " " + score
                    : id_of(n) + " city=Ulm " + std::to_string(n) + " " + score] = 1;
  }
  CHECK(Entries(it) == wanted);
  const auto truth = it.Truth("contacts");
  for (int n = 1; n < 300; ++n) {
    if (n % 10 == 1) continue;
    CAPTURE(n);
    const bool sent = n % 10 != 2;
    CHECK((truth.at(id_of(n)).Text("city") == "Ulm " + std::to_string(n)) == sent);
  }

  // The mirror shows what is done, and all else is as it is at the portal.
  CHECK(world.Sql("SELECT count(*) FROM acme.outbox o JOIN acme.contacts c ON c.id = o.result_id "
                  "WHERE o.state = 'done' AND o.properties ? 'lead_score' AND c.lead_score IS "
                  "DISTINCT FROM (o.properties->>'lead_score')::numeric") == "0");
  it.AsWriter(
      "INSERT INTO acme.outbox (key, object, op, record_id, properties) SELECT 'last', "
      "'contacts', 'update', id, '{\"jobtitle\":\"Boss\"}' FROM public.chosen WHERE n = 5");
  CHECK(it.AsWriter("SELECT state FROM acme.outbox_wait(key => 'last', timeout => '20 s')") ==
        "done");
  CHECK(world.Sql("SELECT jobtitle FROM acme.contacts WHERE id = " + id_of(5)) == "Boss");
  world.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
