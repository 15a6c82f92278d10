#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kScenario = R"({"portals":[{"portal_id":1234567,"seed":71,"index_delay":"1s",
  "objects":{"contacts":900,"deals":250},"tokens":[{"token":"pat-na1-simulated-token"}]}]})";

DaemonSettings Settings(std::map<std::string, std::string> more = {}) {
  DaemonSettings settings;
  settings.portals[0].objects = {"contacts", "deals"};
  settings.defaults = std::move(more);
  return settings;
}

/// How often the report of several streams says this.
size_t TimesSaid(const std::string& output, const std::string& words) {
  size_t times = 0;
  for (size_t at = output.find(words); at != std::string::npos; at = output.find(words, at + 1)) {
    ++times;
  }
  return times;
}

/// Changes rows as somebody might who does not know better: their hashes stay.
std::string Damage(const World& world) {
  const std::string edited = world.Sql("SELECT min(id)::text FROM acme.contacts_live");
  world.Sql("UPDATE acme.contacts SET email = 'edited@example.com' WHERE id = " + edited +
            " RETURNING id");
  world.Sql(
      "UPDATE acme.deals SET amount = amount + 1, _overflow = '{\"invented\": \"x\"}' WHERE id = "
      "(SELECT max(id) FROM acme.deals_live WHERE amount IS NOT NULL) RETURNING id");
  world.Sql("DELETE FROM acme.deals WHERE id = (SELECT min(id) FROM acme.deals_live) RETURNING id");
  world.Sql("INSERT INTO acme.contacts (id, email) VALUES (3, 'nobody@example.com') RETURNING id");
  return edited;
}

TEST_CASE("verify: what somebody edited, deleted and added is found, and left or mended as asked") {
  World world({.scenario_json = kScenario}, Settings());
  world.Load();
  world.ExpectEqual();
  const ProgramResult clean = world.daemon.Cli({"verify", "acme"});
  CHECK(clean.end.exit_code == 0);
  CHECK(clean.output.find("0 missing, 0 extra, 0 different, 0 stale") != std::string::npos);
  // Changes of less than two minutes ago might still be on their way.
  const std::string edited = Damage(world);

  const ProgramResult found = world.daemon.Cli({"verify", "acme/contacts"});
  INFO(found.output);
  CHECK(found.end.exit_code == 1);
  CHECK(found.output.find("1 extra, 1 different, 0 stale; 0 repaired, 2 left") !=
        std::string::npos);
  CHECK(found.output.find("different " + edited + ": email") != std::string::npos);
  CHECK(found.output.find("extra 3\n") != std::string::npos);
  CHECK(found.output.find("--repair") != std::string::npos);
  CHECK(world.Sql("SELECT email FROM acme.contacts WHERE id = " + edited) == "edited@example.com");

  const ProgramResult mended = world.daemon.Cli({"verify", "acme", "--repair"});
  INFO(mended.output);
  CHECK(mended.end.exit_code == 0);
  CHECK(mended.output.find("_overflow") != std::string::npos);
  CHECK(mended.output.find("0 left") != std::string::npos);
  world.mirror.Settle();
  // Nobody knows this id: it is taken for erased.
  CHECK(
      world.Sql("DELETE FROM acme.contacts WHERE id = 3 AND erased_at IS NOT NULL RETURNING id") ==
      "3");
  world.ExpectEqual();
  CHECK(world.daemon.Metric("hubmirror_verify_divergent_records", {R"(object="contacts")"}) == 0);
}

TEST_CASE("verify: its report can be kept and proved, and is never written over a file") {
  World world({.scenario_json = kScenario}, Settings());
  world.Load();
  world.ExpectEqual();
  const std::string edited = Damage(world);
  const std::string file = world.daemon.directory().path() / "report.json";

  const ProgramResult found = world.daemon.Cli({"verify", "acme", "--report", file});

  CHECK(found.end.exit_code == 1);
  const auto kept = compare::Json::Parse(ReadFile(file));
  const auto& report = kept["report"];
  CHECK(report.Text("target") == "acme");
  CHECK_FALSE(report.Flag("equal"));
  CHECK(report["objects"]["contacts"]["different"].AsInteger() == 1);
  CHECK(report["objects"]["deals"]["missing"].AsInteger() == 1);
  CHECK(report["objects"]["contacts"]["list_pages"].AsInteger() >= 9);
  CHECK(report["objects"]["contacts"]["batch_reads"].AsInteger() >= 1);
  CHECK(ReadFile(file).find(edited) != std::string::npos);
  CHECK(ReadFile(file).find("edited@example.com") == std::string::npos);
  // As an auditor proves it: what stands behind "report": on its line, without the last brace.
  const ProgramResult digest =
      RunProgram({"/bin/sh", "-c",
                  "sed -n 's/^\"report\":\\(.*\\)}$/\\1/p' \"$0\" | tr -d '\\n' | sha256sum", file},
                 {}, 10s);
  CHECK(digest.output.substr(0, 64) == kept["digest"].Text("hex"));
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::mask) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));

  const std::string before = ReadFile(file);
  const ProgramResult again = world.daemon.Cli({"verify", "acme", "--report", file});
  CHECK(again.end.exit_code == 73);
  CHECK(again.output.find("Next: ") != std::string::npos);
  CHECK(ReadFile(file) == before);
  // One that is not done in time keeps nothing.
  const std::string other = world.daemon.directory().path() / "other.json";
  CHECK(world.daemon.Cli({"verify", "acme", "--wait", "0ms", "--report", other}).end.exit_code ==
        75);
  CHECK_FALSE(std::filesystem::exists(other));
}

TEST_CASE("verify: under fire, too, it finds nothing and mends nothing that is newer") {
  World world({.scenario_json = kScenario}, [] {
    DaemonSettings settings = Settings();
    settings.limits = "{shutdown: 20s, request: 3s}";
    return settings;
  }());
  world.Load();
  world.mirror.Settle();
  world.portal.Control("faults", R"({"faults":[
    {"match":"/crm/*","kind":"status","status":502,"chance":0.08,"count":60},
    {"match":"/crm/*","kind":"truncate","chance":0.05,"count":30},
    {"match":"/crm/*","kind":"reset","chance":0.04,"count":30},
    {"match":"/crm/objects/*/batch/read","kind":"left_out","chance":0.1,"count":20},
    {"match":"/crm/objects/*","method":"GET","kind":"disorder","count":1,"after":20}]})");
  world.portal.StartScript(R"({"events":500,"seconds":14,"seed":14,"weights":{"create":10,
    "update":50,"archive":12,"restore":5,"merge":5,"calculate":18}})");
  while (world.portal.script_running()) {
    const ProgramResult result =
        world.daemon.Cli({"verify", "acme", "--repair", "--wait", "60s"}, 90s);
    INFO(result.output);
    if (result.end.exit_code == 69) continue;  // A stream was failing: the faults are many.
    CHECK(result.end.exit_code == 0);
    CHECK(TimesSaid(result.output, " 0 missing, 0 extra, 0 different, 0 stale") == 2);
  }
  world.portal.Control("faults", R"({"clear":true})");
  world.mirror.Settle();
  world.ExpectNoDifferences();
}

TEST_CASE("verify: it runs by itself, and mends") {
  World world({.scenario_json = kScenario}, Settings({{"verify", "{every: 2s}"}}));
  world.Load();
  world.mirror.Settle();
  const std::string edited = Damage(world);
  Await("the edited row", 30s, [&] {
    return world.Sql(
               "SELECT email IS DISTINCT FROM 'edited@example.com' FROM acme.contacts WHERE id = " +
               edited) == "t";
  });
  world.mirror.Settle();
  world.Sql("DELETE FROM acme.contacts WHERE id = 3 RETURNING id");
  world.ExpectEqual();
}

TEST_CASE("verify: one that a restart cut off goes on where it was, with what it had found") {
  World world(
      {.scenario_json =
           R"({"portals":[{"portal_id":1234567,"seed":72,"latency":"150ms","switches":{"short_pages":"never"},
        "objects":{"contacts":6000},"tokens":[{"token":"pat-na1-simulated-token"}]}]})"},
      [] {
        DaemonSettings settings = Settings({{"archived", "{every: 1h}"}});
        settings.portals[0].objects = {"contacts"};
        return settings;
      }());
  world.Load();
  world.ExpectEqual();
  // In the first pages.
  const std::string edited = world.Sql("SELECT min(id)::text FROM acme.contacts_live");
  world.Sql("UPDATE acme.contacts SET email = 'edited@example.com' WHERE id = " + edited +
            " RETURNING id");
  CHECK(world.daemon.Cli({"verify", "acme", "--wait", "0ms"}).end.exit_code == 75);
  const std::string cursor =
      "SELECT coalesce(cursor->>'checked', '') FROM acme._stream_state WHERE job = 'verify'";
  Await("some of it to be stored", 60s, [&] { return !world.Sql(cursor).empty(); });
  world.daemon.Kill();
  const int64_t pages =
      (std::stoll(world.Sql("SELECT count(*) FROM acme.contacts_live")) + 99) / 100;
  const int64_t stored = std::stoll(world.Sql(cursor)) / 100;
  world.portal.ResetStats();

  world.daemon.Start();
  Await("its end", 60s, [&] { return world.Sql(cursor).empty(); });

  CHECK(stored >= 20);
  CHECK(world.portal.Requests("list contacts") <= pages - stored + 1);
  Await("what was found before the restart, too", 30s, [&] {
    return world.daemon.Metric("hubmirror_verify_divergent_records", {R"(object="contacts")"}) == 1;
  });
}

TEST_CASE("verify: while records change nothing is taken for a difference") {
  World world({.scenario_json = kScenario}, Settings());
  world.Load();
  world.mirror.Settle();
  world.portal.StartScript(R"({"events":600,"seconds":12,"seed":12,"weights":{"create":10,
    "update":50,"archive":12,"restore":5,"merge":5,"calculate":18}})");
  for (int i = 0; i < 4; ++i) {
    const ProgramResult result = world.daemon.Cli({"verify", "acme"});
    INFO(result.output);
    CHECK(result.output.find("contacts: ") != std::string::npos);
    CHECK(TimesSaid(result.output, " 0 missing, 0 extra, 0 different, 0 stale") == 2);
    CHECK(result.end.exit_code == 0);
  }
  world.portal.AwaitScript(60s);
  world.ExpectEqual();

  // Nobody tells when a record was erased: until it is found out, it is extra, and nothing else.
  world.portal.StartScript(R"({"events":300,"seconds":6,"seed":13,"weights":{"create":10,
    "update":50,"archive":10,"restore":5,"merge":5,"erase":2,"calculate":18}})");
  for (int i = 0; i < 2; ++i) {
    const ProgramResult result = world.daemon.Cli({"verify", "acme"});
    INFO(result.output);
    CHECK(result.output.find("contacts: ") != std::string::npos);
    CHECK(TimesSaid(result.output, " 0 missing, ") == 2);
    CHECK(TimesSaid(result.output, " 0 different, 0 stale") == 2);
  }
  world.portal.AwaitScript(60s);
  world.ExpectEqual();
  CHECK(world.daemon.Cli({"verify", "acme"}).end.exit_code == 0);
}

}  // namespace
}  // namespace hubmirror::testing
