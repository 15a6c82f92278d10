#include <doctest/doctest.h>

#include "jobs/create_fixture.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

/// Companies that are found by their `code`.
struct UpsertFixture : testing::CreateFixture {
  UpsertFixture() {
    target.unique = "code";
    hubspot.Put(5, {{"name", "old"}, {"code", "five"}});
  }
  void Match(int64_t row, const std::string& code, const std::string& name,
             std::optional<std::string> base = {}, const std::string& property = "code") {
    outbox.Put({.id = {row},
                .op = WriteOp::kUpsert,
                .values = {{.property = "name", .value = name, .base = std::move(base)}},
                .match = {property, code}});
  }
};

TEST_CASE_FIXTURE(UpsertFixture, "W10: an upsert makes what is not there and changes what is") {
  Match(1, "five", "new");
  Match(2, "six", "new");
  hubspot.requests.clear();

  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).record == RecordId{5});
  CHECK(outbox.state(2) == OutboxState::kDone);
  CHECK(outbox.last(2).record == RecordId{1001});
  CHECK(hubspot.records.at(1001).values.at("code") == "six");
  CHECK(Named("new") == 2);
  CHECK(target.ops == std::vector{WriteOp::kUpsert});
  CHECK(target.requests[0][0].unique == PropertyText{"code", "five"});
  CHECK(hubspot.Count("batch") == 2);
  CHECK(sink.rows.at(1001).line.find("new") != std::string::npos);
}

TEST_CASE_FIXTURE(UpsertFixture, "W6: what an upsert finds is compared first") {
  Match(1, "five", "old");
  Work();
  CHECK(outbox.last(1).reason == "unchanged");
  CHECK(target.requests.empty());

  Match(2, "five", "ours", "older");
  Work();
  CHECK(outbox.state(2) == OutboxState::kConflict);
  CHECK(target.requests.empty());

  Match(3, "five", "ours", "older");
  outbox.rows.at(3).row.on_conflict = ConflictRule::kOurs;
  Work();
  CHECK(outbox.state(3) == OutboxState::kDone);
  CHECK(hubspot.records.at(5).values.at("name") == "ours");
}

TEST_CASE_FIXTURE(UpsertFixture, "W11: an upsert whose answer is lost is looked for first") {
  Match(1, "six", "new");
  target.loses_answer = true;
  Work();
  CHECK(outbox.state(1) == OutboxState::kUnknown);

  Pass(121s);
  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason.empty());
  CHECK(outbox.last(1).record == RecordId{1001});
  CHECK(target.requests.size() == 1);
}

TEST_CASE_FIXTURE(UpsertFixture, "W8: an upsert is in doubt if its property was made anew since") {
  Match(1, "six", "new");
  target.loses_answer = true;
  Work();
  REQUIRE(outbox.state(1) == OutboxState::kUnknown);
  hubspot.records.at(1001).values.erase("code");
  std::ranges::find(hubspot.definitions, "code", &PropertyDefinition::name)->created_at =
      outbox.rows.at(1).row.first_sent.value() + 1ms;

  Pass(121s);
  Work(3);

  CHECK(outbox.state(1) == OutboxState::kUnknown);
  CHECK(outbox.last(1).reason == "doubt");
  CHECK(target.requests.size() == 1);
  CHECK(Named("new") == 1);
}

TEST_CASE_FIXTURE(UpsertFixture, "W10: an upsert goes by what HubSpot keeps unique") {
  for (const char* const property : {"score", "nothing", "key"}) {
    CAPTURE(property);
    Match(1, "x", "new", {}, property);
    if (std::string_view(property) != "key") target.unique = property;
    Work();
    CHECK(outbox.state(1) == OutboxState::kRejected);
    CHECK(target.requests.empty());
    outbox.rows.clear();
  }
}

TEST_CASE_FIXTURE(UpsertFixture, "W5: rows that name one record go in requests of their own") {
  Match(1, "six", "first");
  Match(2, "SIX", "second");
  Match(3, "five", "new");

  Work();

  REQUIRE(target.requests.size() == 2);
  CHECK(target.requests[0].size() == 2);
}

TEST_CASE_FIXTURE(UpsertFixture, "archive: a row archives its record, and the mirror shows it") {
  outbox.Put({.id = {1}, .op = WriteOp::kArchive, .record = {5}});
  outbox.Put({.id = {2}, .op = WriteOp::kArchive, .record = {1}});
  hubspot.requests.clear();

  Work();

  CHECK(hubspot.records.at(5).archived);
  CHECK(target.ops == std::vector{WriteOp::kArchive});
  CHECK(target.requests[0].size() == 2);
  for (const int64_t row : {1, 2}) {
    CHECK(outbox.state(row) == OutboxState::kDone);
    CHECK(outbox.last(row).reason.empty());
  }
  CHECK(sink.rows.at(5).archived);
  CHECK(hubspot.Count("batch") == 1);
  CHECK(hubspot.Count("archived_batch") == 1);
}

TEST_CASE_FIXTURE(UpsertFixture, "W18: what is archived already is not archived again") {
  hubspot.Archive(5);
  outbox.Put({.id = {1}, .op = WriteOp::kArchive, .record = {5}});

  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason == "unchanged");
  CHECK(target.requests.empty());
  CHECK(sink.rows.at(5).archived);
}

TEST_CASE_FIXTURE(UpsertFixture,
                  "W18: an archive goes to no survivor, and to no record that is not there") {
  hubspot.Put(6, {{"name", "six"}});
  hubspot.Merge(5, 6);
  outbox.Put({.id = {1}, .op = WriteOp::kArchive, .record = {5}});
  outbox.Put({.id = {2}, .op = WriteOp::kArchive, .record = {77}});

  Work();

  for (const int64_t row : {1, 2}) {
    CHECK(outbox.state(row) == OutboxState::kFailed);
    CHECK(outbox.last(row).reason == "gone");
  }
  CHECK(outbox.last(1).message.find("merged into 6") != std::string::npos);
  CHECK_FALSE(hubspot.records.at(6).archived);
  CHECK(target.requests.empty());
}

TEST_CASE_FIXTURE(UpsertFixture, "W11: an archive whose answer is lost is done once it is seen") {
  outbox.Put({.id = {1}, .op = WriteOp::kArchive, .record = {5}});
  target.loses_answer = true;
  Work();
  CHECK(outbox.state(1) == OutboxState::kUnknown);
  SUBCASE("in the recycle bin") {}
  SUBCASE("or nowhere") {
    hubspot.Erase(5);
  }

  Pass(121s);
  Work(4);

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).reason.empty());
  CHECK(target.requests.size() == 1);
}

TEST_CASE_FIXTURE(UpsertFixture, "W1: what may no longer be archived is not") {
  terms.archive = false;
  Rise();
  outbox.Put({.id = {1}, .op = WriteOp::kArchive, .record = {5}});

  Work();

  CHECK(outbox.state(1) == OutboxState::kRejected);
  CHECK_FALSE(hubspot.records.at(5).archived);
}

}  // namespace
}  // namespace hubmirror
