// Rows that are only tried (rule W25).

#include <doctest/doctest.h>

#include "jobs/create_fixture.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<PropertyText>;

struct DryRunFixture : testing::CreateFixture {
  DryRunFixture() { hubspot.Put(5, {{"name", "old"}, {"code", "five"}}); }

  OutboxRow& Try(OutboxRow row) {
    const int64_t id = row.id.value;
    row.dry_run = true;
    outbox.Put(std::move(row));
    return outbox.rows.at(id).row;
  }
  OutboxRow& TryUpdate(int64_t row, const std::string& name, std::optional<std::string> base) {
    return Try({.id = {row},
                .record = {5},
                .values = {{.property = "name", .value = name, .base = std::move(base)}}});
  }
  /// Ended as tried: what would have been sent.
  Texts Tried(int64_t row) const {
    CHECK(outbox.state(row) == OutboxState::kDone);
    CHECK(outbox.last(row).reason == "dry");
    return outbox.last(row).tried;
  }
  std::string Words(int64_t row) const { return outbox.last(row).message; }
  void NothingWasSent() const {
    CHECK(target.requests.empty());
    CHECK(outbox.claims.empty());
  }
};

TEST_CASE_FIXTURE(DryRunFixture, "W25: an update that is tried is read and compared, not sent") {
  TryUpdate(1, "new", "old");
  TryUpdate(2, "newer", "old");
  TryUpdate(3, "old", "older");
  TryUpdate(4, "ours", "older");
  hubspot.requests.clear();

  Work();

  CHECK(Tried(1) == Texts{{"name", "new"}});
  CHECK(Words(1) == "the record would be changed");
  // Of two rows of one record neither holds up the other.
  CHECK(Tried(2) == Texts{{"name", "newer"}});
  CHECK(Tried(3).empty());
  CHECK(Words(3) == "HubSpot has these values already: nothing would be sent");
  CHECK(outbox.state(4) == OutboxState::kConflict);
  CHECK(hubspot.records.at(5).values.at("name") == "old");
  CHECK(hubspot.Count("batch") == 1);
  NothingWasSent();
}

TEST_CASE_FIXTURE(DryRunFixture, "W25: what would stay in a conflict is told") {
  TryUpdate(1, "ours", "older").on_conflict = ConflictRule::kTheirs;

  Work();

  CHECK(Tried(1).empty());
  CHECK(Words(1) == "HubSpot's newer values would stay: nothing would be sent");
  REQUIRE(outbox.last(1).differs.size() == 1);
  CHECK(outbox.last(1).differs[0].shown == "old");
}

TEST_CASE_FIXTURE(DryRunFixture,
                  "W25: a row that is tried does not stand before one that is sent") {
  TryUpdate(1, "tried", "old");
  outbox.Put(
      {.id = {2}, .record = {5}, .values = {{.property = "name", .value = "new", .base = "old"}}});

  Work();

  CHECK(Tried(1) == Texts{{"name", "tried"}});
  CHECK(outbox.state(2) == OutboxState::kDone);
  CHECK(outbox.last(2).reason.empty());
  REQUIRE(target.requests.size() == 1);
  CHECK(target.requests[0][0].values == Texts{{"name", "new"}});
}

TEST_CASE_FIXTURE(DryRunFixture, "W25: a create that is tried is looked for, and not made") {
  hubspot.Put(6, {{"name", "six"}, {"key", "row/2"}});
  for (const int64_t id : {1, 2}) {
    Try({.id = {id},
         .op = WriteOp::kCreate,
         .values = {{.property = "name", .value = "new"}},
         .guard = "row/" + std::to_string(id)});
  }
  hubspot.requests.clear();

  Work();

  CHECK(Tried(1) == Texts{{"name", "new"}, {"key", "row/1"}});
  CHECK(outbox.last(1).record == RecordId{0});
  CHECK(Words(1) == "a record would be made");
  CHECK(Tried(2).empty());
  CHECK(outbox.last(2).record == RecordId{6});
  CHECK(Words(2) == "record 6 is this row's already: none would be made");
  CHECK(Named("new") == 0);
  CHECK(hubspot.Count("batch") == 1);
  CHECK(hubspot.Count("archived_batch") == 1);
  NothingWasSent();
}

TEST_CASE_FIXTURE(DryRunFixture, "W25: a create that would be refused ends as refused") {
  SUBCASE("another record has the value") {
    ByCode();
    Try({.id = {1},
         .op = WriteOp::kCreate,
         .values = {{.property = "code", .value = "five"}, {.property = "name", .value = "x"}}});
    Work();
    CHECK(outbox.state(1) == OutboxState::kFailed);
    CHECK(outbox.last(1).reason == "exists");
    CHECK(outbox.last(1).record == RecordId{5});
  }
  SUBCASE("HubSpot has no such key property") {
    terms.key_property = "nothing";
    Rise();
    Try({.id = {1},
         .op = WriteOp::kCreate,
         .values = {{.property = "name", .value = "x"}},
         .guard = "k"});
    Work();
    CHECK(outbox.state(1) == OutboxState::kRejected);
  }
  SUBCASE("nothing tells it apart, which is allowed") {
    Unguarded();
    Try({.id = {1}, .op = WriteOp::kCreate, .values = {{.property = "name", .value = "x"}}});
    Work();
    CHECK(Tried(1) == Texts{{"name", "x"}});
  }
  NothingWasSent();
}

TEST_CASE_FIXTURE(DryRunFixture, "W25: an upsert that is tried says what it would change or make") {
  for (const auto& [id, code] : {std::pair{1, "five"}, std::pair{2, "six"}}) {
    Try({.id = {id},
         .op = WriteOp::kUpsert,
         .values = {{.property = "name", .value = "new"}},
         .match = {"code", code}});
  }

  Work();

  CHECK(Tried(1) == Texts{{"name", "new"}});
  CHECK(outbox.last(1).record == RecordId{5});
  CHECK(Words(1) == "the record would be changed");
  CHECK(Tried(2) == Texts{{"name", "new"}});
  CHECK(Words(2) == "a record would be made where there is none of this value");
  CHECK(hubspot.records.at(5).values.at("name") == "old");
  NothingWasSent();
}

TEST_CASE_FIXTURE(DryRunFixture, "W25: an archive that is tried leaves the record where it is") {
  hubspot.Put(6, {{"name", "six"}});
  hubspot.Archive(6);
  for (const int64_t record : {5, 6, 77}) {
    Try({.id = {record}, .op = WriteOp::kArchive, .record = {record}});
  }

  Work();

  CHECK(Tried(5).empty());
  CHECK(Words(5) == "the record would be archived");
  CHECK(Tried(6).empty());
  CHECK(Words(6) == "the record is archived already");
  CHECK(outbox.state(77) == OutboxState::kFailed);
  CHECK_FALSE(hubspot.records.at(5).archived);
  NothingWasSent();
}

TEST_CASE_FIXTURE(DryRunFixture,
                  "W25: what was sent before is read back, though nothing is sent any more") {
  outbox.Put(
      {.id = {1}, .record = {5}, .values = {{.property = "name", .value = "new", .base = "old"}}});
  target.loses_answer = true;
  Work();
  CHECK(outbox.state(1) == OutboxState::kUnknown);
  outbox.rows.at(1).row.dry_run = true;
  bool arrived = true;
  SUBCASE("it arrived") {}
  SUBCASE("it did not") {
    hubspot.Put(5, {{"name", "old"}});
    arrived = false;
  }

  Pass(121s);
  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason == (arrived ? "" : "dry"));
  CHECK(target.requests.size() == 1);
}

}  // namespace
}  // namespace hubmirror
