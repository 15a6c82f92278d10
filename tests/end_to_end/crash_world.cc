#include "crash_world.h"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/await.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPortal = R"({"portals":[{"portal_id":1234567,"seed":SEED,"index_delay":"1s",
  "limits":false,"switches":{"refresh_rotation":"rotates"},
  "objects":{"contacts":2000,"companies":300},"properties":{"contacts":12,"companies":12},
  "oauth":{"client_id":"simulated-client","client_secret":"simulated-secret",
           "refresh_token":"na1-first","redirect_uris":["http://127.0.0.1:9000/callback"],
           "expires_in":1800}}]})";

PortalOptions PortalOf(uint64_t seed) {
  std::string json = kPortal;
  return {.scenario_json = json.replace(json.find("SEED"), 4, std::to_string(seed))};
}

DaemonSettings Settings(const std::string& feed) {
  DaemonSettings settings;
  settings.portals[0].refresh_token = "na1-first";
  settings.portals[0].objects = {"contacts", "companies"};
  settings.defaults["catalog"] = "{every: 1s}";
  if (!feed.empty()) settings.defaults["feed"] = feed;
  return settings;
}

}  // namespace

bool IsStopped(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const size_t name_ends = text.rfind(')');
  return name_ends != std::string::npos && text.substr(name_ends + 2, 1) == "T";
}

CrashWorld::CrashWorld(uint64_t seed, TempPostgres::Options database, const std::string& feed)
    : world_(PortalOf(seed), Settings(feed), std::move(database)) {}

void CrashWorld::Forget() {
  world_.Sql("DROP SCHEMA IF EXISTS acme CASCADE");
  world_.Sql("DROP SCHEMA IF EXISTS hubmirror CASCADE");
  for (const auto& entry :
       std::filesystem::directory_iterator(world_.daemon.directory().path() / "state")) {
    std::filesystem::remove_all(entry.path());
  }
}

void CrashWorld::Launch(const NamedCrashPoint& point, int time, const std::string& how) {
  world_.daemon.SetVariable("HUBMIRROR_CRASH_AT",
                            std::string(point.name) + ":" + std::to_string(time));
  world_.daemon.SetVariable("HUBMIRROR_CRASH_HOW", how);
  world_.daemon.Launch();
  world_.daemon.SetVariable("HUBMIRROR_CRASH_AT", "");
  UsePortal();
}

void CrashWorld::UsePortal() {
  world_.portal.Mutate(R"({"object":"contacts","kind":"property_add","name":"extra_)" +
                       std::to_string(++properties_) +
                       R"(","type":"string","field_type":"text","label":"Extra"})");
  world_.portal.StartScript(R"({"events":20,"seconds":1,"seed":)" + std::to_string(properties_) +
                            "}");
}

bool CrashWorld::DieAt(const NamedCrashPoint& point, int time, std::chrono::milliseconds limit) {
  Launch(point, time, "");
  const auto end = world_.daemon.process().Wait(limit);
  if (!end) world_.daemon.Kill();
  world_.portal.AwaitScript(30s);
  return end == ProcessEnd{.signal = SIGKILL};
}

bool CrashWorld::CrashDatabaseAt(const NamedCrashPoint& point, int time,
                                 std::chrono::milliseconds limit) {
  Launch(point, time, "stop");
  Process& daemon = world_.daemon.process();
  const bool stopped = Happens(limit, [&] { return IsStopped(daemon.pid()); });
  world_.database.Crash();
  world_.database.Start();
  daemon.Signal(SIGCONT);
  world_.portal.AwaitScript(30s);
  return stopped;
}

void CrashWorld::ExpectEqual() {
  if (!world_.daemon.running()) world_.daemon.Start();
  // A new one each time: what was compared before may be forgotten on purpose.
  MirrorCheck mirror(world_.portal, world_.daemon, world_.AdminDsn(),
                     world_.daemon.settings().portals.at(0));
  mirror.WaitBackfill(120s);
  mirror.Settle();
  const MirrorCheck::Outcome outcome = mirror.Compare();
  INFO(outcome.words);
  CHECK(outcome.report.differences == 0);
  CHECK(world_.portal.FirstUnexpected() == "");
}

}  // namespace hubmirror::testing
