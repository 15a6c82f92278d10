// What people are told of daemons in trouble, by a real Prometheus and a real Alertmanager with the
// rules we ship. A minute of the rules and of the daemons takes a second here.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/await.h"
#include "support/http_json.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
using compare::Json;

constexpr auto kMinute = 1000ms;
constexpr auto kDay = 12s;
// As long as Alertmanager gathers and sends, several times.
constexpr auto kQuiet = 3s;

std::string Milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count());
}

std::string AddressOf(const DaemonProcess& daemon) {
  const std::string url = daemon.url();
  return url.substr(url.find("://") + 3);
}

/// Prometheus and Alertmanager beside daemons. Owned by one thread.
class Watchers {
 public:
  explicit Watchers(const std::vector<std::string>& daemons)
      : process_({.command = Command(daemons), .log = directory_.path() / "log"}) {
    Await("Prometheus and Alertmanager", 60s, [this] {
      return std::filesystem::exists(directory_.path() / "addr") || !process_.running();
    });
    if (!process_.running()) throw std::runtime_error(process_.LogEnd());
  }
  ~Watchers() { process_.Terminate(); }
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  struct Page {
    std::string alert;
    std::string about;  ///< portal and object, or the daemon
    Json annotations;
  };
  /// What people were told so far.
  std::vector<Page> Told() const {
    std::vector<Page> pages;
    const Json told = Ask("/told");
    for (const Json& page : told.AsArray()) {
      const Json& labels = page["labels"];
      pages.push_back({labels.Text("alertname"), About(labels), page["annotations"]});
    }
    return pages;
  }
  /// What fires now, told or not: `ALERT of ABOUT`, in order.
  std::vector<std::string> Firing() const {
    std::vector<std::string> alerts;
    const Json firing = Ask("/firing");
    for (const Json& labels : firing.AsArray()) {
      alerts.push_back(labels.Text("alertname") + " of " + About(labels));
    }
    std::sort(alerts.begin(), alerts.end());
    return alerts;
  }

 private:
  std::vector<std::string> Command(const std::vector<std::string>& daemons) const {
    std::vector<std::string> command = {
        NODE,
        std::string(PROJECT_DIR) + "/tests/monitoring/watch_daemons.mjs",
        PROJECT_DIR,
        PROMETHEUS,
        ALERTMANAGER,
        Milliseconds(kMinute),
        Milliseconds(kDay),
        directory_.path() / "addr"};
    command.insert(command.end(), daemons.begin(), daemons.end());
    return command;
  }
  static std::string About(const Json& labels) {
    if (!labels.Has("portal")) return labels.Text("instance");
    return labels.Text("portal") + (labels.Has("object") ? "/" + labels.Text("object") : "");
  }
  Json Ask(const std::string& path) const {
    return JsonOf(HttpGet("http://" + ReadFile(directory_.path() / "addr"), path), path);
  }

  TempDirectory directory_{"watchers"};
  Process process_;
};

using Names = std::vector<std::string>;

Names Sorted(Names names) {
  std::sort(names.begin(), names.end());
  return names;
}

std::string Lines(const Names& names) {
  std::string lines;
  for (const std::string& name : names) lines += "\n  " + name;
  return lines;
}

Names NamesOf(const std::vector<Watchers::Page>& pages) {
  Names names;
  for (const auto& page : pages) names.push_back(page.alert + " of " + page.about);
  return Sorted(names);
}

/// Waits until everything in `expected` was told, and a little longer: nothing else is told, and
/// nothing twice.
void ExpectTold(const Watchers& watchers, const Names& expected) {
  Happens(60s, [&] {
    const Names told = NamesOf(watchers.Told());
    return std::includes(told.begin(), told.end(), expected.begin(), expected.end());
  });
  Happens(kQuiet, [] { return false; });
  INFO("fires:" << Lines(watchers.Firing()));
  CHECK(Lines(NamesOf(watchers.Told())) == Lines(expected));
}

/// What goes wrong with a portal, each with a portal of that name.
const Names kPortals = {"well", "revoked", "uninstalled", "narrow", "mistaken", "taken",
                        "idle", "deaf",    "unheard",     "spent",  "odd",      "altered"};

std::string TokenOf(const std::string& portal) {
  return "pat-na1-" + portal;
}

int64_t IdOf(const std::string& portal) {
  return 101 + (std::find(kPortals.begin(), kPortals.end(), portal) - kPortals.begin());
}

PortalOptions Account(const Names& portals) {
  std::string scenario;
  for (const std::string& portal : portals) {
    scenario +=
        (scenario.empty() ? "" : ",") +
        (R"({"portal_id":)" + std::to_string(IdOf(portal)) +
         R"(,"objects":{"contacts":60,"deals":20,"companies":20,"tickets":9,"tasks":9},"reference":{"owners":3},)") +
        (portal == "uninstalled"
             ? R"("oauth":{"client_id":"simulated-client","client_secret":"simulated-secret",
                        "refresh_token":"na1-first","expires_in":6,
                        "redirect_uris":["http://127.0.0.1:9000/callback"]}})"
             : R"("tokens":[{"token":")" + TokenOf(portal) + R"("}]})");
  }
  return {.scenario_json = R"({"portals":[)" + scenario + "]}"};
}

DaemonSettings Mirror(const Names& portals) {
  DaemonSettings settings;
  settings.portals.clear();
  for (const std::string& key : portals) {
    DaemonPortal portal{.key = key,
                        .portal_id = IdOf(key),
                        .token = TokenOf(key),
                        .objects = {"contacts", "deals"}};
    // One of five streams fails, and so less than a fifth of the requests.
    if (key == "deaf") portal.objects = {"contacts", "deals", "companies", "tickets", "tasks"};
    if (key == "mistaken") portal.portal_id = 999;
    if (key == "uninstalled") portal.refresh_token = "na1-first";
    settings.portals.push_back(portal);
  }
  // As the defaults are, in minutes of ours.
  settings.defaults = {{"interval", Milliseconds(kMinute) + "ms"},
                       {"freshness_target", Milliseconds(5 * kMinute) + "ms"},
                       {"archived", "{every: 1h}"},
                       {"catalog", "{every: 1h}"},
                       {"verify", "{every: 24h, repair: false}"}};
  return settings;
}

void AwaitAllCurrent(World& world, const Names& but = {}) {
  for (const DaemonPortal& portal : world.daemon.settings().portals) {
    if (std::find(but.begin(), but.end(), portal.key) != but.end()) continue;
    for (const std::string& object : portal.objects) {
      Await("the first load of " + portal.key + "/" + object, 90s,
            [&] { return world.daemon.Stream(portal.key, object).Text("state") == "current"; });
    }
  }
}

/// Brings each portal into the trouble that its name says.
void MakeTrouble(World& world) {
  const auto faults = [&](const std::string& portal, const std::string& match,
                          const std::string& kind) {
    world.portal.Control("faults", R"({"portal":)" + std::to_string(IdOf(portal)) +
                                       R"(,"faults":[{"match":")" + match +
                                       R"(","chance":1,"kind":)" + kind + "}]}");
  };
  const auto tokens = [&](const std::string& portal, const std::string& action) {
    world.portal.Control(
        "tokens", R"({"portal":)" + std::to_string(IdOf(portal)) + R"(,"action":)" + action + "}");
  };
  tokens("revoked", R"("revoke","token":")" + TokenOf("revoked") + '"');
  tokens("uninstalled", R"("delete_hub")");
  tokens("narrow", R"("scopes","token":")" + TokenOf("narrow") +
                       R"(","scopes":["oauth","crm.objects.contacts.read","crm.objects.owners.read",
                         "crm.lists.read","crm.objects.contacts.sensitive.read.v2",
                         "crm.objects.contacts.highly_sensitive.read.v2"])");
  CHECK(world.daemon.Cli({"pause", "idle"}).end.exit_code == 0);
  faults("deaf", "/crm/objects/*/0-3/search", R"("status","status":502)");
  faults("unheard", "/crm/*", R"("status","status":502)");
  faults("spent", "/crm/*", R"("throttle","policy":"daily")");

  world.Sql("ALTER TABLE odd.contacts ADD CHECK (firstname <> 'unwelcome') NOT VALID");
  world.portal.Mutate(R"({"portal":)" + std::to_string(IdOf("odd")) +
                      R"(,"object":"contacts","kind":"create",
                        "properties":{"firstname":"unwelcome"}})");
  world.Sql("UPDATE altered.contacts SET lastname = 'not what HubSpot has'");
  world.daemon.Cli({"verify", "altered/contacts"});

  world.daemon.settings().extra = "no_such_key: 1\n";
  world.daemon.WriteFiles();
  CHECK(world.daemon.Cli({"reload"}).end.exit_code != 0);
}

TEST_CASE("pages: a person is told once of each trouble, where it is, and what to do") {
  World world(Account(kPortals), Mirror(kPortals));
  World other(Account({"well"}), Mirror({"well"}));
  world.Sql("CREATE SCHEMA taken");
  world.daemon.Start();
  other.daemon.Start();
  const std::string here = AddressOf(world.daemon);
  const std::string there = AddressOf(other.daemon);
  const Watchers watchers({here, there});
  AwaitAllCurrent(world, {"mistaken", "taken"});
  AwaitAllCurrent(other);

  MakeTrouble(world);
  other.database.Stop();
  Names expected = {
      "HubMirrorApiDown of unheard",           "HubMirrorAuthInvalid of revoked",
      "HubMirrorAuthInvalid of uninstalled",   "HubMirrorDataStale of deaf/deals",
      "HubMirrorDatabaseDown of " + there,     "HubMirrorDivergence of altered/contacts",
      "HubMirrorPausedLong of idle",           "HubMirrorPortalBlocked of mistaken",
      "HubMirrorPortalBlocked of taken",       "HubMirrorQuarantine of odd/contacts",
      "HubMirrorQuotaUsedUp of spent",         "HubMirrorReloadFailed of " + here,
      "HubMirrorStreamBlocked of narrow/deals"};
  ExpectTold(watchers, Sorted(expected));
  // What follows from them fires too, and only the rules keep it from people.
  for (const char* consequence :
       {"HubMirrorDataStale of unheard/deals", "HubMirrorDataStale of spent/contacts",
        "HubMirrorDataStale of well/contacts"}) {
    CAPTURE(consequence);
    CHECK(Happens(30s, [&] {
      const Names firing = watchers.Firing();
      return std::count(firing.begin(), firing.end(), consequence) == 1;
    }));
  }

  other.daemon.Kill();
  expected.push_back("HubMirrorDown of " + there);
  ExpectTold(watchers, Sorted(expected));

  for (const Watchers::Page& page : watchers.Told()) {
    const std::string said =
        page.annotations.Text("summary") + "; " + page.annotations.Text("description");
    CAPTURE(page.alert);
    CAPTURE(said);
    CHECK(said.find(page.about) != std::string::npos);
    const std::string runbook = page.annotations.Text("runbook");
    CHECK(runbook == "hubmirror runbook " + page.alert);
    const ProgramResult way_out = world.daemon.Cli({"runbook", page.alert});
    CHECK(way_out.end.exit_code == 0);
    const bool names_steps = way_out.output.find("\n1. ") != std::string::npos ||
                             way_out.output.find("| next step |") != std::string::npos;
    CHECK(names_steps);
  }
}

}  // namespace
}  // namespace hubmirror::testing
