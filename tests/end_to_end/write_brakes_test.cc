#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "support/await.h"
#include "support/http_json.h"
#include "support/sql_session.h"
#include "world.h"
#include "write_world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

DaemonSettings Writing(const std::string& brakes) {
  DaemonSettings settings;
  settings.portals[0].objects = {"contacts"};
  settings.defaults["feed"] = "{enabled: true}";
  settings.portals[0].write =
      "{enabled: true, objects: {contacts: {update: [city]}}, brakes: {" + brakes + "}}";
  return settings;
}

struct BrakeWorld {
  World world;

  explicit BrakeWorld(int seed, const std::string& brakes = "max_update: 1000")
      : world({.seed = static_cast<uint64_t>(seed), .records = 160}, Writing(brakes)) {
    world.Load();
  }
  /// Rows for so many contacts.
  void Insert(const std::string& city, int count) const {
    world.Sql(
        "INSERT INTO acme.outbox (object, op, record_id, properties) SELECT 'contacts', 'update', "
        "id, jsonb_build_object('city', '" +
        city + "') FROM acme.contacts_live ORDER BY id LIMIT " + std::to_string(count));
  }
  int64_t Rows(const std::string& which) const {
    return std::stoll(world.Sql("SELECT count(*) FROM acme.outbox WHERE " + which));
  }
  /// How many records the portal was asked to write so far.
  int64_t Written() const {
    const HttpAnswer answer = HttpGet(world.portal.url(), "/_control/writes/1234567?after=0");
    REQUIRE(answer.status == 200);
    return std::ranges::count(answer.body, '\n');
  }
};

TEST_CASE("write brakes: a daemon on a copy of the database sends nothing until it is released") {
  BrakeWorld it(94);
  World& world = it.world;
  it.Insert("Ulm", 1);
  Await("the first row", 30s, [&] { return it.Rows("state = 'done'") == 1; });
  const int64_t before = it.Written();
  world.daemon.Terminate();
  it.Insert("Bonn", 5);
  // The session that is kept for the tests would be in the way.
  world.database.Run("SELECT 1", "template1");
  world.database.Run("CREATE DATABASE copy TEMPLATE crm");
  world.database.Run("GRANT CREATE ON DATABASE copy TO mirror");
  const auto in_copy = [&](const std::string& sql) { return world.database.Run(sql, "copy"); };
  // As if the copy had lain about for a while.
  in_copy("UPDATE acme._owner SET renewed_at = renewed_at - interval '2 minutes'");
  DaemonSettings settings = world.daemon.settings();
  settings.dsn = world.database.Dsn(World::kRole, "copy");
  DaemonProcess other(settings);
  other.Start();
  Await("the rows of the copy to say that they are held", 60s, [&] {
    return in_copy("SELECT count(*) FROM acme.outbox WHERE state = 'queued' AND reason = 'held'") ==
           "5";
  });
  Await("the status of the copy to say it", 60s, [&] {
    return other.Cli({"status", "acme"}).output.find("held (copy)") != std::string::npos;
  });
  CHECK(other.Cli({"write", "status", "acme"}).output.find("may be a copy") != std::string::npos);
  CHECK(other.Metric("hubmirror_write_held") == 1);
  CHECK(it.Written() == before);

  // The daemon whose rows they are sends them, and the copy finds them done.
  world.daemon.Start();
  Await("the rows", 60s, [&] { return it.Rows("state = 'done'") == 6; });
  CHECK(it.Written() == before + 5);
  CHECK(other.Cli({"write", "release", "acme"}).output.find("is released (copy)") !=
        std::string::npos);
  Await("the rows of the copy", 60s, [&] {
    return in_copy("SELECT count(*) FROM acme.outbox WHERE reason = 'unchanged'") == "5";
  });
  CHECK(it.Written() == before + 5);
}

TEST_CASE("write brakes: a mass of rows is held, and a pause holds what comes") {
  BrakeWorld it(95, "max_update: 20");
  World& world = it.world;
  const auto write = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "write");
    return world.daemon.Cli(words).output;
  };
  const auto says = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  it.Insert("Ulm", 50);
  Await("what may be sent, and what is held", 60s, [&] {
    return it.Rows("state = 'done'") == 20 && it.Rows("state = 'queued' AND reason = 'held'") == 30;
  });
  CHECK(it.Written() == 20);
  CHECK(says(write({"status", "acme"}), "more than 20 rows of op update within an hour"));
  CHECK(says(write({"pause", "acme/contacts"}), "nothing more is sent from acme/contacts"));
  CHECK(says(write({"release", "acme"}), "is released (mass)"));
  Await("the rows to say that they are paused", 30s,
        [&] { return it.Rows("state = 'queued' AND reason = 'paused'") == 30; });
  CHECK(it.Written() == 20);
  CHECK(says(write({"resume", "acme/contacts"}), "goes on"));
  Await("what may be sent within another hour", 60s,
        [&] { return it.Rows("state = 'done'") == 40 && it.Rows("reason = 'held'") == 10; });
  CHECK(it.Written() == 40);
  Await("the journal to say so", 30s, [&] {
    return world.daemon.Log().find("nothing more is written: more than 20 rows") !=
           std::string::npos;
  });
}

TEST_CASE("write brakes: a record that answers its own changes is stopped, and no other") {
  BrakeWorld it(96, "per_record: 6");
  World& world = it.world;
  const std::string id = world.Sql("SELECT max(id) FROM acme.contacts_live");
  world.Sql(
      "CREATE FUNCTION public.answer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ "
      "BEGIN"
      " INSERT INTO acme.outbox (object, op, record_id, properties) VALUES (NEW.object, 'update',"
      " NEW.id, jsonb_build_object('city', 'Round ' || NEW.seq)); RETURN NULL; END $$");
  world.Sql(
      "CREATE TRIGGER answer AFTER INSERT ON acme.changes FOR EACH ROW WHEN (NEW.op = 'update' AND"
      " NEW.object = 'contacts' AND NEW.after ? 'city' AND NEW.id = " +
      id + ") EXECUTE FUNCTION public.answer()");
  world.Sql(
      "INSERT INTO acme.outbox (object, op, record_id, properties) VALUES ('contacts', 'update', " +
      id + ", '{\"city\": \"Ulm\"}')");
  Await("the record to be stopped", 60s, [&] { return it.Rows("reason = 'loop'") == 1; });
  CHECK(it.Written() == 6);
  it.Insert("Bonn", 5);
  Await("other records", 60s, [&] { return it.Rows("state = 'done'") == 11; });
  CHECK(it.Written() == 11);
  Await("the metric to say so", 60s,
        [&] { return world.daemon.Metric("hubmirror_write_loops") == 1; });
  CHECK(world.daemon.Cli({"status", "acme"}).output.find("written again and again") !=
        std::string::npos);

  CHECK(world.daemon.Cli({"write", "release", "acme/contacts/1"}).output ==
        "nothing holds acme/contacts/1\n");
  CHECK(world.daemon.Cli({"write", "release", "acme/contacts/" + id}).output ==
        "acme/contacts/" + id + " is released (loop)\n");
  Await("it to be stopped again", 60s,
        [&] { return it.Written() == 17 && it.Rows("reason = 'loop'") == 1; });
}

TEST_CASE(
    "write brakes: a restored backup sends nothing by itself, and nothing twice once released") {
  const auto prepare = [](World& world) {
    world.portal.Mutate(
        R"({"object":"contacts","kind":"property_add","name":"hubmirror_key","unique":true})");
  };
  WriteWorld it(
      "{enabled: true, writers: [crm_writer], objects: {contacts: {update: [city],"
      " create: true, key_property: hubmirror_key}}}",
      {"contacts"}, {.seed = 97, .records = 160}, prepare, {{"feed", "{enabled: true}"}});
  World& world = it.world;
  const auto updates = [&](const std::string& city, int count) {
    it.AsWriter(
        "INSERT INTO acme.outbox (object, op, record_id, properties) SELECT 'contacts', 'update', "
        "id, jsonb_build_object('city', '" +
        city + "') FROM acme.contacts_write ORDER BY id LIMIT " + std::to_string(count));
  };
  const auto creates = [&](const std::string& name, const std::string& key, int count) {
    it.AsWriter("INSERT INTO acme.outbox (key, object, op, properties) SELECT " + key +
                ", 'contacts', 'create', jsonb_build_object('firstname', '" + name +
                " ' || n, 'lastname', 'Made') FROM generate_series(1, " + std::to_string(count) +
                ") n");
  };
  const auto made = [&](const std::string& name) {
    std::ptrdiff_t count = 0;
    for (const compare::Json& line : it.Journal()) {
      const bool named = line["properties"].Text("firstname").starts_with(name + " ");
      count += line.Text("op") == "create" && named ? 1 : 0;
    }
    return count;
  };
  updates("Ulm", 1);
  Await("the first row", 30s, [&] { return it.Rows("state = 'done'") == 1; });
  world.daemon.Terminate();
  updates("Bonn", 5);
  creates("Keyed", "'k/' || n", 5);
  // The session that is kept for the tests would be in the way.
  world.database.Run("SELECT 1", "template1");
  world.database.Run("CREATE DATABASE backup TEMPLATE crm");
  world.daemon.Start();
  Await("the rows", 60s, [&] { return it.Rows("state = 'done'") == 11; });
  creates("Lost", "NULL", 3);
  Await("the rows that no backup has", 60s, [&] { return it.Rows("state = 'done'") == 14; });
  world.daemon.Terminate();
  const size_t before = it.Journal().size();

  world.database.Run("SELECT 1", "template1");
  world.database.Run("ALTER DATABASE crm RENAME TO lost", "template1");
  world.database.Run("ALTER DATABASE backup RENAME TO crm", "template1");
  world.database.Run("GRANT CREATE ON DATABASE crm TO mirror", "template1");
  CHECK(it.Rows("state = 'queued'") == 10);
  // They get the ids of rows that are lost.
  creates("New", "NULL", 3);
  world.daemon.Start();
  Await("the rows to say that they are held", 60s,
        [&] { return it.Rows("state = 'queued' AND reason = 'held'") == 13; });
  CHECK(world.daemon.Cli({"write", "status", "acme"}).output.find("restored") != std::string::npos);
  CHECK(it.Journal().size() == before);

  CHECK(world.daemon.Cli({"write", "release", "acme"}).output.find("is released (restored)") !=
        std::string::npos);
  Await("the rows of the backup", 60s, [&] { return it.Rows("state = 'done'") == 14; });
  CHECK(it.Rows("op = 'update' AND reason = 'unchanged'") == 5);
  CHECK(made("Keyed") == 5);
  CHECK(made("Lost") == 3);
  CHECK(made("New") == 3);
  CHECK(it.Journal().size() == before + 3);
}

}  // namespace
}  // namespace hubmirror::testing
