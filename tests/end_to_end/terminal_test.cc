// The command line in a real terminal, as a person sees it.

#include "support/terminal.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "support/await.h"
#include "support/programs.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

std::string Scenario(const std::string& latency) {
  return R"({"portals":[{"portal_id":1234567,"seed":91,"latency":")" + latency + R"(",
    "objects":{"contacts":3000,"deals":400,"feedback_submissions":200},
    "tokens":[{"token":"pat-na1-simulated-token"}]}]})";
}

DaemonSettings Settings() {
  DaemonSettings settings;
  settings.portals[0].objects = {"contacts", "deals", "feedback_submissions"};
  return settings;
}

size_t Times(const std::string& text, const std::string& part) {
  size_t times = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
  return times;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// A portal, a daemon, and a terminal in which `hm` is `hubmirror` with the daemon's configuration.
struct Desk {
  Desk(int columns, int rows, const std::string& latency = "20ms")
      : world({.scenario_json = Scenario(latency)}, Settings()), terminal(columns, rows, {}) {
    Name(terminal);
  }

  void Name(Terminal& where) {
    const std::string program = BuiltProgram("hubmirror").string();
    const std::string folder = world.daemon.directory().path().string();
    where.Run("cd " + folder);
    where.Run("export RUNTIME_DIRECTORY=$PWD/run");
    where.Run("hubmirror() { " + program + " \"$@\"; }");
    where.Run("hm() { hubmirror --config hubmirror.yaml \"$@\"; }");
  }

  World world;
  Terminal terminal;
};

TEST_CASE(
    "terminal: a status that is watched is drawn in place, follows the window and ends well") {
  // Slow enough to be looked at.
  Desk desk(100, 30, "700ms");
  Terminal& terminal = desk.terminal;
  desk.world.daemon.Start();
  terminal.Run("clear");
  terminal.Enter("hm status --watch");
  terminal.AwaitText("eta ");

  const std::string loading = terminal.Screen();
  INFO(loading);
  CHECK(Times(loading, "hubmirrord ") == 1);
  CHECK(Times(loading, "acme (portal 1234567)") == 1);
  CHECK(Times(loading, "  OBJECT ") == 1);
  CHECK(loading.find("] ") != std::string::npos);
  CHECK(terminal.ScrolledRows() == 0);

  // Too few columns for a table, too few rows for all of it.
  terminal.Resize(60, 9);
  terminal.AwaitText("... and more than this window shows");
  CHECK(Times(terminal.Screen(), "hubmirrord ") == 1);
  CHECK(terminal.Screen().find("contacts is ") != std::string::npos);
  const int scrolled = terminal.ScrolledRows();
  terminal.Resize(100, 30);
  terminal.AwaitText(" current ");
  Await("one picture again", 20s, [&] { return Times(terminal.Screen(), "hubmirrord ") == 1; });
  desk.world.mirror.WaitBackfill(60s);
  Await("nothing left to load", 20s, [&] { return Times(terminal.Screen(), " current ") == 3; });
  CHECK(terminal.ScrolledRows() <= scrolled);

  terminal.Press("C-c");
  CHECK(terminal.ExitCode() == 130);
  CHECK(terminal.CursorIsShown());
  CHECK(terminal.Run("echo still here") == "still here\n");
}

TEST_CASE("terminal: what the verbs write fits the window, and progress leaves nothing behind") {
  Desk desk(100, 30);
  Terminal& terminal = desk.terminal;
  desk.world.Load();

  const std::string status = terminal.Run("hm status");
  INFO(status);
  CHECK(Times(status, "feedback_submissions current ") == 1);
  for (const std::string& line : LinesOf(status)) CHECK(line.size() <= 100);

  CHECK(terminal.Run("hm settle acme") == "acme is settled\n");
  const std::string verified = terminal.Run("hm verify acme");
  INFO(verified);
  CHECK(LinesOf(verified).size() == 3);
  CHECK(verified.find("acme/deals: 388 checked, 0 missing") != std::string::npos);
  CHECK(terminal.Run("hm backfill acme --wait 60s") == "acme was read from the beginning\n");

  const std::string refused = terminal.Run("hm poll nowhere");
  CHECK(refused.starts_with("hubmirror: there is no portal nowhere"));
  CHECK(LinesOf(refused).back().starts_with("Next: "));

  // A file gets lines, and no sequences for terminals.
  CHECK(terminal.Run("hm settle acme > out; grep -c $'\\e' out; tail -n 1 out") ==
        "0\nacme is settled\n");

  Terminal narrow(60, 20, {});
  desk.Name(narrow);
  const std::string listed = narrow.Run("hm status");
  INFO(listed);
  for (const char* part : {"  contacts is current", "2,910 rows", "feedback_submissions is"}) {
    CHECK(listed.find(part) != std::string::npos);
  }
}

TEST_CASE("terminal: what is dropped for good is asked for by its name") {
  Desk desk(100, 30);
  Terminal& terminal = desk.terminal;
  desk.world.Load();
  desk.world.daemon.Terminate();
  desk.world.Sql("UPDATE acme._owner SET renewed_at = now() - interval '61 s' RETURNING 1");
  const auto answer = [&](const std::string& word) {
    terminal.Run("clear");
    terminal.Enter("hm portal drop acme");
    terminal.AwaitText("Type acme to drop it from the database:");
    terminal.Enter(word);
    terminal.AwaitPrompt();
    return terminal.Screen();
  };

  CHECK(answer("yes").find("hubmirror: nothing was dropped\nNext: ") != std::string::npos);
  CHECK(desk.world.Sql("SELECT to_regnamespace('acme') IS NULL") == "f");
  const std::string dropped = answer("acme");
  INFO(dropped);
  CHECK(dropped.find("acme: schema acme of portal 1234567, ") != std::string::npos);
  CHECK(dropped.find("acme is dropped from the database\n") != std::string::npos);
  CHECK(dropped.find("still has portals.acme") != std::string::npos);
  CHECK(desk.world.Sql("SELECT to_regnamespace('acme') IS NULL") == "t");
}

TEST_CASE("terminal: help goes on below what it explains, and breaks no word") {
  Desk desk(64, 60);
  Terminal& terminal = desk.terminal;
  const std::string help = terminal.Run("hubmirror settle --help");
  INFO(help);
  terminal.Run("hubmirror settle --help > out");
  std::ifstream file(desk.world.daemon.directory().path() / "out");
  std::istringstream shown(help);
  const std::vector<std::string> written{std::istream_iterator<std::string>(file), {}};
  const std::vector<std::string> seen{std::istream_iterator<std::string>(shown), {}};
  CHECK(written.size() > 50);
  CHECK(seen == written);
}

TEST_CASE("terminal: a shell completes verbs, and their options") {
  Desk desk(100, 30);
  Terminal& terminal = desk.terminal;
  terminal.Run("eval \"$(hubmirror completion bash)\"");
  terminal.Run("clear");
  terminal.Type("hubmirror sta\t");
  terminal.AwaitText("hubmirror status");
  terminal.Type("--wa\t");
  terminal.AwaitText("hubmirror status --watch");
}

TEST_CASE("terminal: a shell completes what the configuration names") {
  Desk desk(100, 30);
  desk.world.daemon.WriteFiles();
  Terminal& terminal = desk.terminal;
  terminal.Run("eval \"$(hubmirror completion bash)\"");
  terminal.Run("clear");
  terminal.Type("hubmirror --config hubmirror.yaml poll acme/de\t");
  terminal.AwaitText("poll acme/deals");
}

TEST_CASE("terminal: a secret that is typed is nowhere to be seen, and the echo comes back") {
  Desk desk(100, 30);
  Terminal& terminal = desk.terminal;
  // No shell that mends its terminal by itself: a script that outlives an interrupt.
  std::ofstream(desk.world.daemon.directory().path() / "ask.sh")
      << "trap : INT\n"
      << BuiltProgram("hubmirror").string()
      << " --config new.yaml setup --offline --token file:$PWD/typed --portal-id 1234567\n"
         "echo code=$?\n"
         "stty -a | grep -ow -e '-\\?echo'\n";
  terminal.Run("clear");
  terminal.Enter("bash ask.sh");
  terminal.AwaitText("[hubspot]:");
  terminal.Enter("acme");
  terminal.AwaitText("Database");
  terminal.Enter("dbname=crm");
  terminal.AwaitText("(not shown):");
  terminal.Type("pat-na1-typed-secret");
  terminal.Press("C-c");
  terminal.AwaitPrompt();
  const std::string interrupted = terminal.Screen();
  INFO(interrupted);
  CHECK(interrupted.find("code=130\necho\n") != std::string::npos);

  terminal.Run("clear");
  terminal.Enter("hm secret set acme");
  terminal.AwaitText("(not shown):");
  terminal.Enter("pat-na1-typed-secret");
  terminal.AwaitPrompt();
  CHECK(terminal.Everything().find("typed-secret") == std::string::npos);
  CHECK(terminal.Run("cat secrets/acme.token").find("pat-na1-typed-secret") == 0);
}

}  // namespace
}  // namespace hubmirror::testing
