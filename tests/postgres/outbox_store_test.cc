#include <doctest/doctest.h>

#include "postgres/outbox_fixture.h"

namespace hubmirror::testing {
namespace {

const TimePoint kSent = Second(1'700'000'000);

struct FedOutbox : OutboxFixture {
  FedOutbox() : OutboxFixture({"score", "city"}, true) {}
};

TEST_CASE_FIXTURE(OutboxFixture, "a row is picked with all that decides about it") {
  Write({{.id = 1, .values = {{"score", "2.50"}, {"city", "Bonn"}}}});
  const OutboxId id =
      Insert(1, R"({"score": 3.10, "city": null, "note": {"add": ["b", "c"]}, "flag": true,
             "far": ["x", "y"]})");

  const auto rows = Pick();

  REQUIRE(rows.size() == 1);
  CHECK(rows[0].id == id);
  CHECK(rows[0].attempts == 0);
  CHECK(rows[0].record == RecordId{1});
  CHECK_FALSE(rows[0].on_conflict);
  REQUIRE(rows[0].values.size() == 5);
  const auto& values = rows[0].values;
  CHECK((values[0].property == "city" && values[0].value.empty() && values[0].base == "Bonn"));
  CHECK((values[1].property == "far" && values[1].value == "x;y" && values[1].base == ""));
  CHECK((values[2].property == "flag" && values[2].value == "true" && !values[2].adds));
  CHECK((values[3].property == "note" && values[3].value == "b;c" && values[3].adds));
  CHECK((values[4].property == "score" && values[4].value == "3.10" && values[4].base == "2.50"));
  CHECK((values[4].own.empty() && !values[4].sent));
}

TEST_CASE_FIXTURE(OutboxFixture, "W4: of one record, one row at a time, in the order of the rows") {
  const OutboxId first = Insert(1, R"({"score": 1})");
  const OutboxId second = Insert(1, R"({"score": 2})");
  Insert(2, R"({"score": 3})");

  CHECK(Picked() == "1 3");
  CHECK(StateOf(second) == "queued/order");
  REQUIRE(Claim(first, {{"score", "1"}}));
  CHECK(Picked() == "3");
  Change({.id = first, .attempts = 1, .state = OutboxState::kWritten, .record = RecordId{1}});
  CHECK(Picked() == "3");

  Done(first, 1, {.id = 1, .values = {{"score", "1"}}});

  CHECK(StateOf(first) == "done");
  CHECK(Picked() == "2 3");
}

TEST_CASE_FIXTURE(OutboxFixture, "W4: what is refused, failed or in conflict holds up nothing") {
  for (const OutboxState state :
       {OutboxState::kRejected, OutboxState::kFailed, OutboxState::kConflict}) {
    CAPTURE(NameOf(state));
    Value("TRUNCATE acme.outbox RESTART IDENTITY");
    const OutboxId first = Insert(1, R"({"score": 1})");
    Insert(1, R"({"score": 2})");
    CHECK(Picked() == "1");

    Change({.id = first, .state = state, .reason = "why", .message = "words"});

    CHECK(StateOf(first) == std::string(NameOf(state)) + "/why");
    CHECK(Picked() == "2");
  }
}

TEST_CASE_FIXTURE(OutboxFixture,
                  "W4: what is cancelled lets the next one go, and what is retried "
                  "comes last") {
  const OutboxId first = Insert(1, R"({"score": 1})");
  const OutboxId second = Insert(1, R"({"score": 2})");
  CHECK(Picked() == "1");
  Value("SELECT acme.outbox_cancel(1)");
  CHECK(Picked() == "2");

  Change({.id = second, .state = OutboxState::kFailed, .reason = "invalid"});
  Insert(1, R"({"score": 3})");
  Value("SELECT acme.outbox_retry(2)");
  CHECK(Picked() == "3");
  CHECK(StateOf(first) == "cancelled");
}

TEST_CASE_FIXTURE(OutboxFixture, "W4: a row that became visible late goes after what was sent") {
  Connection late({.dsn = dsn(), .password = {}});
  late.Begin(
      "INSERT INTO acme.outbox (object, op, record_id, properties) VALUES ('contacts',"
      " 'update', 1, '{\"score\": 1}')");
  const OutboxId second = Insert(1, R"({"score": 2})");
  CHECK(Picked() == "2");
  REQUIRE(Claim(second, {{"score", "2"}}));
  late.Commit();

  CHECK(Picked().empty());
  Done(second, 1, {.id = 1, .values = {{"score", "2"}}});
  CHECK(Picked() == "1");
}

TEST_CASE_FIXTURE(OutboxFixture, "W4: ids that were merged are one record") {
  Write({{.id = 1}, {.id = 9}});
  const OutboxId first = Insert(1, R"({"score": 1})");
  const OutboxId second = Insert(9, R"({"score": 2})");
  Value("UPDATE acme.contacts SET merged_into = 9 WHERE id = 1");

  const auto rows = Pick();

  REQUIRE(rows.size() == 1);
  CHECK(rows[0].id == first);
  CHECK(rows[0].record == RecordId{9});
  CHECK(StateOf(second) == "queued/order");
  Change({.id = first, .state = OutboxState::kFailed, .reason = "gone"});
  CHECK(Picked() == "2");
}

TEST_CASE_FIXTURE(OutboxFixture, "W4: rows that wait are out of the way of a million others") {
  Value(
      "INSERT INTO acme.outbox (object, op, record_id, properties) SELECT 'contacts', 'update',"
      " CASE WHEN n <= 3000 THEN 1 ELSE n END, '{\"score\": 1}' FROM generate_series(1, 3010) n");

  CHECK(Picked(Second(0), 5) == "1 3001 3002 3003 3004");
  CHECK(Value("SELECT count(*) FROM acme.outbox WHERE reason = 'order'") == "2999");
  CHECK(Picked(Second(0), 5) == "1 3001 3002 3003 3004");
}

TEST_CASE_FIXTURE(OutboxFixture, "W4: a cancel under way strands nobody") {
  Insert(1, R"({"score": 1})");
  const OutboxId second = Insert(1, R"({"score": 2})");
  Connection user({.dsn = dsn(), .password = {}});
  user.Begin("SELECT acme.outbox_cancel(1)");

  Picked();
  CHECK(StateOf(second) == "queued");
  user.Commit();

  CHECK(Picked() == "2");
}

TEST_CASE_FIXTURE(OutboxFixture, "W3: no call waits for a row that a user holds") {
  const OutboxId first = Insert(1, R"({"score": 1})");
  Insert(2, R"({"score": 2})");
  REQUIRE(Picked() == "1 2");
  Connection user({.dsn = dsn(), .password = {}});
  user.Begin("SELECT acme.outbox_cancel(1)");

  CHECK(!Claim(first, {{"score", "1"}}));
  Change({.id = first, .state = OutboxState::kFailed, .reason = "late"});
  CHECK(StateOf(first) == "queued");
  CHECK(Write({{.id = 1, .values = {{"score", "7"}}}}).inserted == 1);
  user.Rollback();

  CHECK(Claim(first, {{"score", "1"}}));
}

TEST_CASE_FIXTURE(OutboxFixture, "W3: a foreign key of the application does not hold up a claim") {
  const OutboxId first = Insert(1, R"({"score": 1})");
  Value("CREATE TABLE public.app (row bigint REFERENCES acme.outbox (id))");
  Connection user({.dsn = dsn(), .password = {}});
  user.Begin("INSERT INTO public.app VALUES (1)");

  CHECK(Claim(first, {{"score", "1"}}));
  user.Commit();
}

TEST_CASE_FIXTURE(OutboxFixture, "W3: a claim says exactly what will leave, and is given once") {
  const OutboxId id = Insert(1, R"({"score": 1, "city": "Bonn"})");

  CHECK(Claim(id, {{"score", "1"}}, kSent));

  CHECK(Of(id, "concat_ws('|', state, attempts, sent, extract(epoch FROM sent_at)::bigint)") ==
        "sending|1|{\"score\": \"1\"}|1700000000");
  CHECK(List("outbox_id, attempt, event, before, sent, by", "FROM acme.outbox_log") ==
        "1|1|sending|{}|{\"score\": \"1\"}|postgres");
  CHECK(!Claim(id, {{"score", "1"}}, kSent));
  CHECK(Picked().empty());
}

TEST_CASE_FIXTURE(OutboxFixture, "W3: a claim is as durable as can be, whatever the session says") {
  Value("ALTER DATABASE " + database() + " SET synchronous_commit = off");
  Open(plan());
  MakeContacts(Properties());
  Value(
      "CREATE TABLE heard (setting text); CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql"
      " AS $$ BEGIN INSERT INTO public.heard SELECT current_setting('synchronous_commit');"
      " RETURN NEW; END $$; CREATE TRIGGER hear AFTER UPDATE ON acme.outbox FOR EACH ROW EXECUTE"
      " FUNCTION hear()");
  const OutboxId id = Insert(1, R"({"score": 1})");

  REQUIRE(Claim(id, {{"score", "1"}}));

  CHECK(Value("SELECT string_agg(setting, ',') FROM heard") == "on");
}

TEST_CASE_FIXTURE(OutboxFixture, "W3: who is not the owner claims and changes nothing") {
  const OutboxId id = Insert(1, R"({"score": 1})");
  Value("UPDATE acme._owner SET instance = 'another', epoch = epoch + 1");

  CHECK_THROWS_AS(Claim(id, {{"score", "1"}}), DatabaseError);
  CHECK_THROWS_AS(Change({.id = id, .state = OutboxState::kFailed}), DatabaseError);
  CHECK(StateOf(id) == "queued");
}

TEST_CASE_FIXTURE(OutboxFixture, "W11: what was sent and never heard of is looked at in its time") {
  const OutboxId id = Insert(1, R"({"score": 1})");
  REQUIRE(Claim(id, {{"score", "1"}}, kSent));

  CHECK(Picked(kSent - std::chrono::milliseconds(1)).empty());
  const auto rows = Pick(kSent);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].attempts == 1);
  CHECK(rows[0].values.at(0).sent == "1");

  Change({.id = id, .attempts = 1, .state = OutboxState::kUnknown, .reason = "looking"});
  CHECK(Picked(kSent) == "1");
  CHECK(Claim(id, {{"score", "1"}}, kSent + std::chrono::seconds(130), 1));
  CHECK(Of(id, "attempts") == "2");
}

TEST_CASE_FIXTURE(OutboxFixture, "W6: what earlier rows wrote since the base was taken is known") {
  Write({{.id = 1, .values = {{"score", "1"}, {"city", "Bonn"}}}});
  const OutboxId first = Insert(1, R"({"score": 2})");
  const OutboxId second = Insert(1, R"({"score": 3, "city": "Trier"})");
  REQUIRE(Claim(first, {{"score", "2"}}));
  Change({.id = first,
          .attempts = 1,
          .state = OutboxState::kWritten,
          .answered = {{"score", "2.0"}},
          .updated_at = kSent,
          .record = RecordId{1}});
  Done(first, 1, {.id = 1, .values = {{"score", "2"}, {"city", "Bonn"}}});

  const auto rows = Pick();

  REQUIRE(rows.size() == 1);
  CHECK(rows[0].id == second);
  CHECK(rows[0].values[0].own.empty());
  CHECK(rows[0].values[1].base == "1");
  CHECK(rows[0].values[1].own == std::vector<std::string>{"2", "2.0"});
}

TEST_CASE_FIXTURE(OutboxFixture, "a row whose time has not come is not picked") {
  Value(
      "INSERT INTO acme.outbox (object, op, record_id, properties, not_before) VALUES"
      " ('contacts', 'update', 1, '{\"score\": 1}', clock_timestamp() + interval '1 hour'),"
      " ('contacts', 'update', 2, '{\"score\": 1}', clock_timestamp() - interval '1 hour')");
  CHECK(StateOf(OutboxId{1}) == "queued/not_before");
  CHECK(Picked() == "2");

  Change({.id = OutboxId{2}, .state = OutboxState::kQueued, .not_within = std::chrono::hours(1)});
  CHECK(StateOf(OutboxId{2}) == "queued/not_before");
  CHECK(Picked().empty());
  Value("UPDATE acme.outbox SET not_before = clock_timestamp()");
  CHECK(Picked() == "1 2");
}

TEST_CASE_FIXTURE(OutboxFixture, "what is written waits to be read back, over a restart too") {
  const OutboxId id = Insert(1, R"({"score": 1})");
  REQUIRE(Claim(id, {{"score", "1"}}));
  Change({.id = id,
          .attempts = 1,
          .state = OutboxState::kWritten,
          .http_status = 200,
          .correlation_id = "abc",
          .answered = {{"score", "1"}},
          .updated_at = kSent,
          .record = RecordId{5}});

  const auto written = AnotherSink("me")->Written(Contacts(), 10);

  REQUIRE(written.size() == 1);
  CHECK(written[0].id == id);
  CHECK(written[0].attempts == 1);
  CHECK(written[0].record == RecordId{5});
  CHECK(written[0].updated_at == kSent);
  CHECK(written[0].sent == std::vector<PropertyText>{{"score", "1"}});
  CHECK(Of(id, "concat_ws('|', http_status, correlation_id, result_id, answered)") ==
        "200|abc|5|{\"score\": \"1\"}");
}

TEST_CASE_FIXTURE(FedOutbox, "W12: done, its record and the entry of the feed are one commit") {
  Write({{.id = 1, .values = {{"score", "1"}}}});
  const OutboxId id = Insert(1, R"({"score": 2})");
  REQUIRE(Claim(id, {{"score", "2"}}));
  Change({.id = id, .attempts = 1, .state = OutboxState::kWritten, .record = RecordId{1}});

  Done(id, 1, {.id = 1, .modified = Second(1'600'000'001), .values = {{"score", "2"}}});

  CHECK(Value("SELECT score FROM acme.contacts WHERE id = 1") == "2");
  CHECK(Of(id, "state || ' ' || (feed_seq = (SELECT max(seq) FROM acme.changes WHERE id = 1))") ==
        "done true");
  CHECK(Value("SELECT o.xmin = c.xmin FROM acme.outbox o JOIN acme.changes c ON c.seq ="
              " o.feed_seq") == "t");
}

TEST_CASE_FIXTURE(OutboxFixture, "W12: a commit that fails leaves the row as it was") {
  const OutboxId id = Insert(1, R"({"score": 2})");
  REQUIRE(Claim(id, {{"score", "2"}}));
  Change({.id = id, .attempts = 1, .state = OutboxState::kWritten, .record = RecordId{1}});
  Value("ALTER TABLE acme._stream_state RENAME TO away");

  CHECK_THROWS_AS(Done(id, 1, {.id = 1, .values = {{"score", "2"}}}), DatabaseError);
  CHECK(StateOf(id) == "written");
  CHECK(Value("SELECT count(*) FROM acme.contacts") == "0");
}

TEST_CASE_FIXTURE(OutboxFixture, "W12: what is not as it was asked for is said") {
  const OutboxId id = Insert(1, R"({"score": 2, "city": "x"})");
  Change({.id = id,
          .state = OutboxState::kWritten,
          .record = RecordId{1},
          .differs = {{"city", "x", "y", WriteDifference::Why::kTheirs}}});
  Change({.id = id,
          .state = OutboxState::kWritten,
          .differs = {{"score", "2", "2.5", WriteDifference::Why::kAnother}}});

  CHECK(Of(id, "differs") == R"({"city": {"why": "theirs", "shown": "y", "wanted": "x"}, )"
                             R"("score": {"why": "another", "shown": "2.5", "wanted": "2"}})");
}

TEST_CASE_FIXTURE(OutboxFixture, "W11: an answer that comes after a later claim changes nothing") {
  const OutboxId id = Insert(1, R"({"score": 2})");
  REQUIRE(Claim(id, {{"score", "2"}}));
  REQUIRE(Claim(id, {{"score", "2"}}, kSent, 1));

  Change({.id = id, .attempts = 1, .state = OutboxState::kFailed, .reason = "late"});

  CHECK(StateOf(id) == "sending");
}

TEST_CASE_FIXTURE(OutboxFixture,
                  "W24: an erased person leaves no value behind, and no row to send") {
  Write({{.id = 1, .values = {{"city", "Bonn"}}}, {.id = 2, .values = {{"city", "Bonn"}}}});
  const OutboxId done = Insert(1, R"({"city": "Trier"})");
  REQUIRE(Claim(done, {{"city", "Trier"}}));
  Done(done, 1, {.id = 1, .modified = Second(1'600'000'001), .values = {{"city", "Trier"}}});
  Value(
      "INSERT INTO acme.outbox (key, object, op, record_id, properties) VALUES ('jo@x.example',"
      " 'contacts', 'update', 1, '{\"city\": \"Ulm\"}')");
  Insert(2, R"({"city": "Ulm"})");
  Commit commit = NewCommit();
  commit.fates = {{.id = RecordId{1}, .kind = Fate::Kind::kErased, .at = Second(1'700'000'000)}};

  sink().Write(commit);

  CHECK(List("record_id, state, reason, properties, base, sent, left(key, 7)",
             "FROM acme.outbox ORDER BY id") ==
        "1|done|{};1|cancelled|gone|{}|erased:;2|queued|{\"city\": \"Ulm\"}|{\"city\": \"Bonn\"}");
  CHECK(Value("SELECT count(*) FROM acme.outbox_log WHERE before::text ~ 'Bonn' OR sent::text ~"
              " 'Trier'") == "0");
  CHECK(Picked() == "3");
}

}  // namespace
}  // namespace hubmirror::testing
