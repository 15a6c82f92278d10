#include "telemetry/page/readiness.h"

#include <doctest/doctest.h>

#include "telemetry/samples.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

struct ReadinessFixture {
  StatusSnapshot snapshot = HealthySnapshot();
  StreamSnapshot& deals = snapshot.portals["acme"].streams["deals"];

  bool Ready(std::optional<std::chrono::milliseconds> max_age = std::nullopt) const {
    return CheckReadiness(snapshot, max_age).ready();
  }
};

}  // namespace

TEST_CASE_FIXTURE(ReadinessFixture,
                  "ready: configuration, database, tokens and every stream fresh") {
  CHECK(Ready());
}

TEST_CASE_FIXTURE(ReadinessFixture, "not ready: one thing that is missing is enough") {
  SUBCASE("no configuration") {
    snapshot.config_loaded = false;
  }
  SUBCASE("database away") {
    snapshot.database_up = false;
  }
  SUBCASE("token refused") {
    snapshot.portals["acme"].status.auth_valid = false;
  }
  SUBCASE("stream past its target") {
    deals.status = CurrentStream(301s, 300s);
  }
  SUBCASE("stream never polled") {
    deals.status.watermark.reset();
  }
  SUBCASE("stream not started") {
    deals.reported = false;
  }
  SUBCASE("paused stream gone stale") {
    deals.status = CurrentStream(301s, 300s);
    deals.status.state = StreamState::kPaused;
  }
  SUBCASE("stream blocked by its token gone stale") {
    deals.status = CurrentStream(301s, 300s);
    deals.status.state = StreamState::kBlocked;
    deals.status.reason = "auth";
  }

  CHECK_FALSE(Ready());
}

TEST_CASE_FIXTURE(ReadinessFixture, "ready: a stream exactly at its target is still fresh") {
  deals.status = CurrentStream(300s, 300s);

  CHECK(Ready());
}

TEST_CASE_FIXTURE(ReadinessFixture, "ready: a first load and a missing scope do not count") {
  deals.status = CurrentStream(2h, 300s);
  SUBCASE("loading") {
    deals.status.state = StreamState::kBackfilling;
    deals.status.watermark.reset();
  }
  SUBCASE("scope") {
    deals.status.state = StreamState::kBlocked;
    deals.status.reason = "scope";
  }

  CHECK(Ready());
}

TEST_CASE_FIXTURE(ReadinessFixture,
                  "ready: a refused token counts while the first load waits for it") {
  deals.status.state = StreamState::kBackfilling;
  snapshot.portals["acme"].status.auth_valid = false;

  CHECK_FALSE(Ready());
}

TEST_CASE_FIXTURE(ReadinessFixture, "ready: max_age replaces every stream's own target") {
  CHECK_FALSE(Ready(11s));
  CHECK(Ready(12s));
  deals.status = CurrentStream(400s, 300s);
  CHECK(Ready(10min));
}

TEST_CASE_FIXTURE(ReadinessFixture,
                  "ready: a refused reload does not count, the old configuration holds") {
  snapshot.last_reload_accepted = false;

  CHECK(Ready());
}

TEST_CASE_FIXTURE(ReadinessFixture, "readiness text: what fails, and on request every check") {
  deals.status = CurrentStream(400s, 300s);
  deals.status.message = "HubSpot answers 502;\nnext try soon";

  CHECK(CheckReadiness(snapshot).Text(false) ==
        "[-] stream acme/deals: 6 min 40 s behind, allowed 5 min: HubSpot answers 502; next try "
        "soon\nnot ready\n");
  CHECK(CheckReadiness(snapshot).Text(true) ==
        "[+] config: loaded\n[+] database: the last round trip worked\n"
        "[+] token acme: accepted\n[+] stream acme/contacts: 12 s behind, allowed 5 min\n"
        "[-] stream acme/deals: 6 min 40 s behind, allowed 5 min: HubSpot answers 502; next try "
        "soon\nnot ready\n");
}

TEST_CASE_FIXTURE(ReadinessFixture,
                  "alive: until the scheduler is silent for too long, nothing else") {
  snapshot.database_up = false;
  snapshot.config_loaded = false;
  snapshot.scheduler_idle = 30s;
  CHECK(IsAlive(snapshot));

  snapshot.scheduler_idle = 30001ms;

  CHECK_FALSE(IsAlive(snapshot));
}

}  // namespace hubmirror
