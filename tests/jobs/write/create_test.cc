#include <doctest/doctest.h>

#include "jobs/create_fixture.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using testing::CreateFixture;

TEST_CASE_FIXTURE(CreateFixture, "create: a row becomes a record that carries its key") {
  Ask(1, "new");
  hubspot.requests.clear();

  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).record == RecordId{1001});
  CHECK(outbox.last(1).reason.empty());
  CHECK(hubspot.records.at(1001).values.at("key") == "row/1");
  CHECK(sink.rows.at(1001).line.find("new") != std::string::npos);
  CHECK(target.ops == std::vector{WriteOp::kCreate});
  CHECK(target.requests[0][0].unique.property == "key");
  // Nothing was looked for: HubSpot refuses a second one by itself.
  CHECK(hubspot.Count("batch") == 1);
}

TEST_CASE_FIXTURE(CreateFixture, "create: a hundred rows take two requests") {
  for (int64_t row = 1; row <= 100; ++row) Ask(row, "new");
  hubspot.requests.clear();

  Work();

  CHECK(target.requests.size() == 1);
  CHECK(hubspot.Count("batch") == 1);
  CHECK(Named("new") == 100);
}

TEST_CASE_FIXTURE(CreateFixture, "W8: an answer that is lost is found by the key, not sent again") {
  Ask(1, "new");
  target.loses_answer = true;
  Work();
  CHECK(outbox.state(1) == OutboxState::kUnknown);
  Pass(119s);
  Work();
  CHECK(outbox.state(1) == OutboxState::kUnknown);
  SUBCASE("and the record is there") {}
  SUBCASE("and somebody has archived the record since") {
    hubspot.Archive(1001);
  }

  Pass(2s);
  Work(4);

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).record == RecordId{1001});
  CHECK(target.requests.size() == 1);
  CHECK(Named("new") == 1);
}

TEST_CASE_FIXTURE(CreateFixture, "W8: what was never made is sent again after the doubt") {
  Ask(1, "new");
  target.loses_answer = true;
  Work();
  hubspot.records.erase(1001);

  Pass(121s);
  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(target.requests.size() == 2);
  CHECK(Named("new") == 1);
}

TEST_CASE_FIXTURE(CreateFixture, "W8: killed after the claim, the record is looked for") {
  Ask(1, "new");
  outbox.away_after_claim = true;
  CHECK_THROWS_AS(Work(), DatabaseError);
  outbox.away = false;
  CHECK(outbox.state(1) == OutboxState::kSending);

  Rise();
  Pass(121s);
  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(Named("new") == 1);
  CHECK(target.requests.size() == 1);
}

TEST_CASE_FIXTURE(CreateFixture, "W8: a key that a record has already is the same intention") {
  hubspot.Put(7, {{"name", "new"}, {"key", "row/1"}});
  Ask(1, "new");

  Work(3);

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).record == RecordId{7});
  CHECK(Named("new") == 1);
}

TEST_CASE_FIXTURE(CreateFixture, "W8: by a value that others write, too, only our own is adopted") {
  ByCode();
  SUBCASE("one that was there before is not ours") {
    hubspot.Put(7, {{"name", "new"}, {"code", "c"}});
    Ask(1, "new", "c");
    Work(3);
    CHECK(outbox.state(1) == OutboxState::kFailed);
    CHECK(outbox.last(1).reason == "exists");
    CHECK(outbox.last(1).record == RecordId{7});
  }
  SUBCASE("one that was made since, with our values, is") {
    Ask(1, "new", "c");
    target.loses_answer = true;
    Work();
    Pass(121s);
    Work();
    CHECK(outbox.state(1) == OutboxState::kDone);
    CHECK(outbox.last(1).record == RecordId{1001});
    CHECK(target.requests.size() == 1);
  }
  SUBCASE("one with other values is not") {
    Ask(1, "new", "c");
    target.loses_answer = true;
    Work();
    hubspot.records.at(1001).values["name"] = "theirs";
    Pass(121s);
    Work();
    CHECK(outbox.state(1) == OutboxState::kFailed);
    CHECK(outbox.last(1).reason == "exists");
    CHECK(outbox.last(1).record == RecordId{1001});
    // It may be its own all the same.
    CHECK(outbox.last(1).message.find("nothing was made") == std::string::npos);
  }
  CHECK(std::ranges::count_if(hubspot.records, [](const auto& record) {
          return record.second.values.contains("code");
        }) == 1);
}

TEST_CASE_FIXTURE(CreateFixture,
                  "W13: an unguarded create in doubt is never sent again by itself") {
  Unguarded();
  Ask(1, "new");
  target.loses_answer = true;
  Work();
  CHECK(outbox.state(1) == OutboxState::kUnknown);
  CHECK(outbox.last(1).reason == "looking");

  Pass(121s);
  Work();
  CHECK(outbox.state(1) == OutboxState::kUnknown);
  CHECK(outbox.last(1).reason == "doubt");
  Pass(24h);
  Work();
  CHECK(target.requests.size() == 1);

  SUBCASE("a person has found it") {
    outbox.rows.at(1).row.created = {1001};
    outbox.rows.at(1).last.reason = "created";
    Work();
    CHECK(outbox.state(1) == OutboxState::kDone);
    CHECK(outbox.last(1).record == RecordId{1001});
    CHECK(target.requests.size() == 1);
  }
  SUBCASE("a person says that there is none") {
    hubspot.records.erase(1001);
    outbox.rows.at(1).state = OutboxState::kQueued;
    Work();
    CHECK(outbox.state(1) == OutboxState::kDone);
    CHECK(target.requests.size() == 2);
    CHECK(Named("new") == 1);
  }
}

TEST_CASE_FIXTURE(CreateFixture, "W9: what nothing tells from others goes alone") {
  Unguarded();
  for (int64_t row = 1; row <= 3; ++row) Ask(row, "new");

  Work();

  CHECK(target.requests.size() == 3);
  CHECK(Named("new") == 3);
}

TEST_CASE_FIXTURE(CreateFixture,
                  "W13: after a batch was refused, what it made all the same is found") {
  for (const bool in_parts : {true, false}) {
    CAPTURE(in_parts);
    outbox.rows.clear();
    hubspot.records.clear();
    hubspot.Put(7, {{"name", "theirs"}, {"code", "taken"}});
    terms.key_property.clear();
    target.unique = "code";
    target.in_parts = in_parts;
    Rise();
    for (int64_t row = 1; row <= 20; ++row) {
      Ask(row, "new", row == 13 ? "taken" : "code/" + std::to_string(row));
    }

    Work(20);

    for (int64_t row = 1; row <= 20; ++row) {
      CAPTURE(row);
      CHECK(outbox.state(row) == (row == 13 ? OutboxState::kFailed : OutboxState::kDone));
    }
    CHECK(outbox.last(13).reason == "exists");
    CHECK(outbox.last(13).record == RecordId{7});
    CHECK(Named("new") == 19);
  }
}

TEST_CASE_FIXTURE(CreateFixture, "W5: rows that set one unique value go in requests of their own") {
  Ask(1, "new", "c");
  Ask(2, "new", "d");
  Ask(3, "new", "C");

  Work();

  REQUIRE(target.requests.size() == 2);
  CHECK(target.requests[0].size() == 2);
  CHECK(target.requests[1].size() == 1);
}

TEST_CASE_FIXTURE(CreateFixture, "W8: a guard that the configuration names since does not count") {
  Unguarded();
  Ask(1, "new");
  target.loses_answer = true;
  Work();
  terms.key_property = "key";
  Rise();

  Pass(121s);
  Work();

  CHECK(outbox.state(1) == OutboxState::kUnknown);
  CHECK(outbox.last(1).reason == "doubt");
  CHECK(Named("new") == 1);
}

TEST_CASE_FIXTURE(CreateFixture, "W8: the guard that a row was sent with counts for it") {
  Ask(1, "new");
  target.loses_answer = true;
  Work();
  Unguarded();

  Pass(121s);
  Work();

  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(target.requests.size() == 1);
}

/// A row whose answer was lost, and whose key property then went from HubSpot.
struct LostKey : CreateFixture {
  LostKey() {
    Ask(1, "new");
    target.loses_answer = true;
    Work();
    REQUIRE(outbox.state(1) == OutboxState::kUnknown);
    Key().archived = true;
    Pass(121s);
  }
  PropertyDefinition& Key() {
    return *std::ranges::find(hubspot.definitions, "key", &PropertyDefinition::name);
  }
  /// The catalog is read.
  void Reads() { Run(*catalog); }
};

TEST_CASE_FIXTURE(LostKey,
                  "W8: while nothing tells whether a row made its record, it is not sent") {
  SUBCASE("the property is deleted") {}
  SUBCASE("its values are unique no longer") {
    Key().archived = false;
    Key().has_unique_value = false;
  }
  SUBCASE("and another one is to be used") {
    terms.key_property = "code";
    Rise();
  }
  SUBCASE("and none is to be used") {
    Unguarded();
  }
  Reads();
  outbox.Put({.id = {2}, .record = {1}, .values = {{.property = "name", .value = "other"}}});

  Work(3);

  CHECK(outbox.state(1) == OutboxState::kUnknown);
  CHECK(outbox.last(1).reason == "doubt");
  CHECK(outbox.last(1).message.find("only the property key tells") != std::string::npos);
  CHECK(outbox.last(1).message.find("outbox_resolve") != std::string::npos);
  CHECK(outbox.state(2) == OutboxState::kDone);
  CHECK(Named("new") == 1);
}

TEST_CASE_FIXTURE(LostKey, "W8: a row of which nothing told goes on when its property is back") {
  Reads();
  Work();
  REQUIRE(outbox.last(1).reason == "doubt");
  Key().archived = false;
  outbox.settles_doubts = true;
  SUBCASE("and shows its record") {
    Reads();
    Work(3);
    CHECK(outbox.state(1) == OutboxState::kDone);
    CHECK(outbox.last(1).record == RecordId{1001});
  }
  SUBCASE("and, made anew, shows none") {
    hubspot.records.at(1001).values.erase("key");
    Reads();
    Work(3);
    CHECK(outbox.state(1) == OutboxState::kUnknown);
    CHECK(outbox.last(1).reason == "doubt");
    CHECK(outbox.last(1).not_within == 24h);
  }
  CHECK(target.requests.size() == 1);
  CHECK(Named("new") == 1);
}

TEST_CASE_FIXTURE(LostKey,
                  "W8: a property that was made anew since proves nothing by its silence") {
  Key().archived = false;
  Key().created_at = outbox.rows.at(1).row.first_sent.value() + 1ms;
  hubspot.records.at(1001).values.erase("key");
  SUBCASE("and the catalog was read since") {
    Reads();
  }
  SUBCASE("and was not") {}

  Work(3);

  CHECK(outbox.state(1) == OutboxState::kUnknown);
  CHECK(outbox.last(1).reason == "doubt");
  CHECK(outbox.last(1).not_within == 24h);
  CHECK(outbox.last(1).message.find("the property key was made anew at") != std::string::npos);
  CHECK(outbox.last(1).message.find("outbox_resolve") != std::string::npos);
  CHECK(target.requests.size() == 1);
  CHECK(Named("new") == 1);
}

TEST_CASE_FIXTURE(LostKey,
                  "W8: a property that was there when a row was sent tells by its silence") {
  Key().archived = false;
  Key().created_at = outbox.rows.at(1).row.first_sent.value();
  hubspot.records.erase(1001);
  Work(3);
  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(target.requests.size() == 2);
}

TEST_CASE_FIXTURE(LostKey, "W8: a property that was made anew and shows the record proves it") {
  Key().archived = false;
  Key().created_at = outbox.rows.at(1).row.first_sent.value() + 1ms;
  Work(3);
  CHECK(outbox.state(1) == OutboxState::kDone);
  CHECK(outbox.last(1).record == RecordId{1001});
  CHECK(target.requests.size() == 1);
}

TEST_CASE_FIXTURE(LostKey, "W8: a person says what became of a row of which nothing tells") {
  Reads();
  Work();
  REQUIRE(outbox.last(1).reason == "doubt");
  auto& row = outbox.rows.at(1);
  SUBCASE("it made a record") {
    row.row.created = {1001};
    row.last.reason = "created";
    Work();
    CHECK(outbox.state(1) == OutboxState::kDone);
    CHECK(target.requests.size() == 1);
  }
  SUBCASE("it made none") {
    hubspot.records.erase(1001);
    row.state = OutboxState::kQueued;
    row.row.first_sent.reset();
    Unguarded();
    Work();
    CHECK(outbox.state(1) == OutboxState::kDone);
    CHECK(target.requests.size() == 2);
  }
  CHECK(Named("new") == 1);
}

TEST_CASE_FIXTURE(LostKey, "W13: what HubSpot refuses to be asked by stops one row at a time") {
  for (int64_t row = 2; row <= 4; ++row) {
    Ask(row, "more");
    outbox.rows.at(row).state = OutboxState::kSending;
    outbox.rows.at(row).row.attempts = 1;
    outbox.rows.at(row).row.guarded_by = row == 4 ? "code" : "key";
    outbox.rows.at(row).row.first_sent = clock.WallNow();
  }
  hubspot.Put(9, {{"name", "more"}, {"code", "row/4"}});
  outbox.Put({.id = {5}, .record = {1}, .values = {{.property = "name", .value = "other"}}});
  // Nobody has read the catalog yet.
  Work(12);

  for (const int64_t row : {1, 2, 3}) {
    CAPTURE(row);
    CHECK(outbox.state(row) == OutboxState::kUnknown);
    CHECK(outbox.last(row).reason == "doubt");
    CHECK(outbox.last(row).not_within == 1min);
  }
  CHECK(outbox.state(4) == OutboxState::kDone);
  CHECK(outbox.last(4).record == RecordId{9});
  CHECK(outbox.state(5) == OutboxState::kDone);
  CHECK(target.requests.size() == 2);
}

TEST_CASE_FIXTURE(CreateFixture, "W1: what may no longer be made is not") {
  terms.create = false;
  Rise();
  Ask(1, "new");

  Work();

  CHECK(outbox.state(1) == OutboxState::kRejected);
  CHECK(outbox.last(1).reason == "operation");
  CHECK(target.requests.empty());
}

TEST_CASE_FIXTURE(CreateFixture, "create: what HubSpot is certain to refuse is not sent") {
  const auto refused = [&](OutboxRow row) {
    outbox.rows.clear();
    row.id = {1};
    row.op = WriteOp::kCreate;
    outbox.Put(std::move(row));
    Work();
    CHECK(outbox.state(1) == OutboxState::kRejected);
    CHECK(target.requests.empty());
    return outbox.last(1).reason + ": " + outbox.last(1).message;
  };
  CHECK(refused({.values = {{.property = "score", .value = "1"}}}) ==
        "invalid: a new record needs name");
  CHECK(refused({.values = {{.property = "name", .value = "x"},
                            {.property = "key", .value = "mine"}}}) ==
        "property: key is set by hubmirror, from the row's key");
  CHECK(refused({.values = {{.property = "nothing", .value = "x"}}}).starts_with("property: "));
  terms.key_property = "name";
  Rise();
  CHECK(refused({.values = {{.property = "score", .value = "1"}}})
            .starts_with("property: HubSpot has no property name whose values are unique"));
  terms.key_property.clear();
  Rise();
  CHECK(refused({.values = {{.property = "name", .value = "x"}}}).starts_with("unguarded: "));
}

TEST_CASE_FIXTURE(CreateFixture, "create: updates and creates go in requests of their own") {
  Ask(1, "new");
  outbox.Put({.id = {2}, .record = {1}, .values = {{.property = "name", .value = "changed"}}});
  Ask(3, "new");

  Work();

  CHECK(target.ops == std::vector{WriteOp::kCreate, WriteOp::kUpdate});
  CHECK(target.requests[0].size() == 2);
  for (const int64_t row : {1, 2, 3}) CHECK(outbox.state(row) == OutboxState::kDone);
}

}  // namespace
}  // namespace hubmirror
