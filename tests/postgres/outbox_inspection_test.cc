#include "postgres/outbox/outbox_inspection.h"

#include <doctest/doctest.h>

#include "postgres/outbox_fixture.h"

namespace hubmirror::testing {
namespace {

struct OutboxInspection : OutboxFixture {
  Connection connection{{.dsn = dsn(), .password = {}}};

  OutboxId Failed(int64_t record, OutboxState state = OutboxState::kFailed) {
    const OutboxId id = Insert(record, R"({"city":"Ulm"})");
    Change({.id = id, .state = state, .reason = "invalid", .message = "city: too long"});
    return id;
  }
};

TEST_CASE_FIXTURE(OutboxInspection, "outbox inspection: what waits is counted, what is done not") {
  CHECK(HasOutbox(connection, "acme"));
  CHECK_FALSE(HasOutbox(connection, "elsewhere"));
  CHECK(CountOutbox(connection, "acme").empty());
  Insert(1, R"({"city":"Ulm"})");
  Insert(2, R"({"city":"Ulm"})");
  Failed(3);
  const OutboxId done = Insert(4, R"({"city":"Ulm"})");
  Change({.id = done, .state = OutboxState::kDone});

  const auto counts = CountOutbox(connection, "acme");
  REQUIRE(counts.size() == 2);
  CHECK(counts[0].object == "contacts");
  CHECK(counts[0].state == "failed");
  CHECK(counts[0].reason == "invalid");
  CHECK(counts[0].rows == 1);
  CHECK(counts[1].state == "queued");
  CHECK(counts[1].reason.empty());
  CHECK(counts[1].rows == 2);
  CHECK(counts[1].oldest);
}

TEST_CASE_FIXTURE(OutboxInspection, "outbox inspection: the last rows, without their values") {
  const OutboxId queued = Insert(1, R"({"city":"Ulm"})");
  const OutboxId failed = Failed(3);
  const auto all = ReadOutbox(connection, "acme", {}, 10);
  REQUIRE(all.size() == 2);
  CHECK(all[0].id == queued.value);
  CHECK(all[0].record == "1");
  CHECK(all[1].message == "city: too long");
  CHECK(ReadOutbox(connection, "acme", {}, 1).at(0).id == failed.value);
  const OutboxFilter only{.object = {}, .state = "failed"};
  CHECK(ReadOutbox(connection, "acme", only, 10).size() == 1);
  CHECK(ReadOutbox(connection, "acme", {.object = "deals", .state = {}}, 10).empty());
  CHECK(ReadOutboxLine(connection, "acme", failed.value)->state == "failed");
  CHECK_FALSE(ReadOutboxLine(connection, "acme", 999));
}

TEST_CASE_FIXTURE(OutboxInspection, "outbox inspection: the story of a row has its values") {
  const OutboxId id = Failed(3);
  const auto story = ReadOutboxStory(connection, "acme", id.value);
  REQUIRE(story);
  CHECK(story->columns.at(0) == std::pair<std::string, std::string>("id", "1"));
  CHECK(Says(story->json, R"("city": "Ulm")"));
  CHECK(Says(story->json, R"("event": "failed")"));
  REQUIRE(story->events.size() == 1);
  CHECK(Says(story->events[0].text, "failed invalid"));
  CHECK_FALSE(ReadOutboxStory(connection, "acme", 999));
}

TEST_CASE_FIXTURE(OutboxInspection,
                  "outbox inspection: rows of one state are tried again, once each and in order") {
  const OutboxId first = Failed(3);
  const OutboxId second = Failed(4);
  const OutboxId conflict = Failed(5, OutboxState::kConflict);
  const OutboxId queued = Insert(1, R"({"city":"Ulm"})");
  CHECK(RetryOutboxRows(connection, "acme", {.object = "deals", .state = "failed"}) == 0);
  CHECK(RetryOutboxRows(connection, "acme", {.object = {}, .state = "failed"}) == 2);
  CHECK(StateOf(first) == "queued");
  CHECK(StateOf(conflict) == "conflict/invalid");
  CHECK(Of(second, "turn > (SELECT turn FROM acme.outbox WHERE id = 1)") == "t");
  CHECK(Of(first, "turn > " + std::to_string(queued.value)) == "t");

  CHECK(RetryOutbox(connection, "acme", conflict.value, "ours"));
  CHECK(Of(conflict, "on_conflict") == "ours");
  CHECK_FALSE(RetryOutbox(connection, "acme", conflict.value));
  CHECK(CancelOutbox(connection, "acme", conflict.value));
  CHECK_FALSE(CancelOutbox(connection, "acme", conflict.value));
  CHECK_THROWS_AS(CancelOutbox(connection, "acme", 999), DatabaseError);
}

TEST_CASE_FIXTURE(OutboxInspection, "outbox inspection: a person says what became of a doubt") {
  const OutboxId made = Failed(3, OutboxState::kUnknown);
  const OutboxId none = Failed(4, OutboxState::kUnknown);
  CHECK_FALSE(ResolveOutbox(connection, "acme", made.value, 9));
  Value("UPDATE acme.outbox SET reason = 'doubt'");
  CHECK(ResolveOutbox(connection, "acme", made.value, 9));
  CHECK(ResolveOutbox(connection, "acme", none.value, std::nullopt));
  CHECK(Of(made, "result_id") == "9");
  CHECK(StateOf(none) == "queued");
}

TEST_CASE_FIXTURE(OutboxInspection, "outbox inspection: thousands are tried again in pieces") {
  Value(
      "INSERT INTO acme.outbox (object, op, record_id, properties)"
      " SELECT 'contacts', 'update', n, '{\"city\":\"Ulm\"}' FROM generate_series(1, 2500) n");
  Value("UPDATE acme.outbox SET state = 'failed'");
  CHECK(RetryOutboxRows(connection, "acme", {.object = {}, .state = "failed"}) == 2500);
  CHECK(Value("SELECT count(*) FROM acme.outbox WHERE state = 'queued'") == "2500");
  CHECK(Value("SELECT count(*) FROM acme.outbox_log WHERE event = 'retried'") == "2500");
}

}  // namespace
}  // namespace hubmirror::testing
