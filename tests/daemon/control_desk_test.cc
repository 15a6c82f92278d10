#include "control/control_desk.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "memory_log.h"
#include "recording_controls.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using testing::MemoryLog;
using testing::RecordingControls;

constexpr Instant kStart{std::chrono::hours{1}};
constexpr ControlPeer kPeer{.pid = 321, .uid = 1000};

/// A desk with a daemon that has one portal, `acme`.
struct Desk {
  RecordingControls controls;
  MemoryLog log;
  int reloads = 0;
  ControlDesk desk{controls, [] { return std::string(R"({"portals":{}})"); },
                   [this] {
                     ++reloads;
                     return ControlResult{ControlCode::kConfiguration, "line 3 is wrong", "fix it"};
                   },
                   log};

  ControlDesk::Answer Ask(const ControlRequest& request) {
    return desk.Take(FormatControlRequest(request), kPeer, kStart);
  }
  ControlLine AskOnce(const ControlRequest& request) { return Only(Ask(request).lines); }
  static ControlLine Only(const std::string& line) {
    const auto parsed = ParseControlLine(line);
    REQUIRE(parsed);
    return *parsed;
  }
};

TEST_CASE("control desk: each verb reaches the daemon with its target") {
  Desk desk;
  desk.AskOnce({.verb = ControlVerb::kPoll, .portal = "acme"});
  desk.AskOnce({.verb = ControlVerb::kPause, .portal = "acme", .object = "deals"});
  desk.AskOnce({.verb = ControlVerb::kResume, .portal = "acme", .object = "deals"});
  desk.AskOnce({.verb = ControlVerb::kBackfill, .portal = "acme"});
  desk.AskOnce({.verb = ControlVerb::kResolve, .portal = "acme"});
  desk.AskOnce({.verb = ControlVerb::kResolve, .portal = "acme", .accept = true});
  desk.AskOnce(
      {.verb = ControlVerb::kRefresh, .portal = "acme", .object = "deals", .id = RecordId{5}});

  CHECK(desk.controls.asked() == std::vector<std::string>{"poll acme", "pause acme/deals",
                                                          "resume acme/deals", "backfill acme",
                                                          "resolve acme", "resolve --accept acme",
                                                          "refresh 5 acme/deals"});
}

TEST_CASE("control desk: what the daemon says comes back unchanged") {
  Desk desk;
  desk.controls.Answer({ControlCode::kUnknownTarget, "no such object", "one of: contacts"});

  const ControlLine line = desk.AskOnce({.verb = ControlVerb::kPoll, .portal = "acme"});

  CHECK(line.result->code == ControlCode::kUnknownTarget);
  CHECK(line.result->message == "no such object");
  CHECK(line.result->next == "one of: contacts");
}

TEST_CASE("control desk: a reload answers with its outcome") {
  Desk desk;
  const ControlLine line = desk.AskOnce({.verb = ControlVerb::kReload});
  CHECK(desk.reloads == 1);
  CHECK(line.result->code == ControlCode::kConfiguration);
}

TEST_CASE("control desk: status carries the document") {
  Desk desk;
  CHECK(desk.AskOnce({.verb = ControlVerb::kStatus}).status == R"({"portals":{}})");
}

TEST_CASE("control desk: a request that makes no sense reaches nobody") {
  Desk desk;
  const ControlLine line = Desk::Only(desk.desk.Take("{\"verb\":\"drop\"}", kPeer, kStart).lines);
  CHECK(line.result->code == ControlCode::kUnknownTarget);
  CHECK(desk.controls.asked().empty());
  CHECK(desk.log.lines().empty());
}

TEST_CASE("control desk: who asked for a change is in the log") {
  Desk desk;
  desk.Ask({.verb = ControlVerb::kPause, .portal = "acme", .object = "deals"});
  CHECK(desk.log.lines() ==
        std::vector<std::string>{"control.request: operator asks: pause acme/deals VERB=pause "
                                 "PEER_UID=1000 PEER_PID=321 PORTAL=acme OBJECT=deals"});
}

TEST_CASE("control desk: a settle shows its counts when they move and ends well") {
  Desk desk;
  OperationProgress progress;
  progress.jobs_left = 2;
  desk.controls.Report(progress);
  const auto answer = desk.Ask({.verb = ControlVerb::kSettle, .portal = "acme"});
  REQUIRE(answer.operation);

  CHECK(Desk::Only(answer.operation->At(kStart).lines).progress->jobs_left == 2);
  CHECK(answer.operation->At(kStart + 1s).lines.empty());
  CHECK_FALSE(answer.operation->At(kStart + 5s).lines.empty());

  progress.done = true;
  desk.controls.Report(progress);
  const auto end = answer.operation->At(kStart + 6s);
  CHECK(end.ended);
  CHECK(Desk::Only(end.lines).result->ok());
}

TEST_CASE("control desk: a settle that takes too long says what is left and exits 75") {
  Desk desk;
  OperationProgress progress;
  progress.jobs_left = 1;
  progress.pending = 9;
  desk.controls.Report(progress);

  const auto answer = desk.Ask({.verb = ControlVerb::kSettle, .portal = "acme", .wait = 10s});
  REQUIRE(answer.operation);
  CHECK_FALSE(answer.operation->At(kStart + 9s).ended);

  const auto end = answer.operation->At(kStart + 10s);
  CHECK(end.ended);
  const ControlLine line = Desk::Only(end.lines);
  CHECK(line.result->code == ControlCode::kTryLater);
  CHECK(line.result->message ==
        "acme is not settled in time: 1 job still to finish, 9 records pending");
}

TEST_CASE("control desk: without --wait a settle has the daemon's patience") {
  Desk desk;
  desk.controls.patience = 7s;
  const auto answer = desk.Ask({.verb = ControlVerb::kSettle, .portal = "acme"});
  REQUIRE(answer.operation);
  CHECK_FALSE(answer.operation->At(kStart + 6s).ended);
  CHECK(answer.operation->At(kStart + 7s).ended);
}

TEST_CASE("control desk: a settle waits for the healthy streams, then names the troubled one") {
  Desk desk;
  OperationProgress progress;
  progress.troubled = {{{"acme", "deals"}, "suspicious", "mass_change", "4,000 rows vanished"}};
  progress.jobs_left = 1;
  desk.controls.Report(progress);
  const auto answer = desk.Ask({.verb = ControlVerb::kSettle, .portal = "acme"});
  REQUIRE(answer.operation);
  CHECK_FALSE(answer.operation->At(kStart).ended);

  progress.done = true;
  desk.controls.Report(progress);
  const ControlLine line = Desk::Only(answer.operation->At(kStart + 1s).lines);

  CHECK(line.result->code == ControlCode::kProblem);
  CHECK(line.result->message ==
        "acme is not settled: acme/deals is suspicious (mass_change), 4,000 rows vanished");
  CHECK(line.result->next.find("hubmirror resolve acme/deals --accept") != std::string::npos);
}

TEST_CASE("control desk: a settle nobody listens to is given back") {
  Desk desk;
  desk.Ask({.verb = ControlVerb::kSettle, .portal = "acme"});
  CHECK(desk.controls.asked() == std::vector<std::string>{"settle acme", "end"});
}

TEST_CASE("control desk: a settle that cannot start answers at once") {
  Desk desk;
  desk.controls.Answer({ControlCode::kTryLater, "shutting down", ""});
  const auto answer = desk.Ask({.verb = ControlVerb::kSettle, .portal = "acme"});
  CHECK_FALSE(answer.operation);
  CHECK(Desk::Only(answer.lines).result->code == ControlCode::kTryLater);
}

TEST_CASE("control desk: a wish with a wait is followed to its end") {
  using Asked = std::vector<std::string>;
  Desk desk;
  desk.Ask({.verb = ControlVerb::kPoll, .portal = "acme", .wait = 10s});
  CHECK(desk.controls.asked() == Asked{"poll acme", "start poll acme", "end"});

  Desk releasing;
  releasing.Ask({.verb = ControlVerb::kResolve, .portal = "acme", .accept = true, .wait = 10s});
  CHECK(releasing.controls.asked() == Asked{"resolve --accept acme", "start resolve acme", "end"});

  Desk walking;
  const auto answer = walking.Ask({.verb = ControlVerb::kBackfill, .portal = "acme", .wait = 10s});
  REQUIRE(answer.operation);
  walking.controls.Report({.jobs_left = 1, .troubled = {}, .checked = 500, .expected = 2000});
  const ControlLine line = Desk::Only(answer.operation->At(kStart).lines);
  CHECK(line.progress->checked == 500);
  CHECK(line.progress->expected == 2000);
  walking.controls.Report({.done = true, .troubled = {}});
  CHECK(Desk::Only(answer.operation->At(kStart + 1s).lines).result->message ==
        "acme was read from the beginning");
}

TEST_CASE("control desk: a dry run says the cost, does nothing and is not logged") {
  Desk desk;
  desk.controls.cost = {.parts = {{"contacts", "list pages of 100", 277}, {"deals", "none", 0}},
                        .daily_share = 450'000,
                        .requests_today = 1200,
                        .at_least = 27s};
  const ControlLine line =
      desk.AskOnce({.verb = ControlVerb::kBackfill, .portal = "acme", .dry_run = true});

  CHECK(line.result->ok());
  CHECK(line.result->message ==
        "acme would take about 277 requests, at least 27 s; 1,200 of our share of 450,000 are used "
        "today; nothing was done\n  contacts: 277 (list pages of 100)");
  CHECK(line.text.find(R"("cost":{"requests":277,"at_least_s":27,)") != std::string::npos);
  CHECK(desk.controls.asked().empty());
  CHECK(desk.log.lines().empty());
}

TEST_CASE("control desk: tables that cannot follow are named with what holds them") {
  Desk desk;
  const auto answer = desk.Ask({.verb = ControlVerb::kApplySchema, .portal = "acme"});
  REQUIRE(answer.operation);
  desk.controls.Report(
      {.done = true, .troubled = {}, .blocked = {"contacts.score: view reports.scores"}});

  const ControlLine line = Desk::Only(answer.operation->At(kStart).lines);

  CHECK(line.result->code == ControlCode::kProblem);
  CHECK(line.result->message.find("\n  contacts.score: view reports.scores") != std::string::npos);
  CHECK(line.result->next.find("hubmirror schema apply acme") != std::string::npos);
}

TEST_CASE("control desk: a comparison's result carries its report") {
  Desk desk;
  const auto answer = desk.Ask({.verb = ControlVerb::kVerify, .portal = "acme"});
  REQUIRE(answer.operation);
  VerifyReport report{.list_pages = 2, .batch_reads = 1, .checked = 100, .left = 1};
  report.missing = 1;
  report.Note(VerifyFinding::Kind::kMissing, RecordId{42});
  desk.controls.Report({.done = true, .troubled = {}, .verified = {{"contacts", report}}});

  const ControlLine line = Desk::Only(answer.operation->At(kStart).lines);

  CHECK(line.result->code == ControlCode::kProblem);
  CHECK(line.text.find(R"("verified":{"contacts":{"list_pages":2,"batch_reads":1,"checked":100,)"
                       R"("missing":1,)") != std::string::npos);
  CHECK(line.text.find(R"({"kind":"missing","id":42,"properties":[]})") != std::string::npos);
}

TEST_CASE(
    "control desk: a cause that streams share is said once, and a database that is away is 69") {
  Desk desk;
  OperationProgress progress;
  progress.done = true;
  for (const char* object : {"contacts", "deals"}) {
    progress.troubled.push_back({{"acme", object}, "failing", "database", "the database is away"});
  }
  desk.controls.Report(progress);
  const auto answer = desk.Ask({.verb = ControlVerb::kPoll, .portal = "acme", .wait = 60s});
  REQUIRE(answer.operation);
  const ControlLine line = Desk::Only(answer.operation->At(kStart).lines);
  CHECK(line.result->code == ControlCode::kUnavailable);
  CHECK(line.result->message ==
        "acme was not checked for changes: acme/contacts, acme/deals are failing (database), the "
        "database is away");
}

}  // namespace
}  // namespace hubmirror
