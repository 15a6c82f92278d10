// What an operator gets wrong: one clear line with the next step, the right exit code or stream
// state, and nothing else harmed.

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <vector>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

// Two portals in one process: what is wrong with one must not touch the other.
constexpr const char* kTwoPortals = R"({"portals":[
  {"portal_id":111,"seed":71,"records":200,"limits":false,
   "tokens":[{"token":"pat-na1-good"},
             {"token":"pat-na1-no-tickets","scopes":["oauth","crm.objects.contacts.read",
              "crm.objects.companies.read","crm.objects.deals.read","sales-email-read",
              "crm.objects.contacts.sensitive.read.v2","crm.objects.contacts.highly_sensitive.read.v2",
              "crm.objects.companies.sensitive.read.v2","crm.objects.companies.highly_sensitive.read.v2",
              "crm.objects.deals.sensitive.read.v2","crm.objects.deals.highly_sensitive.read.v2"]}]},
  {"portal_id":222,"seed":72,"records":200,"limits":false,"tokens":[{"token":"pat-na1-other"}]}]})";

/// Portal `wrong` is the one a test spoils; portal `fine` must work whatever happens to it.
DaemonSettings TwoPortals() {
  DaemonSettings settings;
  settings.portals = {{.key = "wrong", .portal_id = 111, .token = "pat-na1-good"},
                      {.key = "fine", .portal_id = 222, .token = "pat-na1-other"}};
  return settings;
}

struct Spoiled {
  World world;
  MirrorCheck fine;

  explicit Spoiled(const DaemonSettings& settings)
      : world({.scenario_json = kTwoPortals}, settings),
        fine(world.portal, world.daemon, world.AdminDsn(), settings.portals[1]) {}

  /// The stream ends in this state, its message is one line that names every word, and the portal
  /// beside it is mirrored as if nothing were wrong.
  void ExpectState(const std::string& object, const std::string& state, const std::string& reason,
                   const std::vector<std::string>& words, std::chrono::seconds within = 30s) {
    const bool reached = Happens(within, [&] {
      const auto stream = world.daemon.Stream("wrong", object);
      return stream.Text("state") == state && stream.Text("reason") == reason;
    });
    INFO(fine.StreamStates());
    CHECK(reached);
    const std::string message = world.daemon.Stream("wrong", object).Text("message");
    CHECK(message.find('\n') == std::string::npos);
    // The log says the same, once, when it comes to be.
    CHECK(Happens(5s, [&] {
      return world.daemon.Log().find("\"" + state + "/" + reason + ": ") != std::string::npos;
    }));
    for (const std::string& word : words) {
      CAPTURE(word);
      CHECK(message.find(word) != std::string::npos);
    }
    ExpectFine();
  }

  void ExpectFine() {
    fine.WaitBackfill(60s);
    fine.Settle();
    const auto outcome = fine.Compare();
    INFO(outcome.words);
    CHECK(outcome.report.differences == 0);
    CHECK(world.daemon.running());
  }
};

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST_CASE("bad input: a wrong token blocks its portal only") {
  DaemonSettings settings = TwoPortals();
  settings.portals[0].token = "pat-na1-nobody-knows-this";
  Spoiled spoiled(settings);
  spoiled.world.daemon.Start();

  // It might be new: it is asked again for 42 s before the portal is blocked.
  spoiled.ExpectState("contacts", "blocked", "auth", {"token"}, 90s);
  CHECK(spoiled.world.daemon.Log().find("nobody-knows-this") == std::string::npos);
  CHECK(spoiled.world.daemon.StatusCodeOf("/readyz") == 503);
  CHECK(spoiled.world.daemon.Metric("hubmirror_auth_valid", {"portal=\"wrong\""}) == 0.0);
  CHECK(spoiled.world.daemon.Metric("hubmirror_auth_valid", {"portal=\"fine\""}) == 1.0);
}

TEST_CASE("bad input: a missing scope blocks its object only and is named") {
  DaemonSettings settings = TwoPortals();
  settings.portals[0].token = "pat-na1-no-tickets";
  Spoiled spoiled(settings);
  spoiled.world.daemon.Start();

  spoiled.ExpectState("tickets", "blocked", "scope", {"tickets", "scope"});
  DaemonPortal rest = settings.portals[0];
  rest.objects = {"contacts", "companies", "deals", "emails", "tasks"};
  MirrorCheck others(spoiled.world.portal, spoiled.world.daemon, spoiled.world.AdminDsn(), rest);
  others.WithoutReference();
  others.WaitBackfill(60s);
  const auto outcome = others.Compare();
  INFO(outcome.words);
  CHECK(outcome.report.differences == 0);
}

TEST_CASE("bad input: a token of another portal writes nothing") {
  DaemonSettings settings = TwoPortals();
  settings.portals[0].portal_id = 333;
  Spoiled spoiled(settings);
  spoiled.world.daemon.Start();

  spoiled.ExpectState("contacts", "blocked", "portal_id", {"111", "333"});
  CHECK(spoiled.world.Sql("SELECT to_regclass('wrong.contacts') IS NULL") == "t");
  CHECK(spoiled.world.portal.Requests("list contacts") > 0);  // Of the portal that is fine.
}

TEST_CASE("bad input: a secret file others may read blocks its portal only") {
  Spoiled spoiled(TwoPortals());
  const auto file =
      spoiled.world.daemon.directory().Write("secrets/wrong.token", "pat-na1-good\n", 0644);
  spoiled.world.daemon.Start();

  spoiled.ExpectState("contacts", "blocked", "secret", {file.string(), "chmod"});
}

TEST_CASE("bad input: a secret file that is not there blocks its portal only") {
  Spoiled spoiled(TwoPortals());
  const auto file = spoiled.world.daemon.secret_directory() / "wrong.token";
  std::filesystem::remove(file);
  spoiled.world.daemon.Start();

  spoiled.ExpectState("contacts", "blocked", "secret", {file.string()});
}

TEST_CASE("bad input: a schema the role may not create blocks, with the SQL that helps") {
  Spoiled spoiled(TwoPortals());
  World& world = spoiled.world;
  // The common schema and the good portal's are there already, as an administrator made them.
  world.Sql("REVOKE CREATE ON DATABASE crm FROM mirror");
  world.Sql(
      "CREATE SCHEMA hubmirror AUTHORIZATION mirror; CREATE SCHEMA fine AUTHORIZATION mirror");
  world.daemon.Start();

  spoiled.ExpectState("contacts", "blocked", "database_privilege", {"CREATE SCHEMA", "wrong"});

  world.Sql("CREATE SCHEMA wrong AUTHORIZATION mirror");
  world.mirror.WaitBackfill(120s);
  world.ExpectEqual();
}

TEST_CASE("bad input: an unknown key is exit 78 and one line with place and suggestion") {
  Spoiled spoiled(TwoPortals());
  DaemonProcess& daemon = spoiled.world.daemon;
  daemon.settings().extra = "    intervall: 30s\n";
  daemon.WriteFiles();

  CHECK(daemon.RunToEnd() == ProcessEnd{.exit_code = 78});
  std::vector<std::string> lines;
  for (const std::string& line : LinesOf(daemon.Log())) {
    if (line.find("intervall") != std::string::npos) lines.push_back(line);
  }
  REQUIRE(lines.size() == 1);
  CAPTURE(lines[0]);
  CHECK(lines[0].find("hubmirror.yaml:") != std::string::npos);
  CHECK(lines[0].find("interval") != std::string::npos);

  const ProgramResult check = daemon.Cli({"config", "check"});
  CHECK(check.end == ProcessEnd{.exit_code = 78});
  CHECK(check.output.find("intervall") != std::string::npos);
  CHECK(spoiled.world.Sql("SELECT count(*)::text FROM pg_namespace WHERE nspname IN "
                          "('wrong', 'fine', 'hubmirror')") == "0");
}

TEST_CASE("bad input: a reload of a bad file is refused and the daemon goes on as before") {
  Spoiled spoiled(TwoPortals());
  DaemonProcess& daemon = spoiled.world.daemon;
  daemon.Start();
  spoiled.fine.WaitBackfill(60s);
  daemon.settings().extra = "    intervall: 30s\n";
  daemon.WriteFiles();

  const ProgramResult reload = daemon.Cli({"reload"});

  CHECK(reload.end == ProcessEnd{.exit_code = 78});
  CHECK(reload.output.find("intervall") != std::string::npos);
  CHECK(daemon.Metric("hubmirror_config_last_reload_successful") == 0.0);
  daemon.settings().extra.clear();
  daemon.WriteFiles();
  CHECK(daemon.Cli({"reload"}).end == ProcessEnd{.exit_code = 0});
  spoiled.ExpectFine();
}

/// A loopback port that somebody else holds.
class TakenPort {
 public:
  TakenPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(socket_, generic, size) == 0);
    REQUIRE(listen(socket_, 1) == 0);
    REQUIRE(getsockname(socket_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~TakenPort() { close(socket_); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;

  int port() const { return port_; }

 private:
  const int socket_;
  int port_ = 0;
};

TEST_CASE("bad input: a port in use is exit 73 and names the port") {
  const TakenPort taken;
  Spoiled spoiled(TwoPortals());
  DaemonProcess& daemon = spoiled.world.daemon;
  daemon.settings().listen = "127.0.0.1:" + std::to_string(taken.port());
  daemon.WriteFiles();

  CHECK(daemon.RunToEnd() == ProcessEnd{.exit_code = 73});
  CHECK(daemon.Log().find(std::to_string(taken.port())) != std::string::npos);
  CHECK(daemon.Log().find("web.listen") != std::string::npos);
}

}  // namespace
}  // namespace hubmirror::testing
