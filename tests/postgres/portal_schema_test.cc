#include <doctest/doctest.h>

#include <array>
#include <thread>

#include "postgres/mirror_fixture.h"
#include "postgres/schema/layout_steps.h"

namespace hubmirror::testing {
namespace {

struct Refusal {
  DatabaseError::Kind kind = DatabaseError::Kind::kOther;
  std::string message;
  bool Says(const std::string& text) const { return message.find(text) != std::string::npos; }
};

template <typename Call>
Refusal RefusalOf(Call&& call) {
  try {
    call();
  } catch (const DatabaseError& error) {
    return {error.kind(), error.what()};
  }
  FAIL("nothing was refused");
  return {};
}

using Kind = DatabaseError::Kind;

TEST_CASE_FIXTURE(MirrorFixture,
                  "a live daemon keeps its portal; a restart of it resumes at once") {
  sink().Claim();
  const auto other = AnotherSink("another");

  const Refusal refusal = RefusalOf([&] { other->Claim(); });
  AnotherSink("me")->Claim();

  CHECK(refusal.kind == Kind::kPassive);
  CHECK(refusal.Says("me"));
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "after a minute of silence another daemon takes over, the first is passive") {
  MakeContacts();
  Value("UPDATE acme._owner SET renewed_at = now() - interval '59 s'");
  const auto other = AnotherSink("another");
  CHECK(RefusalOf([&] { other->Claim(); }).kind == Kind::kPassive);
  Value("UPDATE acme._owner SET renewed_at = now() - interval '61 s'");

  other->Claim();

  CHECK(RefusalOf([&] { sink().Heartbeat(); }).kind == Kind::kPassive);
  CHECK(RefusalOf([&] { Write({{.id = 1}}); }).kind == Kind::kPassive);
  CHECK(Value("SELECT count(*) FROM acme.contacts") == "0");
  other->Heartbeat();
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "of two daemons with one id, as of a copied state directory, one is passive") {
  MakeContacts();
  const auto copy = AnotherSink("me");

  copy->Claim();

  CHECK(RefusalOf([&] { Write({{.id = 1}}); }).kind == Kind::kPassive);
  CHECK(RefusalOf([&] { sink().Heartbeat(); }).kind == Kind::kPassive);
  // It tries again and again, and must not take it back: the two would take turns.
  const Refusal refusal = RefusalOf([&] { sink().Claim(); });
  CHECK(refusal.kind == Kind::kPassive);
  CHECK(refusal.Says("state directory"));
  copy->Heartbeat();
  Value("UPDATE acme._owner SET renewed_at = now() - interval '61 s'");
  sink().Claim();
  CHECK(Write({{.id = 1}}).inserted == 1);
  CHECK(RefusalOf([&] { copy->Heartbeat(); }).kind == Kind::kPassive);
}

TEST_CASE_FIXTURE(MirrorFixture, "commits lock the owner and do not write its row each time") {
  MakeContacts();
  const std::string before = Value("SELECT ctid FROM acme._owner");

  for (int id = 1; id <= 5; ++id) Write({{.id = id}});

  CHECK(Value("SELECT ctid FROM acme._owner") == before);
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "a mirror of before there were epochs is taken over by its own daemon only") {
  {
    Transaction transaction(pool());
    transaction.Run("CREATE SCHEMA acme");
    RunSteps(transaction, "acme", 0, PortalSteps().first(10));
    transaction.Run(
        "INSERT INTO acme._portal (portal_id, layout_version) VALUES (4711, 10);"
        "INSERT INTO acme._owner (instance, renewed_at) VALUES ('me', now())");
    transaction.Commit();
  }

  CHECK(RefusalOf([&] { AnotherSink("another")->Claim(); }).kind == Kind::kPassive);
  AnotherSink("me")->Claim();

  CHECK(Value("SELECT instance || epoch FROM acme._owner") == "me1");
}

TEST_CASE_FIXTURE(MirrorFixture, "each commit and each heartbeat renews ownership") {
  MakeContacts();
  const auto make_old = [&] {
    Value("UPDATE acme._owner SET renewed_at = now() - interval '50 s'");
  };
  const auto is_new = [&] {
    return Value("SELECT renewed_at > now() - interval '10 s' FROM acme._owner") == "t";
  };

  make_old();
  Write({{.id = 1}});
  CHECK(is_new());
  make_old();
  sink().Heartbeat();
  CHECK(is_new());
}

TEST_CASE_FIXTURE(MirrorFixture, "nothing is written before a claim") {
  const auto other = AnotherSink("another");
  MakeContacts();

  CHECK(RefusalOf([&] { other->Write(NewCommit()); }).kind != Kind::kOther);
}

struct Role {
  explicit Role(const std::string& role_name) : name(role_name) {
    SharedServer().Run("DROP ROLE IF EXISTS " + name + "; CREATE ROLE " + name + " LOGIN");
  }
  std::string name;
};

TEST_CASE_FIXTURE(MirrorFixture,
                  "a role that may not create schemas is told the SQL that mends it") {
  const Role role("poor");
  Open(plan(), SharedServer().Dsn(role.name, database()));

  const Refusal refusal = RefusalOf([&] { sink().Claim(); });

  CHECK(refusal.kind == Kind::kPrivilege);
  REQUIRE(refusal.Says("CREATE SCHEMA \"hubmirror\" AUTHORIZATION \"poor\";"));
  REQUIRE(refusal.Says("CREATE SCHEMA \"acme\" AUTHORIZATION \"poor\";"));
  Value(refusal.message.substr(refusal.message.find("CREATE SCHEMA")));
  MakeContacts({Property("a")});
  CHECK(Write({{.id = 1}}).inserted == 1);
}

TEST_CASE_FIXTURE(MirrorFixture, "a role that owns only its schemas can do everything") {
  const Role role("modest");
  Value("CREATE SCHEMA hubmirror AUTHORIZATION modest; CREATE SCHEMA acme AUTHORIZATION modest");
  Open(plan(), SharedServer().Dsn(role.name, database()));

  MakeContacts({Property("a"), Property("n", ColumnType::kText)});
  std::vector<Told> records;
  for (int i = 1; i <= 500; ++i) records.push_back({.id = i, .values = {{"a", "x"}}});
  CHECK(Write(records).inserted == 500);
  for (Told& told : records) told.values["a"] = "y";
  CHECK(Write(records).updated == 500);
  MirrorTable wanted = *contacts();
  wanted.columns.back().type = ColumnType::kNumeric;
  wanted.columns.push_back(Property("b"));
  const MirrorTablePtr table = sink().ApplyLayout(wanted);
  sink().Analyze(table->object);
  sink().Heartbeat();

  CHECK(table->columns[2].type == ColumnType::kNumeric);
  CHECK(Value("SELECT rows FROM hubmirror.status") == "500");
}

TEST_CASE_FIXTURE(MirrorFixture, "a schema of somebody else's is named, with the way to get it") {
  const Role role("guest");
  Value("CREATE SCHEMA hubmirror AUTHORIZATION guest; CREATE SCHEMA acme");
  Open(plan(), SharedServer().Dsn(role.name, database()));

  const Refusal refusal = RefusalOf([&] { sink().Claim(); });

  CHECK(refusal.kind == Kind::kPrivilege);
  CHECK(refusal.Says("ALTER SCHEMA \"acme\" OWNER TO \"guest\";"));
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "a reader that does not exist keeps nobody from reading, and may once it does") {
  const Role here("reader_here");
  PortalPlan with_readers = plan();
  with_readers.readers = {"reader_here", "reader_to_come"};
  Open(with_readers);
  MakeContacts({Property("a")});
  Write({{.id = 1, .values = {{"a", "x"}}}});

  CHECK(sink().MissingReaders() == std::vector<std::string>{"reader_to_come"});
  const std::string ask = "SELECT a FROM acme.contacts_live, hubmirror.status";
  CHECK(RunSql(SharedServer().Dsn("reader_here", database()), ask) == "x");

  const Role late("reader_to_come");
  sink().Heartbeat();
  CHECK(sink().MissingReaders().empty());
  CHECK(RunSql(SharedServer().Dsn("reader_to_come", database()), ask) == "x");
  CHECK_THROWS(
      RunSql(SharedServer().Dsn("reader_to_come", database()), "SELECT * FROM acme._quarantine"));
  Value("DROP OWNED BY reader_here, reader_to_come");
}

TEST_CASE_FIXTURE(MirrorFixture, "how many rows there are can be asked before the portal is open") {
  MakeContacts({Property("a")});
  Write({{.id = 1}, {.id = 2}});
  CHECK(AnotherSink("later")->LastKnownRows() == std::map<std::string, int64_t>{{"contacts", 2}});

  PortalPlan another = plan();
  another.portal_id = PortalId{99};
  CHECK(SinkFor(another)->LastKnownRows().empty());
  PortalPlan elsewhere = plan();
  elsewhere.schema = "nothing_here";
  CHECK(SinkFor(elsewhere)->LastKnownRows().empty());
}

TEST_CASE_FIXTURE(MirrorFixture, "schemas that are not for portals are refused") {
  for (const std::string schema : {"public", "hubmirror", "pg_catalog", "information_schema"}) {
    CAPTURE(schema);
    PortalPlan elsewhere = plan();
    elsewhere.schema = schema;

    CHECK(RefusalOf([&] { SinkFor(elsewhere)->Claim(); }).kind == Kind::kForeign);
  }
}

TEST_CASE_FIXTURE(MirrorFixture, "a database that cannot hold every text is refused") {
  SharedServer().Run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
  Open(plan(), SharedServer().Dsn("postgres", "latin"));

  const Refusal refusal = RefusalOf([&] { sink().Claim(); });

  CHECK(refusal.kind == Kind::kForeign);
  CHECK(refusal.Says("LATIN1"));
}

TEST_CASE_FIXTURE(MirrorFixture, "rows for a table that is not there are refused, not forgotten") {
  sink().Claim();
  Commit commit{.object = *FindObjectType("contacts")};
  commit.fates = {{.id = RecordId{1}}};

  CHECK_THROWS_AS(sink().Write(commit), DatabaseError);
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "hubmirror.status of a thousand portals is too cheap for PostgreSQL to compile") {
  MakeContacts();
  sink().SaveState(*FindObjectType("contacts"), StreamState::kCurrent, "", "");

  const std::string plan = Value(
      "EXPLAIN (FORMAT JSON) SELECT state, sum(pending), sum(quarantined), sum(unproved)"
      " FROM hubmirror.status GROUP BY state");

  const std::string label = "\"Total Cost\": ";
  REQUIRE(plan.find(label) != std::string::npos);
  const double cost = std::stod(plan.substr(plan.find(label) + label.size()));
  CHECK(1000 * cost < std::stod(Value("SHOW jit_above_cost")));
}

TEST_CASE_FIXTURE(MirrorFixture, "hubmirror.status tells of every portal and object") {
  MakeContacts();
  PortalPlan second = plan();
  second.key = "beta";
  second.schema = "Beta \"quoted\"";
  second.portal_id = PortalId{12};
  const auto beta = SinkFor(second);
  beta->Claim();
  beta->SaveState(*FindObjectType("deals"), StreamState::kBlocked, "scope", "a scope is missing");
  Commit commit = NewCommit();
  commit.rows.push_back(Batch({{.id = 1}, {.id = 2}}));
  commit.pending = {{.id = RecordId{3}}};
  commit.progress[JobKind::kChanges] = {.watermark = Second(100)};
  commit.progress[JobKind::kSweep] = {.last_complete_at = Second(200)};
  commit.progress[JobKind::kArchived] = {.last_complete_at = Second(300)};
  sink().Write(commit);
  sink().SaveState(contacts()->object, StreamState::kCurrent, "", "");

  CHECK(
      List("portal, object, state, coalesce(reason, '-'), extract(epoch FROM verified_until)::int,"
           " extract(epoch FROM last_sweep_at)::int, extract(epoch FROM last_archived_at)::int,"
           " pending, quarantined, rows",
           "FROM hubmirror.status ORDER BY portal") ==
      "acme|contacts|current|-|100|200|300|1|0|2;beta|deals|blocked|scope|0|0|0");
  // Whoever reads one portal's has the arms of all planned: each reads its table once.
  CHECK(Value("SELECT count(*) FROM regexp_matches(pg_get_viewdef('hubmirror.status'::regclass),"
              " '_stream_state', 'g')") == "2");
}

/// Portals p0, p1 and so on, each with a state of its deals.
struct ManyPortals : MirrorFixture {
  std::vector<std::unique_ptr<PortalSink>> sinks;

  std::unique_ptr<PortalSink> SinkOf(size_t number) {
    PortalPlan one = plan();
    one.key = one.schema = "p" + std::to_string(number);
    one.portal_id = PortalId{100 + static_cast<int64_t>(number)};
    return SinkFor(one);
  }
  void Come(size_t portals) {
    for (size_t i = 0; i < portals; ++i) {
      sinks.push_back(SinkOf(sinks.size()));
      sinks.back()->Claim();
      sinks.back()->SaveState(*FindObjectType("deals"), StreamState::kCurrent, "", "");
    }
  }
  std::string Shown() { return Value("SELECT count(*) FROM hubmirror.status"); }
  std::string Waiting() { return Value("SELECT count(waits_since) FROM hubmirror.portals"); }
  void LetPass(int seconds, const std::string& which) {
    Value("UPDATE hubmirror.portals SET waits_since = waits_since - interval '" +
          std::to_string(seconds) + " seconds' WHERE " + which);
  }
};

TEST_CASE_FIXTURE(ManyPortals,
                  "of many portals those that come one after the other join the status together") {
  Come(25);
  CHECK(Shown() == "20");
  CHECK(Waiting() == "5");

  // Others may still come.
  sinks.back()->Heartbeat();
  CHECK(Waiting() == "5");
  LetPass(6, "true");
  sinks.back()->Heartbeat();
  CHECK(Shown() == "25");
  CHECK(Waiting() == "0");

  // However many come, none waits for ever.
  Come(2);
  CHECK(Shown() == "25");
  LetPass(61, "portal = 'p25'");
  sinks.back()->Heartbeat();
  CHECK(Shown() == "27");
}

TEST_CASE_FIXTURE(ManyPortals,
                  "portals that waited for the status join it although their daemon was killed") {
  Come(22);
  REQUIRE(Waiting() == "2");
  LetPass(6, "true");
  SinkOf(0)->Claim();
  CHECK(Waiting() == "0");
  CHECK(Shown() == "22");
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "a portal whose schema was dropped leaves the status at the next claim") {
  MakeContacts();
  PortalPlan second = plan();
  second.key = "beta";
  second.schema = "beta";
  second.portal_id = PortalId{12};
  const auto beta = SinkFor(second);
  beta->Claim();
  beta->SaveState(*FindObjectType("deals"), StreamState::kCurrent, "", "");

  Value("DROP SCHEMA beta CASCADE");
  CHECK(Value("SELECT to_regclass('hubmirror.status')").empty());
  sink().Heartbeat();
  CHECK(List("portal", "FROM hubmirror.status") == "acme");
  sink().Claim();
  CHECK(List("portal", "FROM hubmirror.portals") == "acme");
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "a schema dropped under a running daemon is made again by a claim") {
  MakeContacts();
  Value("DROP SCHEMA acme CASCADE");

  CHECK(RefusalOf([&] { sink().Heartbeat(); }).kind == Kind::kUnavailable);
  sink().Claim();

  CHECK(sink().Load(*FindObjectType("contacts")).table == nullptr);
  MakeContacts();
  CHECK(Write({{.id = 1}}).inserted == 1);
}

TEST_CASE_FIXTURE(MirrorFixture, "our own layout moves on step by step, from wherever it is") {
  constexpr std::array<LayoutStep, 3> kSteps = {"CREATE TABLE @schema@.one (a int)",
                                                "ALTER TABLE @schema@.one ADD COLUMN b int",
                                                "UPDATE @schema@.one SET b = a"};
  Value(
      "CREATE SCHEMA \"odd \"\"name\"; CREATE TABLE \"odd \"\"name\".one (a int);"
      "INSERT INTO \"odd \"\"name\".one VALUES (7)");
  Transaction transaction(pool());

  CHECK(RunSteps(transaction, "odd \"name", 1, kSteps) == 3);
  CHECK(RunSteps(transaction, "odd \"name", 3, kSteps) == 3);
  transaction.Commit();

  CHECK(Value("SELECT b FROM \"odd \"\"name\".one") == "7");
}

TEST_CASE_FIXTURE(MirrorFixture, "many daemons may claim portals of an empty database at once") {
  std::vector<std::unique_ptr<PortalSink>> sinks;
  for (int i = 0; i < 3; ++i) {
    PortalPlan one = plan();
    one.key = one.schema = "p" + std::to_string(i);
    one.portal_id = PortalId{i + 1};
    sinks.push_back(SinkFor(one, "daemon" + std::to_string(i)));
  }
  std::array<std::string, 3> failures;
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < sinks.size(); ++i) {
      threads.emplace_back([&, i] {
        // As a daemon does: who has waited too long for the others tries again.
        for (;;) {
          try {
            sinks[i]->Claim();
            return;
          } catch (const DatabaseError& error) {
            if (error.kind() == DatabaseError::Kind::kContended) continue;
            failures[i] = error.what();
            return;
          }
        }
      });
    }
  }

  for (const std::string& failure : failures) CHECK(failure == "");
  CHECK(Value("SELECT count(*) FROM hubmirror.portals") == "3");
}

}  // namespace
}  // namespace hubmirror::testing
