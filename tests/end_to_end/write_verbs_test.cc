#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "write_world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
using compare::Json;

bool Says(const ProgramResult& result, const std::string& part) {
  return result.output.find(part) != std::string::npos;
}

TEST_CASE("write verbs: they show rows, try them again, cancel them and wait for them") {
  World world({.seed = 92, .records = 60}, [] {
    DaemonSettings settings;
    settings.portals[0].objects = {"contacts"};
    settings.portals[0].write = "{enabled: true, objects: {contacts: {update: [city]}}}";
    return settings;
  }());
  world.Load();
  const auto write = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "write");
    return world.daemon.Cli(words);
  };
  CHECK(Says(write({"status", "acme"}), "nothing waits"));

  const auto insert = [&](const std::string& values, int skip) {
    return world.Sql(
        "INSERT INTO acme.outbox (object, op, record_id, properties, base, not_before) SELECT "
        "'contacts', 'update', id, " +
        values + " FROM acme.contacts_live ORDER BY id OFFSET " + std::to_string(skip) +
        " LIMIT 1 RETURNING id");
  };
  const std::string stale = insert(R"('{"city":"Ulm"}', '{"city":"never there"}', NULL)", 0);
  const std::string done = insert(R"('{"city":"Ulm"}', NULL, NULL)", 1);
  const std::string later = insert(R"('{"city":"Ulm"}', NULL, now() + interval '1 day')", 2);
  const auto waited = write({"wait", "acme", done});
  CHECK(waited.end.exit_code == 0);
  CHECK(Says(waited, "row " + done + " is done"));
  const auto conflict = write({"wait", "acme", stale, "--json"});
  CHECK(conflict.end.exit_code == 1);
  CHECK(Json::Parse(conflict.output)["state"].AsString() == "conflict");
  CHECK(write({"wait", "acme", later, "--wait", "300ms"}).end.exit_code == 75);

  const auto status = write({"status", "acme"});
  CHECK(Says(status, "conflict"));
  CHECK(Says(status, "queued (not_before)"));
  CHECK(Json::Parse(write({"status", "acme", "--json"}).output)["rows"].AsArray().size() == 2);
  CHECK(Says(write({"list", "acme"}), done));
  const auto listed = write({"list", "acme/contacts", "--state", "conflict", "--json"});
  CHECK(Json::Parse(listed.output).AsArray().at(0)["id"].AsInteger() == std::stoll(stale));
  CHECK_FALSE(Says(listed, "Ulm"));
  CHECK(Says(write({"show", "acme", stale}), R"({"city": "never there"})"));
  CHECK(Json::Parse(write({"show", "acme", done, "--json"}).output)["log"].AsArray().size() > 2);

  CHECK(Says(write({"retry", "acme", "--state", "conflict"}), "1 row is queued again"));
  CHECK(write({"wait", "acme", stale}).end.exit_code == 1);
  CHECK(Says(write({"retry", "acme", stale}), "row " + stale + " is queued again"));
  CHECK(write({"retry", "acme", done}).end.exit_code == 1);
  CHECK(write({"retry", "acme"}).end.exit_code == 64);
  CHECK(Says(write({"cancel", "acme", later}), "row " + later + " is cancelled"));
  CHECK(Says(write({"cancel", "acme", later}), "is cancelled, and stays so"));
  CHECK(write({"show", "acme", "999"}).end.exit_code == 64);
  CHECK(Says(write({"cancel", "acme", "999"}), "there is no row 999"));
}

TEST_CASE("verbs: an object that is not there is no object of which there is nothing") {
  World world({.seed = 93, .records = 60}, [] {
    DaemonSettings settings;
    settings.portals[0].objects = {"contacts"};
    settings.portals[0].write = "{enabled: true, objects: {contacts: {update: [city]}}}";
    return settings;
  }());
  world.Load();
  const std::vector<std::vector<std::string>> verbs = {
      {"write", "pause"},     {"write", "resume"},   {"write", "release"},    {"write", "list"},
      {"quarantine", "list"}, {"schema", "history"}, {"quarantine", "retry"}, {"feed", "tail"},
  };
  for (std::vector<std::string> verb : verbs) {
    CAPTURE(verb.front() + " " + verb.back());
    verb.emplace_back("acme/contact");
    const ProgramResult result = world.daemon.Cli(verb);
    CHECK(result.end.exit_code == 64);
    CHECK(Says(result, "portal acme mirrors no contact; it has contacts"));
  }
  CHECK(world.Sql("SELECT count(*) FROM acme._write_state") == "0");
  CHECK(world.daemon.Cli({"write", "pause", "acme/contacts"}).end.exit_code == 0);
  CHECK(world.daemon.Cli({"quarantine", "list", "acme/contacts_history"}).end.exit_code == 0);

  // One document, also where it says why nothing was dropped.
  const ProgramResult dropped = world.daemon.Cli({"portal", "drop", "acme", "--json"});
  CHECK(dropped.end.exit_code == 75);
  const Json document = Json::Parse(dropped.output);
  CHECK(document["live"].AsBool());
  CHECK(document["code"].AsInteger() == 75);
  CHECK_FALSE(document["dropped"].AsBool());
}

TEST_CASE("W25: in a dry run each row says what it would do, and nothing is sent") {
  const WriteWorld dry(
      "{enabled: true, dry_run: true, writers: [crm_writer], objects: {contacts: "
      "{update: [city], create: true, archive: true}}}",
      {"contacts"}, {.seed = 94, .records = 60}, [](World&) {});
  const auto insert = [&](const std::string& row) {
    return dry.AsWriter(
        "INSERT INTO acme.outbox (object, op, record_id, match_property, match_value, properties) "
        "VALUES ('contacts', " +
        row + ") RETURNING id");
  };
  const std::string id = dry.world.Sql(
      "SELECT id FROM acme.contacts_live WHERE email IS NOT NULL ORDER BY id LIMIT 1");
  const std::string email = dry.world.Sql("SELECT email FROM acme.contacts_live WHERE id = " + id);
  const auto tried = [&](const std::string& row) {
    CHECK(dry.world.daemon.Cli({"write", "wait", "acme", row}).end.exit_code == 0);
    return dry.world.Sql(
        "SELECT concat_ws('|', state, reason, message, sent) FROM acme.outbox WHERE id = " + row);
  };

  CHECK(tried(insert("'update', " + id + ", NULL, NULL, '{\"city\":\"Ulm\"}'")) ==
        "done|dry|the record would be changed|{\"city\": \"Ulm\"}");
  CHECK(tried(insert("'create', NULL, NULL, NULL, '{\"email\":\"new@example.com\"}'")) ==
        "done|dry|a record would be made|{\"email\": \"new@example.com\"}");
  CHECK(tried(insert("'upsert', NULL, 'email', '" + email + "', '{\"city\":\"Ulm\"}'")) ==
        "done|dry|the record would be changed|{\"city\": \"Ulm\"}");
  CHECK(tried(insert("'archive', " + id + ", NULL, NULL, NULL")) ==
        "done|dry|the record would be archived|{}");

  const auto status = dry.world.daemon.Cli({"write", "status", "acme"});
  CHECK(Says(status, "nothing is sent: write.dry_run is true"));
  CHECK(dry.Journal().empty());
  CHECK(dry.world.Sql("SELECT count(*) FROM acme._echo") == "0");
}

TEST_CASE("write verbs: where nothing may be written they say what to set") {
  World world({.seed = 93, .records = 10});
  world.Load();
  const auto status = world.daemon.Cli({"write", "status", "acme"});
  CHECK(status.end.exit_code == 69);
  CHECK(Says(status, "set write.enabled"));
}

}  // namespace
}  // namespace hubmirror::testing
