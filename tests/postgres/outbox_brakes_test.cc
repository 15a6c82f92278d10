// What stops writing until a person looks (rule W20).

#include "postgres/outbox/outbox_brakes.h"

#include <doctest/doctest.h>

#include "postgres/outbox/outbox_inspection.h"
#include "postgres/outbox_fixture.h"

namespace hubmirror::testing {
namespace {

struct Braked : OutboxFixture {
  Connection connection{{.dsn = dsn(), .password = {}}};

  PortalPlan WithBrakes(const WriteBrakes& brakes) {
    PortalPlan asking = Asking({"score", "city"});
    asking.write.brakes = brakes;
    return asking;
  }
  void InsertMany(int64_t count) {
    for (int64_t record = 1; record <= count; ++record) Insert(record, R"({"score": 1})");
  }
  /// Claims all that is picked; how many those were.
  size_t ClaimAll(PortalSink& by, int attempts = 0) {
    std::vector<OutboxClaim> claims;
    for (const OutboxRow& row : by.Pick(Contacts(), {.settled = Second(0), .limit = 100})) {
      claims.push_back({.id = row.id, .attempts = attempts, .record = row.record, .sent = {}});
    }
    return by.Claim(Contacts(), claims, Second(1'700'000'000)).size();
  }
  size_t ClaimAll() { return ClaimAll(sink()); }
  void End(int64_t from, int64_t to, OutboxState state, const std::string& reason = {}) {
    std::vector<OutboxChange> changes;
    for (int64_t id = from; id <= to; ++id) {
      changes.push_back({.id = OutboxId{id},
                         .attempts = 1,
                         .state = state,
                         .reason = reason,
                         .http_status = 400});
    }
    sink().Change(Contacts(), changes);
  }
  std::string Holds() const {
    return List("object, reason", "FROM acme._write_state ORDER BY object, reason");
  }
  std::string Reasons() const {
    return List("coalesce(reason, ''), count(*)",
                "FROM acme.outbox WHERE state = 'queued' GROUP BY reason ORDER BY reason");
  }
  void OwnerFallsSilent() const {
    Value("UPDATE acme._owner SET renewed_at = renewed_at - interval '2 minutes'");
  }
};

TEST_CASE_FIXTURE(Braked, "W20: more rows than may be sent within an hour are held, not sent") {
  Open(WithBrakes({.max_update = 5}));
  sink().Claim();
  MakeContacts({Property("score", ColumnType::kNumeric)});
  InsertMany(8);

  CHECK(ClaimAll() == 5);
  CHECK(Holds() == "contacts|mass");
  CHECK(Value("SELECT message FROM acme._write_state") ==
        "more than 5 rows of op update within an hour (write.brakes.max_update)");
  CHECK(ClaimAll() == 0);
  CHECK(Reasons() == "held|3");
  // A restart forgets nothing of it.
  Open(WithBrakes({.max_update = 5}));
  MakeContacts({Property("score", ColumnType::kNumeric)});
  CHECK(ClaimAll() == 0);

  CHECK(ReleaseOutbox(connection, "acme", "contacts") == std::vector<std::string>{"mass"});
  CHECK(Reasons() == "|3");
  CHECK(ClaimAll() == 3);
  CHECK(Holds().empty());
}

TEST_CASE_FIXTURE(Braked, "W20: what was sent an hour ago, or is tried again, does not count") {
  Open(WithBrakes({.max_update = 5}));
  sink().Claim();
  MakeContacts({Property("score", ColumnType::kNumeric)});
  InsertMany(4);
  CHECK(ClaimAll() == 4);
  for (int64_t id = 1; id <= 4; ++id) {
    Change({.id = OutboxId{id}, .attempts = 1, .state = OutboxState::kQueued});
  }
  CHECK(ClaimAll(sink(), 1) == 4);
  CHECK(Holds().empty());
  Value("UPDATE acme._write_minutes SET at = at - interval '61 minutes'");
  for (int64_t record = 11; record <= 15; ++record) Insert(record, R"({"score": 1})");
  CHECK(ClaimAll() == 5);
  CHECK(Holds().empty());
  Insert(16, R"({"score": 1})");
  CHECK(ClaimAll() == 0);
  CHECK(Holds() == "contacts|mass");
}

TEST_CASE_FIXTURE(Braked, "W20: over half of twenty rows refused alike hold the object") {
  InsertMany(61);
  CHECK(ClaimAll() == 61);
  End(1, 10, OutboxState::kFailed, "invalid");
  End(11, 20, OutboxState::kWritten);
  End(21, 30, OutboxState::kFailed, "property");
  End(31, 40, OutboxState::kWritten);
  End(41, 60, OutboxState::kFailed, "invalid");
  CHECK(Holds().empty());
  End(61, 61, OutboxState::kFailed, "invalid");
  CHECK(Holds() == "contacts|refusals");
  CHECK(Value("SELECT message FROM acme._write_state") ==
        "HubSpot refused 31 of the last 61 rows for the same reason: invalid");
  Insert(70, R"({"score": 1})");
  CHECK(Picked().empty());
  CHECK(ReleaseOutbox(connection, "acme", std::nullopt) == std::vector<std::string>{"refusals"});
  CHECK(Picked() == "62");
}

TEST_CASE_FIXTURE(Braked, "W20: a hundred thousand good rows do not hide a hundred bad ones") {
  const PortalSchema schema(Asking({"score"}), "me");
  OutboxBrakes brakes(schema);
  const auto count = [&](int64_t taken, const std::map<std::string, int64_t>& refused) {
    Transaction transaction(pool());
    brakes.Count(transaction, "contacts", taken, refused);
    transaction.Commit();
  };
  count(100'000, {});
  // The bad ones of three batches, found by halves, come last.
  for (int i = 0; i < 45; ++i) count(0, {{"invalid", 1}, {"exists", 1}});
  CHECK(Holds().empty());
  for (int i = 0; i < 45; ++i) count(10, {{"invalid", 1}});
  CHECK(Holds().empty());
  for (int i = 0; i < 100; ++i) count(0, {{"invalid", 1}});
  CHECK(Holds() == "contacts|refusals");
}

TEST_CASE_FIXTURE(Braked, "W20: what is paused waits, also where it was picked before") {
  InsertMany(2);
  const auto rows = Pick();
  PauseOutbox(connection, "acme", "contacts");
  CHECK(sink()
            .Claim(Contacts(), {{.id = rows[0].id, .record = rows[0].record, .sent = {}}},
                   Second(1'700'000'000))
            .empty());
  CHECK(Picked().empty());
  CHECK(Reasons() == "paused|2");
  PauseOutbox(connection, "acme", "");
  CHECK(ReleaseOutbox(connection, "acme", std::nullopt).empty());
  CHECK(ResumeOutbox(connection, "acme", "contacts"));
  CHECK_FALSE(ResumeOutbox(connection, "acme", "contacts"));
  CHECK(Picked().empty());
  CHECK(ResumeOutbox(connection, "acme", ""));
  CHECK(Picked() == "1 2");
}

TEST_CASE_FIXTURE(Braked,
                  "W20: a daemon that takes over a copy sends nothing until it is released") {
  InsertMany(2);
  REQUIRE(Claim(OutboxId{1}, {{"score", "1"}}));
  OwnerFallsSilent();
  const auto other = SinkFor(Asking({"score"}), "other");
  other->Claim();
  other->ApplyLayout(*contacts());
  CHECK(Holds() == "|copy");
  // Neither what waits nor what may have been sent.
  CHECK(other->Pick(Contacts(), {.settled = Second(1'800'000'000), .limit = 100}).empty());
  other->Claim();
  CHECK(Holds() == "|copy");

  CHECK(ReleaseOutbox(connection, "acme", std::nullopt) == std::vector<std::string>{"copy"});
  CHECK(other->Pick(Contacts(), {.settled = Second(1'800'000'000), .limit = 100}).size() == 2);
  other->Claim();
  CHECK(Holds().empty());
}

TEST_CASE_FIXTURE(Braked, "W20: a standby that has seen the owner alive takes over by itself") {
  const auto other = SinkFor(Asking({"score"}), "other");
  for (int renewal = 0; renewal < 3; ++renewal) {
    CHECK(Value("SELECT count(*) FROM acme._write_instances") == "1");
    CHECK_THROWS_AS(other->Claim(), DatabaseError);
    CHECK_THROWS_AS(other->Claim(), DatabaseError);
    Value("UPDATE acme._owner SET renewed_at = clock_timestamp()");
  }
  CHECK(Value("SELECT count(*) FROM acme._write_instances") == "2");
  OwnerFallsSilent();
  other->Claim();
  CHECK(Holds().empty());
}

TEST_CASE_FIXTURE(Braked, "W20: a database that went back sends nothing until it is released") {
  Value("UPDATE acme._owner SET epoch = 0");
  sink().Claim();
  CHECK(Holds() == "|restored");
  ReleaseOutbox(connection, "acme", std::nullopt);
  sink().Claim();
  CHECK(Holds().empty());

  // After a restart the state directory knows.
  int64_t told = 0;
  int64_t ended = 0;
  PortalSink restarted(shared_pool(),
                       {.plan = Asking({"score"}),
                        .instance = "me",
                        .last_epoch = 99,
                        .on_claimed = [&](int64_t epoch) { told = epoch; },
                        .on_ended = [&](int64_t id) { ended = id; }},
                       clock(), observer());
  restarted.Claim();
  CHECK(Holds() == "|restored");
  CHECK(std::to_string(told) == Value("SELECT epoch FROM acme._owner"));
  const OutboxId row = Insert(1, R"({"score": 1})");
  restarted.Change(Contacts(), {{.id = row, .state = OutboxState::kUnknown}});
  CHECK(ended == 0);
  restarted.Change(Contacts(), {{.id = row, .state = OutboxState::kFailed}});
  CHECK(ended == row.value);
}

TEST_CASE_FIXTURE(Braked, "W20: rows that only a wider list allows again are held") {
  Insert(1, R"({"score": 1})");
  Open(Asking({"city"}));
  sink().Claim();
  CHECK(Holds().empty());
  Open(Asking({"city", "note"}));
  sink().Claim();
  CHECK(Holds().empty());
  Open(Asking({"city", "score"}));
  sink().Claim();
  CHECK(Holds() == "contacts|widened");
}

TEST_CASE_FIXTURE(Braked, "write status: what waits, since when, and what holds it") {
  CHECK_FALSE(sink().Standing());
  InsertMany(2);
  Value("UPDATE acme.outbox SET created_at = now() - interval '1 hour' WHERE id = 2");
  Value(
      "INSERT INTO acme.outbox (object, op, record_id, properties, not_before) VALUES ('contacts',"
      " 'update', 7, '{\"score\":1}', now() + interval '1 day')");
  Value("UPDATE acme.outbox SET created_at = now() - interval '2 hours' WHERE id = 3");
  sink().Heartbeat();
  const auto status = sink().Standing();
  REQUIRE(status);
  REQUIRE(status->objects.size() == 1);
  const ObjectWriteStatus& contacts = status->objects[0];
  CHECK(contacts.object == "contacts");
  CHECK(contacts.Rows("queued") == 3);
  CHECK(contacts.Rows("failed") == 0);
  CHECK(contacts.holds.empty());
  REQUIRE(contacts.oldest_queued_at);
  CHECK(Value("SELECT abs(extract(epoch FROM now() - interval '1 hour') - " +
              std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                 contacts.oldest_queued_at->time_since_epoch())
                                 .count()) +
              ") < 5") == "t");

  PauseOutbox(connection, "acme", "contacts");
  CHECK(Picked().empty());
  clock().Advance(std::chrono::minutes(1));
  sink().Heartbeat();
  const auto paused = sink().Standing()->objects.at(0);
  REQUIRE(paused.holds.size() == 1);
  CHECK(paused.holds[0].reason == "paused");
  CHECK_FALSE(paused.oldest_queued_at);
}

TEST_CASE_FIXTURE(Braked, "write counts: rows are counted once, as they end") {
  InsertMany(5);
  CHECK(ClaimAll() == 5);
  Done(OutboxId{1}, 1, {.id = 1, .values = {{"score", "1"}}});
  Done(OutboxId{2}, 1, {.id = 2, .values = {{"score", "1"}}}, "differs");
  End(3, 3, OutboxState::kFailed, "invalid");
  Change({.id = OutboxId{4}, .attempts = 1, .state = OutboxState::kUnknown, .reason = "looking"});
  Change({.id = OutboxId{4}, .attempts = 1, .state = OutboxState::kWritten, .record = RecordId{4}});
  Change({.id = OutboxId{5}, .attempts = 1, .state = OutboxState::kUnknown, .reason = "looking"});
  CHECK(ClaimAll(sink(), 1) == 0);
  REQUIRE(Claim(OutboxId{5}, {}, Second(1'700'000'500), 1));
  const std::map<std::string, int64_t> ended = {{"differs", 1}, {"done", 1}, {"failed", 1}};
  CHECK(observer().writes == ended);
  const std::map<std::string, int64_t> doubts = {{"again", 1}, {"found", 1}};
  CHECK(observer().doubts == doubts);
  CHECK(observer().latencies.size() == 2);
}

}  // namespace
}  // namespace hubmirror::testing
