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

}  // namespace
}  // namespace hubmirror::testing
