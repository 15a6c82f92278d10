#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/await.h"
#include "support/http_json.h"
#include "support/sql_session.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kWriter = "crm_writer";
constexpr const char* kWrite =
    "{enabled: true, writers: [crm_writer], "
    "objects: {contacts: {update: [city, jobtitle, lead_score]}}}";

/// A loaded mirror of contacts that a role may write to, and what the portal was asked to write.
struct WriteWorld {
  World world;

  WriteWorld()
      : world({.seed = 91, .records = 800, .latency = "60ms"}, [] {
          DaemonSettings settings;
          settings.portals[0].objects = {"contacts"};
          settings.portals[0].write = kWrite;
          return settings;
        }()) {
    world.portal.Mutate(R"({"object":"contacts","kind":"property_add","name":"lead_score",)"
                        R"("type":"number","field_type":"number"})");
    world.Sql(std::string("CREATE ROLE ") + kWriter + " LOGIN");
    world.Load();
  }

  /// As the role of an application.
  std::string AsWriter(const std::string& sql) const {
    return RunSql(world.database.Dsn(kWriter, World::kDatabase), sql);
  }
  int64_t Rows(const std::string& which) const {
    return std::stoll(world.Sql("SELECT count(*) FROM acme.outbox WHERE " + which));
  }
  void Fault(const std::string& kind) const {
    world.portal.Control("faults", R"({"faults":[{"match":"batch/update","count":1,"kind":")" +
                                       kind + R"(","seconds":5}]})");
  }
  /// One JSON object a line.
  std::vector<compare::Json> Lines(const std::string& path) const {
    std::vector<compare::Json> lines;
    const HttpAnswer answer = HttpGet(world.portal.url(), "/_control/" + path);
    REQUIRE(answer.status == 200);
    for (size_t begin = 0; begin < answer.body.size();) {
      const size_t end = std::min(answer.body.find('\n', begin), answer.body.size());
      if (end > begin) {
        lines.push_back(
            compare::Json::Parse(std::string_view(answer.body).substr(begin, end - begin)));
      }
      begin = end + 1;
    }
    return lines;
  }
  /// How often the portal has written each record, `id property=value ...` by entry.
  std::map<std::string, int> Journal() const {
    std::map<std::string, int> entries;
    for (const compare::Json& line : Lines("writes/1234567?after=0")) {
      std::string entry = line.Text("id");
      for (const auto& [name, value] : line["properties"].AsObject()) {
        entry += " " + name + "=" + value.AsString();
      }
      ++entries[entry];
    }
    return entries;
  }
  /// What HubSpot holds of each live contact.
  std::map<std::string, compare::Json> Truth() const {
    std::map<std::string, compare::Json> records;
    for (const compare::Json& line : Lines("truth/1234567/contacts?limit=0")) {
      if (line.Text("state") == "live") records.emplace(line.Text("id"), line["properties"]);
    }
    return records;
  }
};

TEST_CASE("write: rows of a role become records, each once, through losses and a kill") {
  WriteWorld it;
  World& world = it.world;
  // Numbers for the contacts, so that every tenth can be of another kind.
  world.Sql(
      "CREATE TABLE public.chosen AS SELECT id, city, row_number() OVER (ORDER BY id) AS n "
      "FROM acme.contacts_live ORDER BY id LIMIT 300");
  world.Sql(std::string("GRANT SELECT ON public.chosen TO ") + kWriter);
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

  it.Fault("lost_answer");
  insert(1, 100);
  Await("the loss of an answer", 30s, [&] { return it.Rows("state = 'unknown'") > 0; });
  it.Fault("slow");
  insert(101, 200);
  Await("a request under way", 30s, [&] { return it.Rows("state = 'sending'") > 0; });
  world.daemon.Kill();
  world.daemon.Start();
  insert(201, 300);
  Await("the rows that nothing happened to", 60s,
        [&] { return it.Rows("state IN ('queued', 'written')") == 0; });
  // Nothing is sent of what is in doubt before HubSpot's clock has gone on for two minutes.
  CHECK(it.Rows("state IN ('sending', 'unknown')") > 0);
  world.portal.Control("settings", R"({"clock_offset":"125s"})");
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
  CHECK(it.Journal() == wanted);
  const auto truth = it.Truth();
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
