#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "support/await.h"
#include "support/feed_copy.h"
#include "support/process.h"
#include "support/programs.h"
#include "support/temp_directory.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
using compare::Json;

DaemonSettings WithFeed(const std::string& feed) {
  return {.defaults = {{"feed", feed}}};
}

TEST_CASE("feed: a first load is one entry a table, its links one") {
  World world({.seed = 52, .records = 300}, WithFeed("{enabled: true}"));
  world.Load();
  world.mirror.Settle();

  CHECK(world.Sql("SELECT count(*) FROM acme.changes WHERE op NOT IN ('epoch', 'loaded')") == "0");
  CHECK(
      world.Sql("SELECT string_agg(object, ' ' ORDER BY object) FROM (SELECT object, count(*) FROM"
                " acme.changes WHERE op = 'loaded' AND object <> 'associations' GROUP BY object"
                " HAVING count(*) <= 2) o") ==
      world.Sql("SELECT string_agg(object, ' ' ORDER BY object) FROM acme._stream_state WHERE job"
                " = 'sweep'"));
}

TEST_CASE("feed: who listens hears of a commit, up to its last entry") {
  World world({.seed = 55, .records = 100, .index_delay = "0ms"}, WithFeed("{enabled: true}"));
  world.Load();
  world.mirror.Settle();
  Session listener(world.AdminDsn());
  listener.Run("LISTEN hubmirror_changes");
  const std::string before = world.Sql("SELECT max(seq) FROM acme.changes");

  world.portal.Mutate(R"({"kind":"update","object":"deals"})");

  std::string last;
  std::string heard;
  Await("the hint of it", 30s, [&] {
    // That of an earlier commit may be late.
    if (const std::string hint = listener.Heard(); !hint.empty()) heard = hint;
    last = world.Sql("SELECT max(seq) FROM acme.changes");
    return last > before && heard.ends_with(R"({"schema" : "acme", "last" : )" + last + "}");
  });
  // And a restart remembers what was given out.
  std::ifstream mark(world.daemon.directory().path() / "state" / "feed" / "acme");
  int64_t given_out = 0;
  mark >> given_out;
  CHECK(given_out > std::stoll(last) - (1 << 17));
  Await("the count of it", 10s, [&] {
    return world.daemon.Metric("hubmirror_feed_entries_total", {"op=\"update\""}) == 1;
  });
}

TEST_CASE("feed: the verbs show it, move a consumer and purge it") {
  World world({.seed = 56, .records = 100, .index_delay = "0ms"}, WithFeed("{enabled: true}"));
  world.Load();
  world.mirror.Settle();
  const auto feed = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "feed");
    return world.daemon.Cli(words);
  };
  const auto says = [](const ProgramResult& result, const std::string& part) {
    return result.output.find(part) != std::string::npos;
  };
  CHECK(says(feed({"consumers", "acme"}), "nobody reads it by name"));

  world.Sql("SELECT acme.feed_start('billing')");
  CHECK(says(feed({"consumers", "acme"}), "has read all"));
  world.portal.Mutate(R"({"kind":"update","object":"deals","properties":{"dealname":"Grün"}})");
  Await("the entry", 30s,
        [&] { return world.Sql("SELECT count(*) FROM acme.changes WHERE op = 'update'") == "1"; });
  const std::string seq = world.Sql("SELECT max(seq) FROM acme.changes");
  const std::string id = world.Sql("SELECT id FROM acme.changes WHERE op = 'update'");
  CHECK_FALSE(says(feed({"consumers", "acme"}), "has read all"));
  const auto json = Json::Parse(feed({"consumers", "acme", "--json"}).output);
  CHECK(std::to_string(json["last_seq"].AsInteger()) == seq);
  CHECK_FALSE(json["consumers"]["billing"]["waits_since"].is_null());

  // It goes on until Ctrl-C, which comes as soon as it has said what is looked for.
  const auto tail = [&](const std::vector<std::string>& words, const std::string& part,
                        bool comes = true) {
    const TempDirectory directory("tail");
    Process::Options options = {
        .command = {BuiltProgram("hubmirror").string(), "--config",
                    (world.daemon.directory().path() / "hubmirror.yaml").string(), "feed", "tail"},
        .log = directory.path() / "log"};
    options.command.insert(options.command.end(), words.begin(), words.end());
    Process program(options);
    const auto said = [&] { return ReadFile(options.log).find(part) != std::string::npos; };
    CHECK(Happens(comes ? 30s : 4s, said) == comes);
    program.Signal(SIGINT);
    CHECK(program.Wait(30s));
    return ReadFile(options.log);
  };
  tail({"acme/deals"}, seq + " ");
  tail({"acme", "--from", seq}, " update deals/" + id + " {\"dealname\": \"Grün\"");
  tail({"acme/contacts"}, seq, /*comes=*/false);
  const std::string entry = tail({"acme", "--from", seq, "--json"}, "}\n");
  CHECK(Json::Parse(entry)["op"].AsString() == "update");

  // It also ends when nobody reads it any more, with nothing new to be written.
  const TempDirectory directory("left");
  Process left(
      {.command = {"/bin/sh", "-c", "\"$0\" \"$@\" | head -n 1", BuiltProgram("hubmirror").string(),
                   "--config", (world.daemon.directory().path() / "hubmirror.yaml").string(),
                   "feed", "tail", "acme"},
       .log = directory.path() / "log"});
  CHECK(left.Wait(30s));

  CHECK(says(feed({"reset", "acme", "billing", "--to", "now"}), "billing goes on after " + seq));
  CHECK(says(feed({"reset", "acme", "billing", "--to", "oldest"}), "billing goes on after "));
  CHECK(feed({"reset", "acme", "billing", "--to", "yesterday"}).end.exit_code == 64);
  CHECK(says(feed({"reset", "acme", "nobody", "--to", "now"}), "no consumer \"nobody\""));
  CHECK(says(feed({"reset", "acme", "billing", "--to", "999999999999999"}),
             "cannot stand at 999999999999999"));
  Session reader(world.AdminDsn());
  reader.Run("BEGIN; SELECT * FROM acme.feed_read('billing')");
  CHECK(says(feed({"reset", "acme", "billing", "--to", "now"}), "is in a transaction"));
  reader.Run("COMMIT");

  const auto asked = feed({"purge", "acme", "--dry-run"});
  CHECK(says(asked, "entries up to " + seq));
  CHECK(says(asked, "consumer billing has not read all of them"));
  CHECK(feed({"purge", "acme"}).end.exit_code == 64);
  CHECK(world.Sql("SELECT count(*) > 0 FROM acme.changes") == "t");
  CHECK(says(feed({"purge", "acme", "--yes"}), "dropped, up to " + seq));
  CHECK(world.Sql("SELECT count(*) FROM acme.changes WHERE seq <= " + seq) == "0");
  CHECK(says(feed({"consumers", "acme"}), "has missed entries"));
}

TEST_CASE("feed: entries make the mirror of what it was, whatever kills the daemon") {
  World world({.seed = 51, .records = 600, .index_delay = "1s"},
              WithFeed("{enabled: true, everything: true}"));
  world.Load();
  FeedCopy copy(world.AdminDsn(), "acme");
  copy.Take();
  std::mt19937 random(51);
  std::uniform_int_distribution<int> life_ms(500, 4000);

  world.portal.StartScript(R"({"events":2000,"seconds":40,"seed":5})");
  for (int kill = 0; kill < 6; ++kill) {
    std::this_thread::sleep_for(std::chrono::milliseconds(life_ms(random)));
    copy.Follow();
    world.daemon.Kill();
    world.daemon.Start();
  }
  world.portal.AwaitScript(120s);
  world.ExpectEqual();

  CHECK(copy.Follow() > 0);
  CHECK(copy.Differences() == "");
  CHECK(world.Sql("SELECT count(*) FROM acme.changes WHERE op = 'epoch'") == "7");
}

TEST_CASE("feed: values that go and come back are never said to have been empty") {
  World world({.seed = 59, .records = 500, .index_delay = "0ms"},
              WithFeed("{enabled: true, everything: true}"));
  world.Load();
  const auto is_current = [&](const std::string& property, const std::string& type) {
    return world.Sql(
               "SELECT state || ' ' || column_type FROM acme.properties WHERE object ="
               " 'contacts' AND name = '" +
               property + "'") == "current " + type;
  };
  const auto change = [&](const std::string& json) {
    world.portal.Mutate(R"({"object":"contacts",)" + json + "}");
  };
  change(R"("kind":"property_add","name":"badge","type":"string","field_type":"text","fill":0.6)");
  Await("the property", 60s, [&] { return is_current("badge", "text"); });
  world.mirror.Settle();
  FeedCopy copy(world.AdminDsn(), "acme");
  copy.Take();
  const std::string from = std::to_string(copy.last());

  world.portal.StartScript(R"({"events":400,"seconds":30,"seed":5,"objects":["contacts"]})");
  world.Sql("ALTER TABLE acme.contacts DROP COLUMN firstname CASCADE");
  change(R"("kind":"property_retype","name":"badge","type":"datetime","field_type":"date")");
  Await("the other type", 90s, [&] { return is_current("badge", "timestamptz"); });
  Await("the column to be back", 90s, [&] {
    return is_current("firstname", "text") &&
           world.Sql("SELECT count(firstname) > 0 FROM acme.contacts_live") == "t";
  });
  world.portal.AwaitScript(60s);
  world.ExpectEqual();

  copy.Follow();
  CHECK(copy.Differences() == "");
  const std::string filled =
      "SELECT count(*) FROM acme.changes WHERE cause = 'fill' AND op ="
      " 'update' AND after ? 'firstname' AND seq > " +
      from;
  CHECK(world.Sql(filled) != "0");
  CHECK(world.Sql(filled + " AND before ? 'firstname'") == "0");
}

}  // namespace
}  // namespace hubmirror::testing
