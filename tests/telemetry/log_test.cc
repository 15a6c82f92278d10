#include <doctest/doctest.h>
#include <fcntl.h>
#include <rapidjson/document.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/hostile_text.h"
#include "telemetry/golden_file.h"
#include "telemetry/log/event_table.h"
#include "telemetry/log/folding_log.h"
#include "telemetry/log/journal_log.h"
#include "telemetry/log/json_log.h"
#include "telemetry/log/log_record.h"
#include "telemetry/samples.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

struct CollectingLog final : Logger {
  std::vector<LogLine> lines;
  void Write(const LogLine& line) override { lines.push_back(line); }

  std::string Messages() const {
    std::string all;
    for (const LogLine& line : lines) all += line.message + ";";
    return all;
  }
};

struct CountingTally final : LogTally {
  int logged = 0;
  int folded = 0;
  void OnLogged(LogLevel, std::string_view) override { ++logged; }
  void OnLogFolded(std::string_view) override { ++folded; }
};

struct LogFixture {
  CollectingLog output;
  CountingTally tally;
  testing::FakeClock clock{kNow};
  FoldingLog log{output, tally, clock, LogLevel::kInfo};

  void Failed(std::string message, std::string object = "deals") {
    log.Write({.level = LogLevel::kWarning,
               .event = "poll.failed",
               .message = std::move(message),
               .fields = {{"PORTAL", "acme"}, {"OBJECT", std::move(object)}}});
  }
};

const LogLine kLine{.level = LogLevel::kWarning,
                    .event = "poll.failed",
                    .message = "HubSpot answers 502 \"bad\"\nnext line \xFF",
                    .fields = {{"PORTAL", "acme"}, {"HTTP_STATUS", "502"}, {"SQLSTATE", ""}}};

/// What the log writes into a pipe for one line.
std::string Written(const LogLine& line) {
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  testing::FakeClock clock(kNow);
  JsonLog(clock, ends[1]).Write(line);
  close(ends[1]);
  std::array<char, 4096> text{};
  const ssize_t count = read(ends[0], text.data(), text.size());
  close(ends[0]);
  return {text.data(), static_cast<size_t>(std::max<ssize_t>(count, 0))};
}

/// Adds the text in quotes that follows each `mark` and, with `skips_word`, one word and a comma.
void CollectQuoted(const std::string& text, const std::string& mark, bool skips_word,
                   std::set<std::string>& found) {
  for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    at += mark.size();
    size_t open = at;
    if (skips_word) {
      const size_t comma = text.find_first_of(",;)}", at);
      if (comma == std::string::npos || text[comma] != ',') continue;
      open = text.find_first_not_of(" \n", comma + 1);
    }
    if (open == std::string::npos || text[open] != '"') continue;
    found.insert(text.substr(open + 1, text.find('"', open + 1) - open - 1));
  }
}

/// The events that the sources of a folder log: `event = "..."` and `Log(LogLevel::kNotice,
/// "...")`.
std::set<std::string> LoggedEvents(const std::string& folder) {
  std::set<std::string> events;
  const std::filesystem::path root(HUBMIRROR_SOURCE_DIR);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
    if (entry.path().extension() != ".cc") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    CollectQuoted(text, "event = ", false, events);
    CollectQuoted(text, "LogLevel::", true, events);
  }
  return events;
}

/// All sources of the daemon but the table itself.
std::string Sources() {
  std::string text;
  const std::filesystem::path root(HUBMIRROR_SOURCE_DIR);
  for (const char* folder : {"lib", "daemon"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() != ".cc" || entry.path().stem() == "event_table") continue;
      std::ifstream file(entry.path());
      text.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  return text;
}

}  // namespace

TEST_CASE_FIXTURE(LogFixture,
                  "log: what is below the level is dropped, and the level can be moved") {
  log.Write({.level = LogLevel::kDebug, .event = "daemon.started", .message = "quiet"});
  log.set_level(LogLevel::kDebug);
  log.Write({.level = LogLevel::kDebug, .event = "daemon.started", .message = "loud"});

  CHECK(output.Messages() == "loud;");
  CHECK(tally.logged == 1);
}

TEST_CASE_FIXTURE(LogFixture, "log: repeats within a minute become one line that says how many") {
  Failed("one");
  Failed("two");
  Failed("three");
  Failed("four");
  CHECK(output.Messages() == "one;");

  clock.Advance(60s);
  log.Flush();

  CHECK(output.Messages() == "one;four (newest of 3 within a minute);");
  CHECK(output.lines[1].fields.back() == std::pair<std::string_view, std::string>("REPEATED", "3"));
  CHECK(tally.logged == 2);
  CHECK(tally.folded == 2);
}

TEST_CASE_FIXTURE(LogFixture, "log: an endless repeat makes one line a minute") {
  for (int second = 0; second < 600; ++second) {
    Failed("again");
    clock.Advance(1s);
  }

  CHECK(output.lines.size() == 10);
}

TEST_CASE_FIXTURE(LogFixture, "log: a single repeat is passed on as it is, later") {
  Failed("went down");
  Failed("came back");

  clock.Advance(59s);
  log.Flush();
  CHECK(output.Messages() == "went down;");
  clock.Advance(1s);
  log.Flush();

  CHECK(output.Messages() == "went down;came back;");
  CHECK(tally.folded == 0);
}

TEST_CASE_FIXTURE(LogFixture, "log: streams, portals and events are folded apart") {
  Failed("deals");
  Failed("contacts", "contacts");
  log.Write({.event = "poll.finished", .message = "finished", .fields = {{"PORTAL", "acme"}}});
  log.Write({.event = "poll.finished", .message = "other", .fields = {{"PORTAL", "globex"}}});

  CHECK(output.Messages() == "deals;contacts;finished;other;");
}

TEST_CASE_FIXTURE(LogFixture, "log: what is worse is not kept back behind what was milder") {
  Failed("warning");
  Failed("warning again");
  log.Write({.level = LogLevel::kErr,
             .event = "poll.failed",
             .message = "error",
             .fields = {{"PORTAL", "acme"}, {"OBJECT", "deals"}}});
  CHECK(output.Messages() == "warning;error;");

  clock.Advance(60s);
  log.Flush();
  CHECK(output.Messages() == "warning;error;");
}

TEST_CASE_FIXTURE(LogFixture, "log: after a quiet minute a line passes at once again") {
  Failed("first");
  clock.Advance(60s);

  Failed("second");

  CHECK(output.Messages() == "first;second;");
}

TEST_CASE_FIXTURE(LogFixture, "log: debug lines are never folded") {
  log.set_level(LogLevel::kDebug);
  for (int i = 0; i < 3; ++i) {
    log.Write({.level = LogLevel::kDebug, .event = "control.request", .message = "status"});
  }

  CHECK(output.lines.size() == 3);
}

TEST_CASE("log: what is held is not lost at the end") {
  CollectingLog output;
  CountingTally tally;
  testing::FakeClock clock(kNow);
  {
    FoldingLog log(output, tally, clock, LogLevel::kInfo);
    log.Write({.event = "daemon.stopping", .message = "first"});
    log.Write({.event = "daemon.stopping", .message = "last"});
  }

  CHECK(output.Messages() == "first;last;");
}

TEST_CASE("log: the journal's fields, those without a value left out") {
  const auto fields = JournalFields(kLine);

  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const auto& [name, value] : fields) names.push_back(name);
  CHECK(names == std::vector<std::string>{"MESSAGE", "PRIORITY", "MESSAGE_ID", "HUBMIRROR_EVENT",
                                          "HUBMIRROR_PORTAL", "HUBMIRROR_HTTP_STATUS"});
  CHECK(fields[1].second == "4");
  CHECK(fields[2].second == FindEvent("poll.failed")->message_id);
}

TEST_CASE("log: what journalctl shows says whom it is about") {
  CHECK(JournalMessage({.event = "stream.state",
                        .message = "current",
                        .fields = {{"PORTAL", "acme"}, {"OBJECT", "deals"}}}) ==
        "stream.state acme/deals: current");
  CHECK(JournalMessage({.event = "portal.held", .message = "m", .fields = {{"PORTAL", "acme"}}}) ==
        "portal.held acme: m");
  CHECK(JournalMessage({.event = "web.listening", .message = "m", .fields = {{"OBJECT", ""}}}) ==
        "web.listening: m");
}

TEST_CASE("log: JSON lines are one object a line, whatever the message holds") {
  const std::string text = Written(kLine);

  CHECK(std::ranges::count(text, '\n') == 1);
  CHECK(text.ends_with("}\n"));
  rapidjson::Document line;
  line.Parse(text);
  REQUIRE_FALSE(line.HasParseError());
  CHECK(line["TIME"].GetString() == std::string("2026-03-01T12:00:00.000Z"));
  CHECK(line["MESSAGE"].GetString() ==
        std::string("HubSpot answers 502 \"bad\" next line \xEF\xBF\xBD"));
  CHECK(line["PRIORITY"].GetString() == std::string("4"));
  CHECK(line["HUBMIRROR_EVENT"].GetString() == std::string("poll.failed"));
  CHECK(line["HUBMIRROR_HTTP_STATUS"].GetString() == std::string("502"));
}

TEST_CASE("log: nothing that is obeyed rather than shown gets into it, in JSON or the journal") {
  const LogLine hostile{.level = LogLevel::kWarning,
                        .event = "poll.failed",
                        .message = HostileText() + "\nMESSAGE=forged",
                        .fields = {{"PORTAL", "acme"}, {"OBJECT", HostileText()}}};

  const std::string text = Written(hostile);
  CHECK(ObeyedIn(text) == "");
  rapidjson::Document line;
  line.Parse(text);
  REQUIRE_FALSE(line.HasParseError());
  CHECK(ObeyedIn(line["MESSAGE"].GetString()) == "");
  CHECK(ObeyedIn(line["HUBMIRROR_OBJECT"].GetString()) == "");

  CHECK(ObeyedIn(JournalMessage(hostile)) == "");
  CHECK(JournalMessage(hostile).find('\n') == std::string::npos);
  for (const auto& [name, value] : JournalFields(hostile)) CHECK(ObeyedIn(value) == "");
}

TEST_CASE("log: a closed output does not end the daemon") {
  testing::FakeClock clock(kNow);
  JsonLog log(clock, -1);

  CHECK_NOTHROW(log.Write(kLine));
}

TEST_CASE("log: stderr is the journal only if its own sign says so") {
  unsetenv("JOURNAL_STREAM");
  CHECK_FALSE(StderrIsJournal());
  setenv("JOURNAL_STREAM", "1:1", 1);
  CHECK_FALSE(StderrIsJournal());
  struct stat status {};
  REQUIRE(fstat(STDERR_FILENO, &status) == 0);
  const std::string sign = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  setenv("JOURNAL_STREAM", sign.c_str(), 1);

  CHECK(StderrIsJournal());

  unsetenv("JOURNAL_STREAM");
}

TEST_CASE("events: names and ids are unique and well-formed, words are sentences") {
  std::set<std::string_view> names;
  std::set<std::string_view> ids;
  for (const EventKind& event : EventTable()) {
    CAPTURE(event.name);
    CHECK(names.insert(event.name).second);
    CHECK(ids.insert(event.message_id).second);
    CHECK(event.message_id.size() == 32);
    CHECK(event.message_id.find_first_not_of("0123456789abcdef") == std::string_view::npos);
    CHECK(event.cause.ends_with('.'));
    CHECK(event.next_step.ends_with('.'));
  }
}

TEST_CASE("events: every event that the sources log is in the table") {
  std::set<std::string> found;
  CollectQuoted("{.level = x, .event = \"a.b\", y} Log(LogLevel::kInfo,\n  \"c.d\", z)",
                "event = ", false, found);
  CollectQuoted("line.level = LogLevel::kErr; f(\"no\") Log(LogLevel::kInfo,\n  \"c.d\", z)",
                "LogLevel::", true, found);
  CHECK(found == std::set<std::string>{"a.b", "c.d"});

  for (const std::string folder : {"lib", "daemon"}) {
    for (const std::string& event : LoggedEvents(folder)) {
      CHECK_MESSAGE(FindEvent(event) != nullptr, event, " is logged in ", folder,
                    " and needs a row in lib/telemetry/log/event_table.cc");
    }
  }
}

TEST_CASE("events: every event of the table is logged by some source") {
  const std::string sources = Sources();
  for (const EventKind& kind : EventTable()) {
    const std::string quoted = "\"" + std::string(kind.name) + "\"";
    CHECK_MESSAGE(sources.find(quoted) != std::string::npos, kind.name, " is never logged");
  }
}

TEST_CASE("events: the journal's catalog says exactly what the table says") {
  CHECK_MESSAGE(MatchesGoldenFile("systemd/hubmirror.catalog", CatalogText()),
                "run telemetry_tests with HUBMIRROR_WRITE_GOLDEN=1 to write the catalog");
}

}  // namespace hubmirror
