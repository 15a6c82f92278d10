#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "support/http_json.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("first load: six objects are mirrored value by value") {
  World world({.seed = 11, .records = 5000, .limits = false});

  world.Load();

  world.ExpectEqual();
  CHECK(world.daemon.StatusCodeOf("/livez") == 200);
  CHECK(world.daemon.StatusCodeOf("/readyz") == 200);
  CHECK(world.daemon.StatusCodeOf("/metrics") == 200);
  for (const std::string& object : world.mirror.objects()) {
    CAPTURE(object);
    const auto stream = world.daemon.Stream("acme", object);
    CHECK(stream.Text("state") == "current");
    CHECK(std::to_string(stream["rows"].AsInteger()) ==
          world.Sql("SELECT count(*) FROM acme." + object + "_live"));
  }
}

TEST_CASE("first load: a restart reads nothing again that has not changed") {
  World world({.seed = 12, .records = 1000});
  world.Load();
  world.mirror.Settle();
  CHECK(world.daemon.Terminate() == ProcessEnd{.exit_code = 0});
  const std::string before = world.Sql("SELECT max(_synced_at) FROM acme.contacts");
  world.portal.ResetStats();

  world.daemon.Start();
  Await("a poll after the restart", 30s,
        [&] { return world.portal.Requests("search contacts") > 0; });

  CHECK(world.portal.Requests("list contacts") == 0);
  CHECK(world.Sql("SELECT max(_synced_at) FROM acme.contacts") == before);
}

TEST_CASE("first load: while it runs, nothing tells how old the data is") {
  // After its first pages each takes longer than all that is looked at here.
  World world({.seed = 14, .records = 6000}, [] {
    DaemonSettings settings;
    settings.portals[0].objects = {"contacts"};
    return settings;
  }());
  world.portal.Control("faults",
                       R"({"faults":[{"match":"/crm/objects/*/0-1","method":"GET","kind":"slow",
        "seconds":20,"after":3,"chance":1}]})");
  world.daemon.Start();
  Await("a poll beside the load", 60s, [&] {
    const auto stream = world.daemon.Stream("acme", "contacts");
    return stream["jobs"].Has("changes") &&
           !stream["jobs"]["changes"]["last_complete_at"].is_null();
  });
  const std::string document = HttpGet(world.daemon.url(), "/api/v1/status").body;
  CAPTURE(document);
  REQUIRE(document.find("\"state\":\"backfilling\"") != std::string::npos);
  CHECK(document.find("\"age_s\":null") != std::string::npos);
  CHECK_FALSE(world.daemon.Metric("hubmirror_sync_watermark_timestamp_seconds").has_value());
  CHECK(HttpGet(world.daemon.url(), "/").body.find("not yet <span class=\"soft\">of ") !=
        std::string::npos);
  CHECK(world.Sql("SELECT verified_until IS NULL FROM hubmirror.status") == "t");
}

TEST_CASE("first load: the tables that come with a portal are filled") {
  World world({.seed = 13, .records = 300});
  world.Load();

  CHECK(world.Sql("SELECT portal_id::text FROM acme.account") == "1234567");
  CHECK(world.Sql("SELECT count(*) > 0 FROM acme.property_groups WHERE object = 'contacts'") ==
        "t");
  CHECK(world.Sql("SELECT count(*) > 0 FROM acme.property_options WHERE object = 'contacts'") ==
        "t");
  CHECK(world.Sql("SELECT count(*)::text FROM hubmirror.status WHERE portal = 'acme'") == "6");
  Await("the states in SQL", 15s, [&] {
    return world.Sql("SELECT bool_and(state = 'current') FROM hubmirror.status") == "t";
  });
}

}  // namespace
}  // namespace hubmirror::testing
