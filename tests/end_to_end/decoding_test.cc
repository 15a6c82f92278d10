#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <thread>

#include "support/await.h"
#include "support/document.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// What whoever has entries must do when a person is erased, and the mirror has done.
constexpr const char* kObeyErasures =
    "UPDATE acme.changes c SET before = NULL, after = NULL FROM acme.changes e WHERE e.op = 'erase'"
    " AND (e.object, e.id) = (c.object, c.id)";

/// Which entry came when.
constexpr const char* kPlaces = "ALTER TABLE acme.changes ADD place bigserial";

/// All entries above a number, as text, in their order.
std::string EntriesAbove(const std::string& seq) {
  return "SELECT string_agg((to_jsonb(c) - 'place')::text, E'\\n' ORDER BY seq) FROM acme.changes "
         "c WHERE seq "
         "> " +
         seq;
}

/// The first line in which two texts differ, of both; empty: they do not.
std::string FirstDifference(const std::string& one, const std::string& other) {
  std::istringstream ones(one);
  std::istringstream others(other);
  for (std::string line, twin; ones || others;) {
    if (!std::getline(ones, line)) line = "(end)";
    if (!std::getline(others, twin)) twin = "(end)";
    if (line != twin) return line + "\nand\n" + twin;
  }
  return "";
}

/// A portal whose entries are decoded, as docs/feed.md says how.
struct DecodedWorld : World {
  DecodedWorld()
      : World({.seed = 53, .records = 400, .index_delay = "1s"},
              {.defaults = {{"feed", "{enabled: true}"}}},
              {.settings = {{"wal_level", "logical"}}}) {
    Load();
    mirror.Settle();
    // What a reader has not got must not be hidden by what is written while it is made.
    daemon.Terminate();
  }

  std::vector<std::string> Documented(const std::string& section) const {
    return BlocksOf(std::string(PROJECT_DIR) + "/docs/feed.md", "sql", section);
  }
  void MakeSlot(const std::string& plugin) const {
    Sql("SELECT pg_create_logical_replication_slot('" + plugin + "', '" + plugin + "')");
  }
  /// Everything that a slot has, by PostgreSQL's own client over the replication protocol.
  std::string Received(const std::string& slot, std::vector<std::string> options) const {
    std::vector<std::string> command = {FindPostgresProgram("pg_recvlogical").string(),
                                        "--dbname=" + AdminDsn(),
                                        "--slot=" + slot,
                                        "--start",
                                        "--file=-",
                                        "--no-loop",
                                        "--endpos=" + Sql("SELECT pg_current_wal_lsn()")};
    for (std::string& option : options) command.push_back("--option=" + std::move(option));
    const ProgramResult result = RunProgram(command, {}, 60s);
    REQUIRE_MESSAGE(result.end.exit_code == 0, result.output);
    return result.output;
  }
};

/// What came after the entry `streamed_after` came in order, and all is what the mirror has once
/// erasures are obeyed.
void ExpectCopied(const std::string& dsn, const std::string& entries,
                  const std::string& streamed_after) {
  CHECK(RunSql(dsn,
               "SELECT count(*) FROM (SELECT seq, lag(seq) OVER (ORDER BY place) AS previous FROM"
               " acme.changes WHERE seq > " +
                   streamed_after + ") s WHERE previous >= seq") == "0");
  RunSql(dsn, kObeyErasures);
  CHECK(FirstDifference(RunSql(dsn, EntriesAbove("0")), entries) == "");
}

/// The number and kind of each entry in what `test_decoding` prints, one a line.
std::string NumbersIn(const std::string& decoded) {
  std::istringstream lines(decoded);
  std::string numbers;
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kSeq = "seq[bigint]:";
    constexpr std::string_view kOp = " op[text]:'";
    if (!line.starts_with("table acme._changes_")) continue;
    if (line.find(": INSERT:") == std::string::npos) continue;
    const size_t seq = line.find(kSeq) + kSeq.size();
    const size_t op = line.find(kOp) + kOp.size();
    if (!numbers.empty()) numbers += "\n";
    numbers += line.substr(seq, line.find(' ', seq) - seq) + " " +
               line.substr(op, line.find('\'', op) - op);
  }
  return numbers;
}

TEST_CASE_FIXTURE(DecodedWorld,
                  "decoding: what each reader gets are the entries of the table, in order, over "
                  "kills and a day that is dropped") {
  // By the owner of the table, who may create things in this database.
  Sql(std::string("SET ROLE ") + kRole + ";" + Documented("Logical decoding").at(0));
  MakeSlot("test_decoding");
  MakeSlot("wal2json");
  TempPostgres elsewhere;
  const auto subscription = Documented("A copy in another database");
  elsewhere.Run(subscription.at(0));
  elsewhere.Run(kPlaces);
  std::string subscribe = subscription.at(1);
  const std::string example = "host=db.example.com dbname=crm user=replicator";
  REQUIRE(subscribe.find(example) != std::string::npos);
  elsewhere.Run(subscribe.replace(subscribe.find(example), example.size(), AdminDsn()));
  const std::string before = Sql("SELECT max(seq) FROM acme.changes");

  daemon.Start();
  portal.StartScript(R"({"events":600,"seconds":12,"seed":5,"weights":{"create":20,"update":50,)"
                     R"("archive":10,"restore":5,"merge":5,"erase":2,"link":10,"unlink":5}})");
  for (int kill = 0; kill < 3; ++kill) {
    std::this_thread::sleep_for(3s);
    daemon.Kill();
    daemon.Start();
  }
  portal.AwaitScript(60s);
  ExpectEqual();
  daemon.Terminate();
  const std::string all = Sql(EntriesAbove("0"));
  const std::string lines = Sql(EntriesAbove(before));
  const std::string numbers = Sql(
      "SELECT string_agg(seq || ' ' || op, E'\\n' ORDER BY seq) FROM acme.changes WHERE seq > " +
      before);
  REQUIRE(std::ranges::count(numbers, '\n') > 300);
  for (const char* op : {" epoch", " unlink", " merge", " erase"}) {
    REQUIRE(numbers.find(op) != std::string::npos);
  }
  // What is dropped here is still in the WAL, and nobody is told to drop it there.
  Sql("DO $$ DECLARE day regclass; BEGIN FOR day IN SELECT inhrelid FROM pg_inherits WHERE"
      " inhparent = 'acme.changes'::regclass LOOP EXECUTE 'DROP TABLE ' || day; END LOOP; END $$");

  CHECK(FirstDifference(
            NumbersIn(Received("test_decoding", {"include-xids=0", "skip-empty-xacts=1"})),
            numbers) == "");

  database.CreateDatabase("json");
  const std::string copy = database.Dsn("postgres", "json");
  RunSql(copy, subscription.at(0));
  RunSql(copy, kPlaces);
  RunSql(copy,
         "INSERT INTO acme.changes SELECT r.seq, r.tx, r.at, r.object, r.id, r.op, r.to_object, "
         "r.to_id, r.pipeline, r.changed_at, r.before, r.after, r.cause, r.origin, r.outbox_ids "
         "FROM string_to_table($json$" +
             Received("wal2json", {"format-version=2", "include-transaction=false",
                                   "actions=insert", "add-tables=acme.*"}) +
             "$json$, E'\\n') WITH ORDINALITY l(line, number), jsonb_populate_record("
             "NULL::acme.changes, (SELECT jsonb_object_agg(c ->> 'name', CASE c ->> 'type' WHEN"
             " 'jsonb' THEN (c ->> 'value')::jsonb ELSE c -> 'value' END) FROM"
             " jsonb_array_elements(line::jsonb -> 'columns') c)) r WHERE line <> '' AND"
             " line::jsonb ->> 'table' LIKE '\\_changes\\_%' ORDER BY number");
  ExpectCopied(copy, lines, before);

  // The subscription began with what was there.
  const std::string count = "SELECT count(*) FROM acme.changes";
  Await("the subscriber", 60s,
        [&] { return elsewhere.Run(count) == std::to_string(std::ranges::count(all, '\n') + 1); });
  ExpectCopied(elsewhere.Dsn(), all, before);
  elsewhere.Run("DROP SUBSCRIPTION acme_changes");
}

TEST_CASE_FIXTURE(DecodedWorld,
                  "decoding: a slot that nobody reads holds WAL up to the limit, then is lost, and "
                  "the mirror goes on") {
  MakeSlot("test_decoding");
  const auto watch = Documented("Slots hold WAL");
  CHECK(Sql(watch.at(0)) == "test_decoding");
  Sql("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
  Sql("SELECT pg_reload_conf()");
  for (int segment = 0; segment < 3; ++segment) {
    Sql("SELECT pg_logical_emit_message(false, 'filling', 'x')");
    Sql("SELECT pg_switch_wal()");
  }
  Sql("CHECKPOINT");
  CHECK(Sql("SELECT wal_status FROM (" + watch.at(0).substr(0, watch.at(0).find(';')) + ") s") ==
        "lost");

  daemon.Start();
  portal.StartScript(R"({"events":100,"seconds":2,"seed":5})");
  portal.AwaitScript(60s);
  ExpectEqual();
}

TEST_CASE_FIXTURE(DecodedWorld,
                  "decoding: a publication of all tables and all they do holds nothing up") {
  Sql("CREATE PUBLICATION everything FOR ALL TABLES");
  Sql("CREATE PUBLICATION filtered FOR TABLE acme.changes WHERE (op <> 'epoch') WITH (publish ="
      " 'insert', publish_via_partition_root = true)");
  const std::string person = Sql("SELECT min(id) FROM acme.contacts_live");
  daemon.Start();
  portal.Mutate(R"({"kind":"erase","object":"contacts","id":")" + person + R"("})");
  portal.StartScript(R"({"events":200,"seconds":3,"seed":6})");
  portal.AwaitScript(60s);
  ExpectEqual();
  CHECK(Sql("SELECT count(*) FROM acme.changes WHERE op = 'erase'") != "0");
}

}  // namespace
}  // namespace hubmirror::testing
