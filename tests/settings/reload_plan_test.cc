#include "settings/reading/reload_plan.h"

#include <doctest/doctest.h>

#include <string>

#include "settings/no_environment.h"
#include "settings/reading/settings_reader.h"

namespace hubmirror {
namespace {

const std::string kTop = "version: 1\ndatabase: {dsn: \"dbname=crm\"}\n";

Settings ReadGood(const std::string& text) {
  const auto reading = ReadSettings(kTop + text, NoEnvironment);
  REQUIRE(reading.settings.has_value());
  return *reading.settings;
}

const std::string kAcme = "portals: {acme: {portal_id: 1, token: env:T, objects: [contacts]}}\n";

using Keys = std::vector<PortalKey>;

TEST_CASE("equal settings change nothing") {
  const ReloadPlan plan = DiffForReload(ReadGood(kAcme), ReadGood(kAcme));
  CHECK(plan.empty());
  CHECK(plan.Text() == "nothing changed");
  CHECK(!plan.needs_restart());
}

TEST_CASE("settings written in another way, but equal, change nothing") {
  const Settings other = ReadGood(
      "defaults: {interval: 60s, objects: {0-1: {}}}\n"
      "portals:\n  acme:\n    token: env:T\n    portal_id: 1\n    schema: acme\n");
  CHECK(DiffForReload(ReadGood(kAcme), other).empty());
}

TEST_CASE("an interval replaces the portal and needs no restart") {
  const ReloadPlan plan =
      DiffForReload(ReadGood(kAcme), ReadGood("defaults: {interval: 30s}\n" + kAcme));

  CHECK(plan.Text() == "portals.acme.objects.contacts.interval: 1m -> 30s");
  CHECK(!plan.needs_restart());
  CHECK(plan.replace == Keys{"acme"});
  CHECK(plan.start.empty());
  CHECK(plan.stop.empty());
}

TEST_CASE("what the process is built of needs a restart, and says so") {
  const Settings before = ReadGood(kAcme);
  for (const std::string change :
       {"web: {listen: \"127.0.0.1:0\"}\n", "state_dir: /srv\n", "control: {socket: /srv/s}\n",
        "limits: {workers: 8}\n", "api: {base_url: \"https://example.com\"}\n",
        "log: {format: json}\n"}) {
    CAPTURE(change);
    const ReloadPlan plan = DiffForReload(before, ReadGood(change + kAcme));
    CHECK(plan.needs_restart());
    CHECK(plan.Text().ends_with("(needs a restart)"));
    CHECK(plan.replace.empty());
  }
  CHECK(DiffForReload(before, ReadGood("limits: {workers: 8}\n" + kAcme)).Text() ==
        "limits.workers: auto -> 8 (needs a restart)");
}

TEST_CASE("the database needs a restart in all its parts") {
  Settings after = ReadGood(kAcme);
  after.database.dsn = "dbname=other";
  after.database.password = SecretRef{SecretRef::Kind::kEnvironment, "P"};
  after.database.pool.size = 9;

  CHECK(DiffForReload(ReadGood(kAcme), after).Text() ==
        "database.dsn: \"dbname=crm\" -> \"dbname=other\" (needs a restart)\n"
        "database.password: not set -> \"env:P\" (needs a restart)\n"
        "database.pool.size: 4 -> 9 (needs a restart)");
}

TEST_CASE("the level of the log changes while running") {
  const ReloadPlan plan = DiffForReload(ReadGood(kAcme), ReadGood("log: {level: debug}\n" + kAcme));
  CHECK(plan.Text() == "log.level: info -> debug");
  CHECK(!plan.needs_restart());
}

TEST_CASE("portals come, go, and are enabled and disabled, in the order of their keys") {
  const Settings before = ReadGood(
      "portals:\n"
      "  zeta: {portal_id: 1, token: env:T}\n"
      "  gone: {portal_id: 2, token: env:T}\n"
      "  was: {portal_id: 3, token: env:T}\n"
      "  will: {portal_id: 4, token: env:T, enabled: false}\n"
      "  idle: {portal_id: 5, token: env:T, enabled: false}\n");
  const Settings after = ReadGood(
      "portals:\n"
      "  idle: {portal_id: 6, token: env:T, enabled: false}\n"
      "  will: {portal_id: 4, token: env:T}\n"
      "  was: {portal_id: 3, token: env:T, enabled: false}\n"
      "  new: {portal_id: 8, token: env:T}\n"
      "  zeta: {portal_id: 1, token: env:OTHER}\n");

  const ReloadPlan plan = DiffForReload(before, after);

  CHECK(plan.Text() ==
        "portals.gone: present -> removed\n"
        "portals.idle.portal_id: 5 -> 6\n"
        "portals.new: not set -> added\n"
        "portals.was.enabled: true -> false\n"
        "portals.will.enabled: false -> true\n"
        "portals.zeta.token: \"env:T\" -> \"env:OTHER\"");
  CHECK(plan.start == Keys{"new", "will"});
  CHECK(plan.stop == Keys{"gone", "was"});
  CHECK(plan.replace == Keys{"zeta"});
}

TEST_CASE("objects that come and go are one change each") {
  const Settings before =
      ReadGood("portals: {a: {portal_id: 1, token: env:T, objects: [deals, emails]}}");
  const Settings after =
      ReadGood("portals: {a: {portal_id: 1, token: env:T, objects: [tasks, deals]}}");

  CHECK(DiffForReload(before, after).Text() ==
        "portals.a.objects.tasks: not set -> mirrored\n"
        "portals.a.objects.emails: mirrored -> not set");
}

}  // namespace
}  // namespace hubmirror
