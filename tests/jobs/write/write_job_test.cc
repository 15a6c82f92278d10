#include "jobs/write/write_job.h"

#include <doctest/doctest.h>

#include "support/memory_outbox.h"
#include "support/stream_fixture.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using End = StepOutcome::End;
using testing::FakeRecordTarget;
using testing::MemoryOutbox;
using testing::StreamFixture;

/// A loaded stream of companies whose rows to write stand in an outbox in memory.
struct WriteJobFixture : StreamFixture {
  MemoryOutbox outbox;
  FakeRecordTarget target{hubspot};
  LinkPartners partners;
  LinkTurns turns;
  std::shared_ptr<WriteJob> write;
  WriteJob::Terms terms{.update = {"name", "score"}};

  WriteJobFixture() {
    sink.on_outbox = [this](const std::vector<OutboxChange>& ended) {
      outbox.Change(context->object(), ended);
    };
    for (int64_t id = 1; id <= 5; ++id) hubspot.Put(id, {{"name", "old"}, {"score", "1"}});
    Load();
    clock.Advance(1s);
    Rise();
  }

  /// Forgets everything but the databases: what a kill does.
  void Rise() {
    write = std::make_shared<WriteJob>(context, WriteJob::Shared{target, outbox, partners, turns},
                                       terms);
    write->Load(sink.Load(context->object()));
  }
  void Ask(int64_t row, int64_t record, const std::string& name,
           std::optional<std::string> base = "old") {
    outbox.Put({.id = {row},
                .record = {record},
                .values = {{.property = "name", .value = name, .base = std::move(base)}}});
  }
  /// Steps until it has nothing to do or fails.
  StepOutcome Work() { return Run(*write); }
  std::string name(int64_t id) const { return hubspot.records.at(id).values.at("name"); }
  int64_t Reads() const { return hubspot.Count("batch"); }
};

TEST_CASE_FIXTURE(WriteJobFixture, "write job: a row is read, claimed, sent, read back and done") {
  Ask(1, 1, "new");
  hubspot.requests.clear();

  const StepOutcome outcome = Work();

  CHECK(outcome.end == End::kCaughtUp);
  CHECK(name(1) == "new");
  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason.empty());
  CHECK(outbox.last(1).record == RecordId{1});
  REQUIRE(outbox.claims.size() == 1);
  CHECK(outbox.claims[0][0].sent == std::vector<PropertyText>{{"name", "new"}});
  CHECK(target.requests.size() == 1);
  CHECK(Reads() == 2);
  CHECK(sink.rows.at(1).line.find("new") != std::string::npos);
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: a hundred rows take three requests") {
  for (int64_t id = 1; id <= 100; ++id) hubspot.Put(id, {{"name", "old"}});
  for (int64_t id = 1; id <= 100; ++id) Ask(id, id, "new");
  hubspot.requests.clear();

  Work();

  CHECK(target.requests.size() == 1);
  CHECK(Reads() == 2);
  for (int64_t id = 1; id <= 100; ++id) CHECK(outbox.state(id) == OutboxState::kDone);
}

TEST_CASE_FIXTURE(WriteJobFixture,
                  "write job: it looks often while there is something, else rarely") {
  CHECK(Work().next_in == 1s);

  Ask(1, 1, "new");
  CHECK(Work().next_in == 100ms);
  CHECK(Work().next_in == 1s);
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: what HubSpot holds already is not sent") {
  Ask(1, 1, "old", "older");

  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason == "unchanged");
  CHECK(target.requests.empty());
  CHECK(outbox.claims.empty());
  CHECK(Reads() == 1);
}

TEST_CASE_FIXTURE(WriteJobFixture,
                  "write job: what only the mirror lacks is read before it is done") {
  hubspot.Put(1, {{"name", "new"}});
  Ask(1, 1, "new");

  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason == "unchanged");
  CHECK(target.requests.empty());
  CHECK(sink.rows.at(1).line.find("new") != std::string::npos);
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: a conflict sends nothing and holds up nothing") {
  hubspot.Put(1, {{"name", "theirs"}});
  Ask(1, 1, "ours");
  Ask(2, 2, "new");

  Work();

  CHECK(outbox.state(1) == OutboxState::kConflict);
  CHECK(name(1) == "theirs");
  CHECK(outbox.state(2) == OutboxState::kDone);
}

TEST_CASE_FIXTURE(WriteJobFixture,
                  "W7: where a row does not say whose value counts, the plan does") {
  for (const ConflictRule rule : {ConflictRule::kOurs, ConflictRule::kTheirs}) {
    terms.on_conflict = rule;
    Rise();
    hubspot.Put(1, {{"name", "theirs"}});
    Ask(1, 1, "ours");

    Work();

    CHECK(outbox.state(1) == OutboxState::kDone);
    CHECK(name(1) == (rule == ConflictRule::kOurs ? "ours" : "theirs"));
  }
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: rows of one record go one after another") {
  Ask(1, 1, "first");
  Ask(2, 1, "second");
  outbox.rows.at(2).row.values[0].own = {"first"};

  Work();

  CHECK(name(1) == "second");
  REQUIRE(target.requests.size() == 2);
  CHECK(target.requests[0][0].values[0].value == "first");
  CHECK(outbox.state(2) == OutboxState::kDone);
}

TEST_CASE_FIXTURE(WriteJobFixture,
                  "write job: an answer that is lost is looked into, not sent again") {
  Ask(1, 1, "new");
  target.loses_answer = true;

  CHECK(Work().end == End::kFailed);
  CHECK(outbox.state(1) == OutboxState::kUnknown);
  CHECK(outbox.last(1).reason == "looking");
  Pass(119s);
  Work();
  CHECK(outbox.state(1) == OutboxState::kUnknown);

  Pass(2s);
  Work();
  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason.empty());
  CHECK(target.requests.size() == 1);
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: after a doubt, what is missing is sent") {
  Ask(1, 1, "new");
  target.loses_answer = true;
  Work();
  hubspot.Put(1, {{"name", "old"}});

  Pass(121s);
  Work();

  CHECK(target.requests.size() == 2);
  CHECK(name(1) == "new");
  CHECK(outbox.state(1) == OutboxState::kDone);
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: after a doubt, somebody else's value stays") {
  Ask(1, 1, "new");
  target.loses_answer = true;
  Work();
  hubspot.Put(1, {{"name", "theirs"}});

  Pass(121s);
  Work();

  CHECK(outbox.state(1) == OutboxState::kConflict);
  CHECK(name(1) == "theirs");
  // The lost request had written before, as far as anybody can tell.
  const std::string message = outbox.last(1).message;
  CAPTURE(message);
  CHECK(message.find("an earlier attempt may have been carried out") != std::string::npos);
  CHECK(message.find("nothing was sent") == std::string::npos);
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: nothing is sent that could not be claimed") {
  Ask(1, 1, "new");
  outbox.away = true;
  CHECK_THROWS_AS(Work(), DatabaseError);
  CHECK(target.requests.empty());

  outbox.away = false;
  outbox.before_claim = [&] { outbox.rows.at(1).cancelled = true; };
  Work();
  CHECK(target.requests.empty());
  CHECK(name(1) == "old");
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: killed after the answer, the row is found out") {
  Ask(1, 1, "new");
  outbox.away_after_claim = true;
  CHECK_THROWS_AS(Work(), DatabaseError);
  outbox.away = false;
  CHECK(outbox.state(1) == OutboxState::kSending);

  Rise();
  Work();
  CHECK(outbox.state(1) == OutboxState::kSending);
  Pass(121s);
  Work();
  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(target.requests.size() == 1);
}

TEST_CASE_FIXTURE(WriteJobFixture,
                  "write job: killed before it is read back, the row is read back") {
  Ask(1, 1, "new");
  sink.die = testing::MemoryRowSink::Death::kBeforeCommit;
  CHECK_THROWS_AS(Work(), DatabaseError);
  CHECK(outbox.state(1) == OutboxState::kWritten);

  Rise();
  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(target.requests.size() == 1);
}

TEST_CASE_FIXTURE(WriteJobFixture,
                  "W12: what is read back older than HubSpot's answer is read again") {
  Ask(1, 1, "new");
  sink.die = testing::MemoryRowSink::Death::kBeforeCommit;
  CHECK_THROWS_AS(Work(), DatabaseError);
  // HubSpot shows for a while what was before it.
  const TimePoint answered = hubspot.records.at(1).modified + 5s;
  outbox.rows.at(1).last.updated_at = answered;
  Rise();
  Work();
  CHECK(outbox.state(1) == OutboxState::kWritten);

  hubspot.records.at(1).modified = answered;
  Pass(3s);
  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(target.requests.size() == 1);
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: a value that comes back in another form is told") {
  target.normalise = [](const std::string&, std::string) { return std::string("cut"); };
  Ask(1, 1, "cut to size");

  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason == "differs");
  REQUIRE(outbox.last(1).differs.size() == 1);
  CHECK(outbox.last(1).differs[0].shown == "cut");
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: a row of a merged record goes to the survivor") {
  hubspot.Put(2, {{"name", "old"}});
  hubspot.Merge(1, 2);
  Ask(1, 1, "new");

  Work();

  CHECK(name(2) == "new");
  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).record == RecordId{2});
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: a survivor may be merged while a row waits for it") {
  hubspot.Merge(1, 2);
  Ask(1, 1, "new");
  for (int step = 0; step < 3; ++step) StepOnce(*write, clock.Now());
  hubspot.Merge(2, 3);

  Work();

  CHECK(name(3) == "new");
  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).record == RecordId{3});
}

TEST_CASE_FIXTURE(WriteJobFixture,
                  "write job: a record that is archived is neither written nor restored") {
  hubspot.Archive(1);
  Ask(1, 1, "new");
  Ask(2, 2, "new");

  Work();

  CHECK(outbox.state(1) == OutboxState::kFailed);
  CHECK(outbox.last(1).reason == "gone");
  CHECK(outbox.state(2) == OutboxState::kDone);
  CHECK(target.requests.size() == 1);
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: of a batch with bad rows only these fail") {
  for (const bool in_parts : {true, false}) {
    CAPTURE(in_parts);
    target.in_parts = in_parts;
    for (int64_t id = 1; id <= 100; ++id) hubspot.Put(id, {{"name", "old"}});
    outbox.rows.clear();
    for (int64_t id = 1; id <= 100; ++id) Ask(id, id, "new");
    for (const int64_t id : {1, 37, 38, 99}) {
      target.refuses[id] = {.status = 400,
                            .category = "VALIDATION_ERROR",
                            .code = "INVALID_OPTION",
                            .property = "name",
                            .message = "not so"};
    }

    for (int i = 0; i < 20; ++i) {
      Work();
      Pass(1s);
    }

    for (int64_t id = 1; id <= 100; ++id) {
      CAPTURE(id);
      const bool bad = target.refuses.contains(id);
      CHECK(outbox.state(id) == (bad ? OutboxState::kFailed : OutboxState::kDone));
      if (bad) CHECK(outbox.last(id).reason == "invalid");
      if (bad) CHECK(outbox.last(id).message == "name: not so");
    }
  }
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: who may not write may still read") {
  Ask(1, 1, "new");
  target.failure = ApiError{.kind = ApiErrorKind::kForbidden, .status = 403, .message = "no scope"};

  CHECK(Work().end == End::kCaughtUp);
  CHECK(outbox.state(1) == OutboxState::kQueued);
  CHECK(outbox.last(1).reason == "blocked");
  CHECK(outbox.last(1).message == "no scope");
  Work();
  CHECK(target.requests.size() == 1);

  Pass(6min);
  Work();
  CHECK(outbox.state(1) == OutboxState::kDone);
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: trouble of the outbox does not stop the stream") {
  Ask(1, 1, "new");
  outbox.before_claim = [] {
    throw DatabaseError(DatabaseError::Kind::kOther, "42883", "no such function");
  };

  const StepOutcome outcome = Work();

  CHECK(outcome.end == End::kCaughtUp);
  CHECK(outcome.next_in == 10s);
  CHECK(target.requests.empty());
}

TEST_CASE_FIXTURE(WriteJobFixture, "write job: unchecked rows are sent without a read") {
  terms.check = false;
  Rise();
  hubspot.Put(1, {{"name", "theirs"}});
  Ask(1, 1, "ours");
  hubspot.requests.clear();

  Work();

  CHECK(name(1) == "ours");
  CHECK(Reads() == 1);
}

TEST_CASE_FIXTURE(WriteJobFixture, "W18: a row about a record that was never made is gone") {
  terms.check = false;
  Rise();
  Ask(1, 0, "new");
  Ask(2, 2, "new");

  Work();

  CHECK(outbox.state(1) == OutboxState::kFailed);
  CHECK(outbox.last(1).reason == "gone");
  CHECK(outbox.state(2) == OutboxState::kDone);
}

}  // namespace
}  // namespace hubmirror
