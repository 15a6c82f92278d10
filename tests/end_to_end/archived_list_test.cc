// Types whose archived list HubSpot refuses: who was archived is found by the live list.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

std::string Scenario(const std::string& archived_list) {
  return R"({"portals":[{"portal_id":1234567,"seed":61,"index_delay":"1s",
    "objects":{"contacts":300,"meetings":250},"tokens":[{"token":"pat-na1-simulated-token"}],
    "switches":{"archived_list":")" +
         archived_list + R"("}}]})";
}

DaemonSettings ContactsAndMeetings() {
  DaemonSettings settings;
  settings.portals[0].objects = {"contacts", "meetings"};
  return settings;
}

std::vector<std::string> ArchiveMeetings(World& world, int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    ids.push_back(world.portal.Mutate(R"({"object":"meetings","kind":"archive"})"));
  }
  return ids;
}

/// Equal, and only the archived list was refused.
void ExpectEqual(World& world) {
  world.mirror.Settle();
  world.ExpectNoDifferences();
  CHECK(world.portal.LimitViolations().total() == 0);
  CHECK(world.portal.UnexpectedRequests() == world.portal.Requests("list archived", 400));
}

TEST_CASE("archived list: meetings have none; who is archived is found by walking the live list") {
  World world({.scenario_json = Scenario("not_of_meetings")}, ContactsAndMeetings());
  const auto before = ArchiveMeetings(world, 15);
  world.Load();
  ExpectEqual(world);
  const auto meetings = world.daemon.Stream("acme", "meetings");
  CHECK(meetings.Text("state") == "current");
  CHECK(meetings.Text("reason") == "unsupported");
  CHECK(meetings.Text("message").find("no archived list") != std::string::npos);
  CHECK(world.daemon.Stream("acme", "contacts").Text("message").empty());
  CHECK(world.daemon.Stream("acme", "contacts").Text("reason").empty());
  // Neither list nor search shows who was archived before the first load.
  CHECK(world.Sql("SELECT count(*)::text FROM acme.meetings WHERE id = " + before[0]) == "0");

  const auto after = ArchiveMeetings(world, 25);
  // Long before `sweep.every`, which is an hour here.
  Await("the archived ones", 60s, [&] {
    return world.Sql("SELECT count(*)::text FROM acme.meetings WHERE archived") == "25";
  });
  for (size_t i = 0; i < 10; ++i) {
    world.portal.Mutate(R"({"object":"meetings","kind":"restore","id":")" + after[i] + R"("})");
  }
  world.portal.Mutate(R"({"object":"meetings","kind":"restore","id":")" + before[0] + R"("})");
  ExpectEqual(world);
  CHECK(world.Sql("SELECT count(*)::text FROM acme.meetings WHERE archived") == "15");
  CHECK(world.Sql("SELECT count(*)::text FROM acme.meetings_live WHERE id = " + before[0]) == "1");
  // It is asked for once and, as every job, once more by whoever settles.
  CHECK(world.portal.Requests("list archived meetings") <= 4);
}

TEST_CASE("archived list: where no type has one, churn of every kind ends without a difference") {
  World world({.scenario_json = Scenario("refused")}, ContactsAndMeetings());
  ArchiveMeetings(world, 5);
  world.Load();
  world.portal.StartScript(R"({"events":300,"seconds":6,"seed":6,"weights":{"create":20,
    "update":30,"archive":25,"restore":15,"merge":8,"erase":4,"purge":2}})");
  world.portal.AwaitScript(60s);
  ExpectEqual(world);
  CHECK(world.Sql("SELECT count(*) > 20 FROM acme.contacts WHERE archived") == "t");
}

TEST_CASE(
    "archived list: where batch reads show no archived record either, nobody is called gone") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":61,"index_delay":"1s",
    "objects":{"contacts":100,"meetings":250},"tokens":[{"token":"pat-na1-simulated-token"}],
    "switches":{"archived_list":"refused","archived_read":"refused"}}]})"},
              ContactsAndMeetings());
  world.Load();
  std::string ids;
  for (const std::string& id : ArchiveMeetings(world, 12)) ids += (ids.empty() ? "" : ",") + id;
  const auto count = [&](const std::string& table, const std::string& condition = "true") {
    return world.Sql("SELECT count(*)::text FROM acme." + table + " WHERE " + condition +
                     " AND id IN (" + ids + ")");
  };
  const std::string unproved =
      "SELECT unproved::text FROM hubmirror.status WHERE portal = 'acme' AND object = 'meetings'";
  Await("all of them unproved", 90s, [&] { return world.Sql(unproved) == "12"; });
  CHECK(count("meetings_live") == "0");
  CHECK(count("meetings", "NOT archived AND purged_at IS NULL") == "12");
  CHECK(count("_pending", "object = 'meetings' AND cause = 'unproved'") == "12");
  Await("the status to count them", 30s, [&] {
    const auto stream = world.daemon.Stream("acme", "meetings");
    return stream["unproved"].AsInteger() == 12 && stream.Text("state") == "current" &&
           stream.Text("message").find("12 records that HubSpot shows neither") == 0;
  });

  // One that is shown again is what it was.
  const std::string back = ids.substr(0, ids.find(','));
  world.portal.Mutate(R"({"object":"meetings","kind":"restore","id":")" + back + R"("})");
  Await("it among the live ones", 60s, [&] { return count("meetings_live") == "1"; });

  // Once HubSpot shows one to a person who asks for it, the others are asked for, too.
  world.portal.Control("switches", R"({"switches":{"archived_read":"served"}})");
  const std::string last = ids.substr(ids.rfind(',') + 1);
  world.daemon.Cli({"refresh", "acme/meetings/" + last});
  Await("all of them archived", 60s,
        [&] { return count("meetings", "archived") == "11" && world.Sql(unproved) == "0"; });
}

TEST_CASE("archived list: one that HubSpot takes away hastens the sweep that was planned") {
  World world({.scenario_json = Scenario("served")}, ContactsAndMeetings());
  world.Load();
  ExpectEqual(world);
  world.portal.Control("switches", R"({"switches":{"archived_list":"not_of_meetings"}})");
  const std::string id = ArchiveMeetings(world, 1)[0];
  Await("the archived one", 60s, [&] {
    return world.Sql("SELECT archived::text FROM acme.meetings WHERE id = " + id) == "true";
  });
}

}  // namespace
}  // namespace hubmirror::testing
