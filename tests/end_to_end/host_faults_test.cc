// What can happen to the machine that the daemon runs on, and to its configuration: each such fault
// that docs/reliability.md numbers and no other program meets.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include <array>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>
#include <thread>

#include "faulty_world.h"
#include "support/await.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

PortalOptions Portal(uint64_t seed) {
  return {.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":)" + std::to_string(seed) +
                           R"(,"index_delay":"1s","objects":{"contacts":900,"companies":120},
    "tokens":[{"token":"pat-na1-simulated-token"}]}]})"};
}

void Change(const World& world, int seed) {
  world.portal.StartScript(R"({"events":60,"seconds":1,"seed":)" + std::to_string(seed) + "}");
  world.portal.AwaitScript(30s);
}

bool Current(const World& world) {
  return world.daemon.Stream("acme", "contacts").Text("state") == "current" &&
         world.daemon.Stream("acme", "companies").Text("state") == "current";
}

/// A daemon that was told the time by libfaketime, which reads it from a file again and again.
class Clock {
 public:
  explicit Clock(World& world) : world_(world) {
    Shift("0");
    for (const auto& [name, value] : std::map<std::string, std::string>{
             {"LD_PRELOAD", Library()},
             {"FAKETIME_TIMESTAMP_FILE", world.daemon.directory().path() / "shift"},
             {"FAKETIME_NO_CACHE", "1"},
             // Only what is called the time jumps, as it does on a machine.
             {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
             {"DONT_FAKE_MONOTONIC", "1"}}) {
      world.daemon.SetVariable(name, value);
    }
  }
  void Shift(const std::string& seconds) {
    world_.daemon.directory().Write("shift", (seconds[0] == '-' ? "" : "+") + seconds + "\n");
  }

 private:
  static std::string Library() {
    for (const auto& folder : fs::directory_iterator("/usr/lib")) {
      const fs::path library = folder.path() / "faketime" / "libfaketime.so.1";
      if (fs::exists(library)) return library;
    }
    throw std::runtime_error(
        "libfaketime is not installed: packaging/install-build-deps.sh --test");
  }

  World& world_;
};

TEST_CASE("fault 35: a clock that jumps a day ahead and a day back") {
  World world(Portal(351), FaultyWorld::Settings());
  Clock clock(world);
  world.Load();
  const auto day = [](int days) {
    const std::time_t then = std::time(nullptr) + 86'400 * days;
    std::array<char, 16> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d", std::gmtime(&then));
    return std::string(text.data());
  };
  int seed = 1;
  for (const int days : {1, -1}) {
    CAPTURE(days);
    clock.Shift(std::to_string(86'400 * days));
    Change(world, seed++);
    world.ExpectEqual();
    CHECK(Happens(30s, [&] { return Current(world); }));
  }
  // A restart from one wrong time to the other.
  CHECK(world.daemon.Terminate() == ProcessEnd{.exit_code = 0});
  // It has noticed nothing but other times in its log.
  for (const int days : {1, -1}) {
    CHECK(world.daemon.Log().find("\"TIME\":\"" + day(days)) != std::string::npos);
  }
  clock.Shift("86400");
  Change(world, seed++);
  world.daemon.Start();
  world.ExpectEqual();
  CHECK(Happens(30s, [&] { return Current(world); }));
}

TEST_CASE("fault 36: a daemon that is stopped for a while and goes on") {
  World world(Portal(361), FaultyWorld::Settings());
  world.Load();
  Change(world, 1);
  world.daemon.process().Signal(SIGSTOP);
  Change(world, 2);
  std::this_thread::sleep_for(std::chrono::seconds(FromEnvironment("HUBMIRROR_STOPPED_FOR", 8)));
  Change(world, 3);
  world.daemon.process().Signal(SIGCONT);
  world.ExpectEqual();
  CHECK(Happens(30s, [&] { return Current(world); }));
  CHECK(world.daemon.running());
}

TEST_CASE("fault 37: a log that takes no more, and no file descriptor left") {
  World world(Portal(371), FaultyWorld::Settings());
  world.daemon.set_log("/dev/full");
  world.Load();
  Change(world, 1);
  world.ExpectEqual();

  // What is open stays, and nothing new can be: no connection, no file.
  const rlimit none{.rlim_cur = 3, .rlim_max = 3};
  rlimit before{};
  const pid_t pid = world.daemon.process().pid();
  REQUIRE(prlimit(pid, RLIMIT_NOFILE, nullptr, &before) == 0);
  const rlimit few{.rlim_cur = none.rlim_cur, .rlim_max = before.rlim_max};
  REQUIRE(prlimit(pid, RLIMIT_NOFILE, &few, nullptr) == 0);
  world.Sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mirror'");
  Change(world, 2);
  std::this_thread::sleep_for(5s);
  CHECK(world.daemon.running());
  // Whoever asks is told that nobody answers, and does not wait for ever.
  const ProgramResult said = world.daemon.Cli({"status"}, 60s);
  INFO(said.output);
  CHECK(said.end.exit_code > 0);
  CHECK(said.output.find("Next: ") != std::string::npos);
  REQUIRE(prlimit(pid, RLIMIT_NOFILE, &before, nullptr) == 0);
  CHECK(Happens(60s, [&] { return world.daemon.StatusCodeOf("/livez") == 200; }));
  world.ExpectEqual();
  CHECK(Happens(30s, [&] { return Current(world); }));
}

TEST_CASE("fault 38: memory that runs out ends the process, and nothing is lost") {
  World world(Portal(381), FaultyWorld::Settings());
  world.Load();
  const pid_t pid = world.daemon.process().pid();
  rlimit before{};
  REQUIRE(prlimit(pid, RLIMIT_AS, nullptr, &before) == 0);
  const rlimit tight{.rlim_cur = 1U << 20U, .rlim_max = before.rlim_max};
  REQUIRE(prlimit(pid, RLIMIT_AS, &tight, nullptr) == 0);
  world.portal.Control("settings", R"({"portal":1234567,"latency":"5ms"})");
  Change(world, 1);
  world.daemon.Cli({"backfill", "acme"}, 30s);
  const auto end = world.daemon.process().Wait(20s);
  MESSAGE(std::string(end ? "it ended" : "it went on"));
  if (!end) REQUIRE(prlimit(pid, RLIMIT_AS, &before, nullptr) == 0);
  if (end) {
    // Not by a crash: it says why, and whoever watches it starts it again.
    CHECK(end->signal != SIGSEGV);
    CHECK(world.daemon.Log().find("memory") != std::string::npos);
    world.daemon.Start();
  }
  world.ExpectEqual();
  CHECK(Happens(30s, [&] { return Current(world); }));
}

TEST_CASE("fault 34: a storm of reloads during a first load") {
  World world({.seed = 341, .records = 3000, .latency = "20ms"});
  world.daemon.Start();
  for (int i = 0; i < 120; ++i) {
    // Every other file differs from the one before.
    world.daemon.settings().defaults["interval"] = i % 2 == 0 ? "2s" : "1s";
    world.daemon.WriteFiles();
    world.daemon.process().Signal(SIGHUP);
    std::this_thread::sleep_for(25ms);
  }
  CHECK(world.daemon.running());
  world.mirror.WaitBackfill(120s);
  Change(world, 1);
  world.ExpectEqual();
  CHECK(world.daemon.Metric("hubmirror_config_last_reload_successful") == 1.0);
}

TEST_CASE("fault 33: a portal that is taken out and added again goes on where it was") {
  World world(Portal(331), FaultyWorld::Settings());
  world.Load();
  world.ExpectEqual();
  const auto portals = world.daemon.settings().portals;
  world.daemon.settings().portals[0].key = "other";
  world.daemon.settings().portals[0].schema = "other";
  world.daemon.WriteFiles();
  CHECK(world.daemon.Cli({"reload"}).end.exit_code == 0);
  Change(world, 1);
  CHECK_FALSE(world.daemon.Status()["portals"].Has("acme"));

  world.daemon.settings().portals = portals;
  world.daemon.WriteFiles();
  world.portal.ResetStats();
  CHECK(world.daemon.Cli({"reload"}).end.exit_code == 0);
  CHECK(Happens(60s, [&] { return Current(world); }));
  world.ExpectEqual();
}

TEST_CASE("fault 31: a token that is rotated is taken up without a restart") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":311,
    "objects":{"contacts":300,"companies":60},"tokens":[{"token":"pat-na1-old"},
    {"token":"pat-na1-new"}]}]})"},
              [] {
                DaemonSettings settings = FaultyWorld::Settings();
                settings.portals[0].token = "pat-na1-old";
                return settings;
              }());
  world.Load();
  world.daemon.directory().Write("secrets/acme.token", "pat-na1-new\n");
  world.portal.Control("tokens", R"({"portal":1234567,"action":"revoke","token":"pat-na1-old"})");
  Change(world, 1);
  CHECK(Happens(60s, [&] { return Current(world); }));
  world.ExpectEqual();

  // An empty file is no token, and says so.
  world.daemon.directory().Write("secrets/acme.token", "");
  world.portal.Control("tokens", R"({"portal":1234567,"action":"revoke","token":"pat-na1-new"})");
  const bool said = Happens(60s, [&] {
    const auto stream = world.daemon.Stream("acme", "contacts");
    return stream.Text("state") == "blocked" && stream.Text("reason") == "secret" &&
           stream.Text("message").find("acme.token") != std::string::npos;
  });
  INFO(world.mirror.StreamStates());
  CHECK(said);
  world.daemon.directory().Write("secrets/acme.token", "pat-na1-new\n");
  world.portal.Control("tokens", R"({"portal":1234567,"action":"allow","token":"pat-na1-new"})");
  world.daemon.Cli({"poll", "acme"});
  CHECK(Happens(90s, [&] { return Current(world); }));
  world.ExpectEqual();
}

TEST_CASE(
    "fault 30: an interval that the day's requests cannot pay is told by plan, and the limits "
    "hold") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":301,
    "objects":{"contacts":200,"companies":40},"limits":{"burst":190,"burst_window":"10s",
    "search":5,"associations":100,"daily":20000},"tokens":[{"token":"pat-na1-simulated-token"}]}]})"},
              FaultyWorld::Settings());
  const ProgramResult plan = world.daemon.Cli({"plan"});
  INFO(plan.output);
  // Of 20,000 that the portal has.
  CHECK(plan.output.find("acme: 316,") != std::string::npos);
  CHECK(plan.output.find("requests a day") != std::string::npos);
  world.Load();
  Change(world, 1);
  world.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
