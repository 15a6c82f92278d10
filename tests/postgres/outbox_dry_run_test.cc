// Rows that are only tried (rule W25).

#include <doctest/doctest.h>

#include "postgres/outbox_fixture.h"

namespace hubmirror::testing {
namespace {

struct DryRun : OutboxFixture {
  DryRun() : OutboxFixture({"score", "city"}, /*feed=*/true) {}

  OutboxId Try(int64_t record, const std::string& properties) const {
    return OutboxId{std::stoll(
        Value("INSERT INTO acme.outbox (object, op, record_id, properties, dry_run) VALUES"
              " ('contacts', 'update', " +
              std::to_string(record) + ", '" + properties + "', true) RETURNING id"))};
  }
  void EndTried(OutboxId id, std::vector<PropertyText> tried) {
    Change({.id = id,
            .state = OutboxState::kDone,
            .reason = "dry",
            .record = RecordId{1},
            .tried = std::move(tried)});
  }
  void Reopen(bool dry_run) {
    PortalPlan asking = Asking({"score", "city"}, true);
    asking.write.dry_run = dry_run;
    Open(asking);
    MakeContacts(Properties());
  }
};

TEST_CASE_FIXTURE(DryRun, "W25: a row that is tried ends with what would have been sent") {
  Write({{.id = 1, .values = {{"city", "Bonn"}}}});
  const OutboxId id = Try(1, R"({"city": "Ulm"})");
  CHECK(Of(id, "dry_run || ' ' || base") == "true {\"city\": \"Bonn\"}");
  REQUIRE(Pick().size() == 1);
  CHECK(Pick()[0].dry_run);

  EndTried(id, {{"city", "Ulm"}});

  CHECK(Of(id, "concat_ws('|', state, reason, sent, result_id, attempts, sent_at, feed_seq)") ==
        "done|dry|{\"city\": \"Ulm\"}|1|0");
  CHECK(Of(id, "done_at IS NOT NULL") == "t");
  CHECK(Value("SELECT count(*) FROM acme._echo") == "0");
  CHECK(Value("SELECT count(*) FROM acme._write_minutes") == "0");
  CHECK(observer().writes == std::map<std::string, int64_t>{{"dry", 1}});
  CHECK(observer().latencies.empty());
  CHECK(Value("SELECT string_agg(concat_ws(' ', event, category), ', ') FROM acme.outbox_log") ==
        "done dry");
}

TEST_CASE_FIXTURE(DryRun, "W25: one with nothing to send ends with nothing in `sent`") {
  const OutboxId id = Try(1, R"({"city": "Ulm"})");
  EndTried(id, {});
  CHECK(Of(id, "sent") == "{}");
}

TEST_CASE_FIXTURE(DryRun, "W25: a row that is tried neither waits nor lets others wait") {
  Try(1, R"({"city": "a"})");
  const OutboxId sent = Insert(1, R"({"city": "b"})");
  Try(1, R"({"city": "c"})");
  Insert(1, R"({"city": "d"})");

  CHECK(Picked() == "1 2 3");
  REQUIRE(Claim(sent, {{"city", "b"}}));
  CHECK(Picked() == "1 3");
}

TEST_CASE_FIXTURE(DryRun, "W25: what would have been sent is nobody's own value") {
  const OutboxId id = Try(1, R"({"city": "theirs"})");
  const OutboxId later = Insert(1, R"({"city": "ours"})");
  EndTried(id, {{"city", "theirs"}});

  const auto rows = Pick();

  REQUIRE(rows.size() == 1);
  CHECK(rows[0].id == later);
  CHECK(rows[0].values[0].own.empty());
}

TEST_CASE_FIXTURE(DryRun, "W25: HubSpot has refused nothing of what was only tried") {
  for (int64_t record = 1; record <= 20; ++record) {
    const OutboxId id = Try(record, R"({"city": "Ulm"})");
    Change({.id = id, .state = OutboxState::kFailed, .reason = "gone"});
  }
  CHECK(Value("SELECT count(*) FROM acme._write_state") == "0");
  CHECK(Value("SELECT acme.outbox_retry(1)") == "t");
  CHECK(Pick().at(0).dry_run);
}

TEST_CASE_FIXTURE(DryRun, "W25: where a portal only tries, no row of then is ever sent") {
  const OutboxId before = Insert(1, R"({"city": "a"})");
  Reopen(true);
  const OutboxId then = Insert(2, R"({"city": "b"})");
  CHECK(Of(before, "coalesce(dry_run, false)") == "f");
  CHECK(Of(then, "dry_run") == "t");
  for (const OutboxRow& row : Pick()) CHECK(row.dry_run);
  CHECK(Picked() == "1 2");

  Reopen(false);

  const auto rows = Pick();
  REQUIRE(rows.size() == 2);
  CHECK_FALSE(rows[0].dry_run);
  CHECK(rows[1].dry_run);
  CHECK(Value("SELECT count(*) FROM acme._write_state") == "0");
  CHECK(Of(Insert(3, R"({"city": "c"})"), "coalesce(dry_run, false)") == "f");
}

}  // namespace
}  // namespace hubmirror::testing
