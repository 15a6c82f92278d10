#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "daemon/cli/portal/control.h"
#include "daemon/cli/status/status_verb.h"
#include "sample_status.h"
#include "served_control.h"
#include "support/fake_clock.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using testing::kSampleStatus;
using testing::Served;

/// The command line, its output caught.
struct Shell {
  explicit Shell(int sleeps = 0) { clock.LimitSleeps(sleeps); }

  std::ostringstream out;
  std::ostringstream err;
  testing::FakeClock clock;
  CliContext context{.out = out,
                     .err = err,
                     .terminal = false,
                     .clock = clock,
                     .environment = [](const std::string&) { return std::string(); },
                     .stop = {}};
};

CommandLine Line(const std::vector<std::string>& arguments) {
  auto line = ParseCommandLine(arguments);
  REQUIRE(line);
  return *line;
}

TEST_CASE("cli: a wish reaches the daemon and its answer the user") {
  Served served;
  served.controls.Answer({ControlCode::kOk, "contacts is due now", ""});
  Shell shell;
  CHECK(RunControl(shell.context, Line({"poll", "acme/contacts"}), served.path()) == 0);
  CHECK(served.controls.asked() == std::vector<std::string>{"poll acme/contacts"});
  CHECK(shell.out.str() == "contacts is due now\n");
}

TEST_CASE("cli: a refusal has its exit code, its reason and the next step") {
  Served served;
  served.controls.Answer({ControlCode::kUnknownTarget, "no such object", "one of: contacts"});
  Shell shell;
  CHECK(RunControl(shell.context, Line({"pause", "acme/cars"}), served.path()) == 64);
  CHECK(shell.err.str() == "hubmirror: no such object\nNext: one of: contacts\n");
  CHECK(shell.out.str().empty());
}

TEST_CASE("cli: without a daemon every verb exits 69") {
  Shell shell;
  CHECK(RunControl(shell.context, Line({"reload"}), "/no/such/socket") == 69);
  CHECK(RunStatus(shell.context, Line({"status"}), "/no/such/socket") == 69);
  CHECK(shell.err.str().find("\nNext: start the daemon") != std::string::npos);
}

TEST_CASE("cli: a settle shows its counts and ends with the daemon's verdict") {
  Served served;
  OperationProgress progress;
  progress.jobs_left = 3;
  progress.pending = 1200;
  served.controls.Report(progress);
  served.controls.patience = 20ms;
  Shell shell;
  CHECK(RunControl(shell.context, Line({"settle", "acme"}), served.path()) == 75);
  CHECK(shell.out.str() == "3 jobs to finish, 1,200 records pending\n");
  CHECK(shell.err.str().find("is not settled in time") != std::string::npos);
}

TEST_CASE("cli: a followed backfill shows a bar") {
  Served served;
  served.controls.Report({.jobs_left = 1, .troubled = {}, .checked = 500, .expected = 2000});
  Shell shell;
  CHECK(RunControl(shell.context, Line({"backfill", "acme", "--wait", "20ms"}), served.path()) ==
        75);
  CHECK(shell.out.str() == "[######------------------] 500 of 2,000 records, 1 stream to walk\n");
}

TEST_CASE("cli: with --json the daemon's last line is all there is, errors too") {
  Served served;
  served.controls.Report({.jobs_left = 3, .troubled = {}});
  Shell shell;
  CHECK(RunControl(shell.context, Line({"settle", "acme", "--wait", "20ms", "--json"}),
                   served.path()) == 75);
  CHECK(shell.out.str().starts_with("{\n  \"ok\": false,\n  \"code\": 75,\n  \"message\":"));
  CHECK(shell.err.str().empty());

  Shell alone;
  CHECK(RunControl(alone.context, Line({"poll", "acme", "--json"}), "/no/such/socket") == 69);
  CHECK(alone.out.str().find("\"next\": \"start the daemon") != std::string::npos);
}

TEST_CASE("cli: a dry run asks for the cost") {
  Served served;
  served.controls.cost.parts = {{"contacts", "list pages of 100", 277}};
  Shell shell;
  CHECK(RunControl(shell.context, Line({"backfill", "acme", "--dry-run"}), served.path()) == 0);
  CHECK(shell.out.str().find("\n  contacts: 277 (list pages of 100)\n") != std::string::npos);
  CHECK(served.controls.asked().empty());
}

TEST_CASE("cli: status shows a table, or the document") {
  Served served;
  served.status = kSampleStatus;
  Shell table;
  CHECK(RunStatus(table.context, Line({"status"}), served.path()) == 0);
  CHECK(table.out.str().find("acme (portal 1234567)") != std::string::npos);

  Shell json;
  CHECK(RunStatus(json.context, Line({"status", "beta", "--json"}), served.path()) == 0);
  CHECK(json.out.str().find("\"portal_id\": 7654321") != std::string::npos);
  CHECK(json.out.str().find("acme") == std::string::npos);
}

TEST_CASE("cli: status of a portal the daemon does not have is usage") {
  Served served;
  served.status = kSampleStatus;
  Shell shell;
  CHECK(RunStatus(shell.context, Line({"status", "gamma"}), served.path()) == 64);
  CHECK(shell.err.str().find("no portal called gamma") != std::string::npos);
}

TEST_CASE("cli: a watch writes a line only when something changed") {
  Served served;
  served.status = kSampleStatus;
  Shell shell(3);
  CHECK(RunStatus(shell.context, Line({"status", "acme", "--watch"}), served.path()) == 0);
  CHECK(shell.out.str() ==
        "acme: 15,916 of 32,200 records (49%), 2,035/s, eta 8s; contacts backfilling, deals "
        "current, emails blocked/scope\n");
}

TEST_CASE("cli: a watch on a terminal draws over its last picture only") {
  Served served;
  served.status = R"({"version":"1","portals":{}})";
  Shell shell(1);
  shell.context.terminal = true;
  CHECK(RunStatus(shell.context, Line({"status", "--watch"}), served.path()) == 0);
  const std::string picture = "hubmirrord 1: not ready\x1b[K\n\x1b[J";
  CHECK(shell.out.str() == picture + "\x1b[1F" + picture);
}

TEST_CASE("cli: a watch outlives a daemon that is away") {
  Shell shell(3);
  CHECK(RunStatus(shell.context, Line({"status", "--watch"}), "/no/such/socket") == 0);
  CHECK(shell.out.str().find("cannot reach the daemon") != std::string::npos);
}

TEST_CASE("cli: a watch ends when nobody reads it any more, or it cannot be written") {
  Served served;
  served.status = kSampleStatus;
  Shell left(9);
  int asked = 0;
  left.context.reader_gone = [&] { return ++asked == 3; };
  CHECK(RunStatus(left.context, Line({"status", "--watch"}), served.path()) == 0);
  CHECK(asked == 3);

  Shell full(9);
  full.out.setstate(std::ios::badbit);
  const Instant began = full.clock.Now();
  CHECK(RunStatus(full.context, Line({"status", "--watch"}), served.path()) == 0);
  CHECK(full.clock.Now() == began);
}

TEST_CASE("cli: a watch until loaded ends by itself") {
  Served served;
  served.status = R"({"portals":{"acme":{"streams":{"deals":{"state":"current","rows":5}}}}})";
  Shell shell(1000000);
  CHECK(RunStatus(shell.context, Line({"status", "--watch", "--until-loaded"}), served.path()) ==
        0);
  CHECK(shell.out.str() == "acme: 5 of 5 records (100%); deals current\n");
}

TEST_CASE("cli: a record that is read again is waited for, and one that is not there is said") {
  Served served;
  served.controls.Report({.done = true, .troubled = {}, .found = FoundRecord::kNowhere});
  Shell shell;
  CHECK(RunControl(shell.context, Line({"refresh", "acme/contacts/42"}), served.path()) == 1);
  CHECK(shell.err.str().starts_with(
      "hubmirror: HubSpot has no record acme/contacts/42, neither live nor archived\nNext: "));
  CHECK(served.controls.asked().front() == "start refresh acme/contacts/42");

  served.controls.Report({.done = true, .troubled = {}, .found = FoundRecord::kLive});
  Shell again;
  CHECK(RunControl(again.context, Line({"refresh", "acme/contacts/42"}), served.path()) == 0);
  CHECK(again.out.str() == "acme/contacts/42 is read again\n");
}

TEST_CASE("cli: a comparison shows how much there is") {
  Served served;
  served.controls.Report({.jobs_left = 2, .troubled = {}, .checked = 500, .expected = 2000});
  Shell shell;
  CHECK(RunControl(shell.context, Line({"verify", "acme", "--wait", "20ms"}), served.path()) == 75);
  CHECK(shell.out.str() ==
        "[######------------------] 500 of 2,000 records checked, 2 streams to compare\n");
}

TEST_CASE("cli: with --json an error of ours is JSON, too") {
  Shell shell;
  shell.context.json = true;
  CHECK(Fail(shell.context, kExitUsage, "no portal is called \"x\"", "name another") == 64);
  CHECK(shell.out.str() ==
        "{\n  \"ok\": false,\n  \"code\": 64,\n  \"message\": \"no portal is called \\\"x\\\"\",\n"
        "  \"next\": \"name another\"\n}\n");
  CHECK(shell.err.str().empty());
}

}  // namespace
}  // namespace hubmirror
