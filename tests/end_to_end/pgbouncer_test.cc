#include <doctest/doctest.h>

#include "support/temp_pgbouncer.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("pgbouncer: in transaction mode, load and changes end in an equal mirror") {
  World world({.seed = 101, .records = 2500, .index_delay = "1s"});
  const TempPgBouncer bouncer(world.database, World::kDatabase, World::kRole, 3);
  world.daemon.settings().dsn = bouncer.Dsn();
  world.daemon.settings().pool = "{size: 4, mode: transaction}";
  world.daemon.WriteFiles();

  world.Load();
  world.portal.StartScript(R"({"events":150,"seconds":6,"seed":1})");
  world.portal.AwaitScript(60s);

  world.ExpectEqual();
}

TEST_CASE("pgbouncer: a standby that lost commits takes over without breaking a session") {
  World world({.seed = 102, .records = 500});
  TempPgBouncer bouncer(world.database, World::kDatabase, World::kRole, 3);
  world.daemon.settings().dsn = bouncer.Dsn();
  world.daemon.settings().pool = "{size: 4, mode: transaction}";
  world.daemon.WriteFiles();
  world.Load();
  TempPostgres standby({.standby_of = &world.database});
  standby.StopStreaming();
  world.portal.StartScript(R"({"events":120,"seconds":2,"seed":1})");
  world.portal.AwaitScript(60s);
  world.ExpectEqual();
  const std::string newest = "SELECT max(updated_at)::text FROM acme.contacts";
  REQUIRE(standby.Run(newest, World::kDatabase) != world.Sql(newest));

  standby.Promote();
  bouncer.MoveTo(standby);
  world.database.Stop();

  MirrorCheck after(world.portal, world.daemon, standby.Dsn("postgres", World::kDatabase),
                    world.daemon.settings().portals.at(0));
  after.Settle();
  const MirrorCheck::Outcome outcome = after.Compare();
  INFO(outcome.words);
  CHECK(outcome.report.differences == 0);
  CHECK(world.daemon.Log().find("another server answers than before") != std::string::npos);
}

}  // namespace
}  // namespace hubmirror::testing
