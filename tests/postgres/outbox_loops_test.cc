// Records that are written again and again (rule W15).

#include "postgres/outbox/outbox_loops.h"

#include <doctest/doctest.h>

#include "postgres/outbox/outbox_inspection.h"
#include "postgres/outbox_fixture.h"

namespace hubmirror::testing {
namespace {

constexpr int64_t kBegin = 1'700'000'000;

struct Looping : OutboxFixture {
  Connection connection{{.dsn = dsn(), .password = {}}};

  Looping() {
    PortalPlan asking = Asking({"score", "city"});
    asking.write.brakes.per_record = 3;
    asking.streams[0].write.archive = "true";
    Open(asking);
    MakeContacts(Properties());
  }
  /// A row for the record that is claimed at that second; whether it may be sent.
  bool Send(int64_t record, int64_t second) {
    last = Insert(record, R"({"score": 1})");
    return Claim(last, {{"score", "1"}}, Second(kBegin + second));
  }
  OutboxId last{};
};

TEST_CASE_FIXTURE(Looping, "W15: a record that is written again and again waits for a person") {
  for (int64_t second = 1; second <= 3; ++second) CHECK(Send(1, second));
  CHECK(Send(2, 4));
  CHECK_FALSE(Send(1, 5));
  CHECK(StateOf(last) == "queued/loop");
  CHECK(Of(last, "message") ==
        "the record was written 3 times within an hour (write.brakes.per_record): see what inserts "
        "these rows, then `hubmirror write release`");
  CHECK(Of(last, "attempts") == "0");
  // Nothing of its record goes past it, and nothing else waits for it.
  for (int64_t id = 1; id < last.value - 1; ++id) {
    Change({.id = OutboxId{id}, .attempts = 1, .state = OutboxState::kFailed});
  }
  const OutboxId behind = Insert(1, R"({"score": 2})");
  const OutboxId other = Insert(3, R"({"score": 2})");
  CHECK(Picked() == std::to_string(other.value));
  CHECK(StateOf(behind) == "queued/order");
  CHECK(StateOf(last) == "queued/loop");
  // It is told, and is not late.
  const WriteStatus status = WriteStatusOf({"contacts"}, CountOutbox(connection, "acme"), {});
  CHECK(status.objects.at(0).loops == 1);
  CHECK(status.objects.at(0).Rows("queued") == 3);
  Change({.id = other, .state = OutboxState::kDone});
  CHECK_FALSE(WriteStatusOf({"contacts"}, CountOutbox(connection, "acme"), {})
                  .objects.at(0)
                  .oldest_queued_at);
  // A brake that holds the object changes nothing of that.
  PauseOutbox(connection, "acme", "contacts");
  CHECK(Picked().empty());
  CHECK(StateOf(last) == "queued/loop");
  ResumeOutbox(connection, "acme", "contacts");
  CHECK(StateOf(last) == "queued/loop");
}

TEST_CASE_FIXTURE(Looping, "W15: what was sent over an hour ago does not count") {
  for (const int64_t second : {0, 2000, 3599}) CHECK(Send(1, second));
  CHECK(Send(1, 3600));
  CHECK_FALSE(Send(1, 3601));
  CHECK(StateOf(last) == "queued/loop");
}

TEST_CASE_FIXTURE(Looping, "W15: what changed nothing, or is tried again, does not count") {
  for (int64_t second = 1; second <= 5; ++second) {
    CHECK(Send(1, second));
    Change({.id = last, .attempts = 1, .state = OutboxState::kFailed, .reason = "invalid"});
  }
  for (int n = 1; n <= 5; ++n) {
    last = Insert(1, R"({"score": 1})");
    Change({.id = last, .state = OutboxState::kDone, .reason = "unchanged"});
  }
  for (int64_t second = 6; second <= 8; ++second) CHECK(Send(1, second));
  Change({.id = last, .attempts = 1, .state = OutboxState::kUnknown, .reason = "looking"});
  CHECK(Claim(last, {{"score", "1"}}, Second(kBegin + 200), 1));
  // An archive that is done already is not sent again, so it cannot go on for ever.
  const OutboxId archive{std::stoll(
      Value("INSERT INTO acme.outbox (object, op, record_id) VALUES ('contacts', 'archive', 1)"
            " RETURNING id"))};
  CHECK(Claim(archive, {}, Second(kBegin + 201)));
  CHECK_FALSE(Send(1, 202));
}

TEST_CASE_FIXTURE(Looping, "W15: a person lets it go on, and it is counted anew") {
  for (const int64_t record : {1, 2}) {
    for (int64_t second = 1; second <= 3; ++second) CHECK(Send(record, second));
    CHECK_FALSE(Send(record, 4));
  }
  const std::string of_2 = StateOf(last);
  const OutboxId first{last.value - 4};
  CHECK(of_2 == "queued/loop");
  CHECK(ReleaseOutbox(connection, "acme", "contacts", RecordId{7}).empty());
  CHECK(ReleaseOutbox(connection, "acme", "contacts", RecordId{1}) ==
        std::vector<std::string>{"loop"});
  CHECK(StateOf(first) == "queued");
  CHECK(Of(first, "message IS NULL") == "t");
  CHECK(StateOf(last) == "queued/loop");
  CHECK(Claim(first, {}, Second(kBegin + 5)));
  CHECK(Send(1, 6));
  CHECK(Send(1, 7));
  CHECK_FALSE(Send(1, 8));
  // Whoever releases the object releases its records.
  CHECK(ReleaseOutbox(connection, "acme", std::nullopt) == std::vector<std::string>{"loop"});
  CHECK(Value("SELECT count(*) FROM acme.outbox WHERE reason = 'loop'") == "0");
  CHECK(ReleaseOutbox(connection, "acme", std::nullopt).empty());
}

}  // namespace
}  // namespace hubmirror::testing
