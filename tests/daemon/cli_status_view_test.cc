#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "daemon/cli/status/status_view.h"
#include "sample_status.h"

namespace hubmirror {
namespace {

using testing::kSampleStatus;

ShownStatus Sample() {
  auto status = ReadStatus(kSampleStatus);
  REQUIRE(status);
  return *status;
}

bool Holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("cli status: the document is read as it is") {
  const ShownStatus status = Sample();
  REQUIRE(status.portals.size() == 2);
  const ShownPortal& acme = status.portals[0];
  CHECK(acme.key == "acme");
  CHECK(acme.portal_id == 1234567);
  CHECK(acme.daily_share == 312500);
  CHECK(acme.requests_today == 1204);
  REQUIRE(acme.streams.size() == 3);
  CHECK(acme.streams[0].load_done == 11316);
  CHECK_FALSE(acme.streams[0].age);
  CHECK(acme.streams[1].age == std::chrono::seconds{12});
  CHECK_FALSE(status.portals[1].auth_valid);
  CHECK_FALSE(status.portals[1].daily_limit);
}

TEST_CASE("cli status: an error that a success followed is not shown") {
  const ShownStatus status = Sample();
  CHECK(status.portals[0].streams[1].last_error.empty());
  CHECK(status.portals[0].streams[2].last_error == "sweep: 403 \x1b[2J");
}

TEST_CASE("cli status: what is not a status document is an error") {
  for (const char* text : {"", "null", "[]", "{}", "{\"portals\":[]}", "{\"portals\":{}"}) {
    CAPTURE(text);
    CHECK_FALSE(ReadStatus(text));
  }
}

TEST_CASE("cli status: loaded only when every stream of every portal is") {
  ShownStatus status = Sample();
  CHECK_FALSE(status.loaded());
  status.portals[0].streams.erase(status.portals[0].streams.begin());
  CHECK_FALSE(status.loaded());  // `beta` has not shown its streams yet
  status.portals.pop_back();
  CHECK(status.loaded());
}

TEST_CASE("cli status: the README shows the table as it is") {
  ShownStatus status = Sample();
  status.ready = status.last_reload_accepted = true;
  status.portals.pop_back();
  auto& streams = status.portals[0].streams;
  streams[0].load_eta = std::chrono::seconds{12};
  streams[1].quarantined = 0;
  streams[2].message =
      "the token lacks a scope, HubSpot names sales-email-read: add it to the app or the key in "
      "HubSpot";
  streams[2].last_error.clear();

  const std::string table = StatusTable(status);

  std::ifstream file(HUBMIRROR_SOURCE_DIR "/README.md", std::ios::binary);
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  CAPTURE(table);
  CHECK(Holds(readme, "```\n" + table + "```\n"));
}

TEST_CASE("cli status: the table says what can be trusted and what is wrong") {
  const std::string table = StatusTable(Sample());
  CAPTURE(table);
  CHECK(Holds(table, "hubmirrord 0.1.0: not ready\n"));
  CHECK(Holds(table, "the last reload was refused"));
  CHECK(Holds(table,
              "acme (portal 1234567): 1,204 requests today of our share of 312,500, "
              "600,000 of 625,000 left in the account; 0.31 requests a change since the start\n"));
  CHECK(Holds(table, "[########------------] 41%, 2,035/s, eta 8s\n"));
  CHECK(Holds(table, "blocked/scope"));
  CHECK(Holds(table, "    grant sales-email-read to the app\n"));
  CHECK(Holds(table, "    last error: sweep: 403 ?[2J\n"));
  CHECK(Holds(table, "    records could not be stored: `hubmirror quarantine list acme/"));
  CHECK(Holds(table, "beta (portal 7654321)"));
  CHECK(Holds(table, "beta (portal 7654321): 0 requests today\n  the token was refused\n"));
  CHECK_FALSE(Holds(table, "the token is refused"));
  CHECK_FALSE(Holds(table, "\x1b"));
}

TEST_CASE("cli status: it says where the change feed and its consumers stand") {
  std::string document = kSampleStatus;
  document.insert(document.find("\"streams\""), R"("feed": {"bytes": 3145728, "consumers": {
      "billing": {"seq": 9, "waits_since": null, "lost": false},
      "crm": {"seq": 3, "waits_since": "2026-10-01T09:56:00.000Z", "lost": false},
      "old": {"seq": 1, "waits_since": "2026-10-01T09:00:00.000Z", "lost": true}}}, )");
  const auto status = ReadStatus(document);
  REQUIRE(status);
  CHECK(
      Holds(StatusTable(*status, 200),
            "change feed: 3 MiB; billing has read all; crm is 4m behind; old has missed entries"));
}

TEST_CASE("cli status: it says what waits to be written, and what is held") {
  std::string document = kSampleStatus;
  document.insert(document.find("\"streams\""), R"("write": {
      "contacts": {"state": "on", "held": "", "queued": 3, "sending": 1, "written": 0, "unknown": 2,
                   "conflict": 1, "failed": 4, "doubt": 2,
                   "oldest_queued_at": "2026-10-01T09:56:00.000Z"},
      "deals": {"state": "held", "held": "mass", "queued": 0, "oldest_queued_at": null}}, )");
  const auto status = ReadStatus(document);
  REQUIRE(status);
  CHECK(Holds(StatusTable(*status, 200),
              "writing back: contacts: 4 rows to write, the oldest for 4m, 7 rows for a person; "
              "deals has nothing to write, held (mass)"));
}

TEST_CASE("cli status: columns line up") {
  const std::string table = StatusTable(Sample());
  const auto heading = table.find("  OBJECT");
  const auto row = table.find("  deals");
  REQUIRE(heading != std::string::npos);
  REQUIRE(row != std::string::npos);
  CHECK(table.find("ROWS", heading) - heading + 4 == table.find("4,600", row) - row + 5);
}

TEST_CASE("cli status: it fits the terminal, and loses nothing in a narrow one") {
  ShownStatus status = Sample();
  status.portals[0].streams[0].object = "feedback_submissions";
  for (const int columns : {40, 60, 80, 100, 132}) {
    CAPTURE(columns);
    const std::string table = StatusTable(status, columns);
    CAPTURE(table);
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
      CHECK(line.size() <= static_cast<size_t>(columns));
    }
    for (const char* part : {"feedback_submissions", "4,600", "blocked/scope", "eta 8s", "41%"}) {
      CHECK(Holds(table, part));
    }
  }
  CHECK(Holds(StatusTable(status, 60), "  deals is current\n    age 12s, target "));
}

TEST_CASE("cli status: one line sums the load up") {
  CHECK(StatusLine(Sample().portals[0]) ==
        "acme: 15,916 of 32,200 records (49%), 2,035/s, eta 8s; contacts backfilling, deals "
        "current, emails blocked/scope");
  CHECK(StatusLine(Sample().portals[1]) == "beta: 0 of 0 records (0%); no stream has started yet");
}

TEST_CASE("cli status: one portal can be picked from the document") {
  const auto only = OnlyPortal(kSampleStatus, "beta");
  REQUIRE(only);
  const auto status = ReadStatus(*only);
  REQUIRE(status);
  REQUIRE(status->portals.size() == 1);
  CHECK(status->portals[0].key == "beta");
  CHECK(status->version == "0.1.0");
  CHECK_FALSE(OnlyPortal(kSampleStatus, "gamma"));
}

TEST_CASE("cli status: what is not known is not shown as nothing") {
  ShownStatus status = Sample();
  status.portals[0].streams[1].rows.reset();
  CHECK(Holds(StatusTable(status), " unknown "));
  CHECK(Holds(StatusTable(status, 60), "rows unknown"));
}

TEST_CASE("cli status: one cause is said once") {
  ShownStatus status = Sample();
  ShownPortal& acme = status.portals[0];
  for (ShownStream& stream : acme.streams) {
    stream.state = "blocked";
    stream.message = "grant the scope";
    stream.last_error = "list: 403";
  }
  const auto times = [](const std::string& text, const std::string& part) {
    int count = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++count;
    return count;
  };
  std::string table = StatusTable(status);
  CAPTURE(table);
  CHECK(times(table, "grant the scope") == 1);
  CHECK(Holds(table, "  contacts, deals, emails: grant the scope\n"));
  CHECK(times(table, "list: 403") == 1);

  for (ShownPortal& portal : status.portals) portal.message = "the database is away: refused";
  for (ShownStream& stream : acme.streams) stream.message = "the database is away: refused";
  table = StatusTable(status);
  CHECK(times(table, "the database is away: refused") == 1);
  CHECK(Holds(table, "acme, beta: the database is away: refused\n"));
}

TEST_CASE("cli status: --problems leaves out what is well") {
  ShownStatus status = Sample();
  status.portals[0].streams[1].quarantined = 0;
  status.KeepProblems();
  REQUIRE(status.portals.size() == 2);
  REQUIRE(status.portals[0].streams.size() == 1);
  CHECK(status.portals[0].streams[0].object == "emails");

  ShownStatus well = Sample();
  well.portals.pop_back();
  well.portals[0].streams = {well.portals[0].streams[0]};
  well.KeepProblems();
  CHECK(well.portals.empty());
}

TEST_CASE("cli status: a database that nobody has asked yet is not called away") {
  std::string document = kSampleStatus;
  const std::string up = "\"database_up\": true";
  document.replace(document.find(up), up.size(),
                   "\"database_up\": false, \"database_tried\": false");
  CHECK(ReadStatus(document)->database_up);
}

}  // namespace
}  // namespace hubmirror
