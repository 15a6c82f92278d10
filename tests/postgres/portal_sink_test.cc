#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

TEST_CASE_FIXTURE(MirrorFixture, "what was written is stored, typed, and read back") {
  MakeContacts({Property("email"), Property("amount", ColumnType::kNumeric),
                Property("born", ColumnType::kDate), Property("vip", ColumnType::kBoolean),
                Property("rare", ColumnType::kNumeric, Storage::kOverflow)});

  const CommitOutcome outcome = Write({{.id = 1,
                                        .values = {{"email", "tab\there \\ \"x\""},
                                                   {"amount", "12.50"},
                                                   {"born", "1999-12-31"},
                                                   {"vip", "true"},
                                                   {"rare", "7"}},
                                        .rejected = {{"amount2", "abc"}}},
                                       {.id = 20'000'000'000, .values = {}}});

  CHECK(outcome.inserted == 2);
  CHECK(outcome.live_change == 2);
  CHECK(Value("SELECT email FROM acme.contacts WHERE id = 1") == "tab\there \\ \"x\"");
  CHECK(List("amount, born, vip, _overflow, _rejected, archived",
             "FROM acme.contacts WHERE id = 1") ==
        R"(12.50|1999-12-31|t|{"rare": "7"}|{"amount2": "abc"}|f)");
  CHECK(List("id, amount, rare", "FROM acme.contacts_live ORDER BY id") == "1|12.50|7;20000000000");
  const auto stored = sink().Stored(contacts()->object, {RecordId{1}, RecordId{2}});
  REQUIRE(stored.size() == 1);
  CHECK(stored[0].id == RecordId{1});
  CHECK(stored[0].modified == Second(1'600'000'000));
  CHECK_FALSE(stored[0].archived);
}

TEST_CASE_FIXTURE(MirrorFixture, "the layout is read back as it was applied") {
  MirrorColumn stage = Property("stage", ColumnType::kText);
  stage.definition.Edit().options = {{.value = "a", .label = "A"}, {.value = "b", .hidden = true}};
  stage.definition.Edit().archived = true;
  stage.definition.Edit().description = "it's";
  const MirrorTablePtr made = MakeContacts({stage, Property("x", ColumnType::kDate)});

  const auto sink_after_restart = AnotherSink("me");
  sink_after_restart->Claim();
  const StoredStream loaded = sink_after_restart->Load(made->object);

  REQUIRE(loaded.table);
  CHECK(loaded.table->columns == made->columns);
  CHECK(loaded.progress.empty());
}

TEST_CASE_FIXTURE(MirrorFixture, "progress and budget come back as they were committed") {
  MakeContacts();
  Commit commit = NewCommit();
  commit.progress[JobKind::kSweep] = {
      .cursor = R"({"a": 1})", .last_complete_at = Second(5), .rows_done = 3, .rows_expected = 4};
  commit.progress[JobKind::kChanges] = {.watermark = Second(9)};
  commit.budget = R"({"requests": 5})";
  sink().Write(commit);

  const StoredStream loaded = sink().Load(contacts()->object);

  REQUIRE(loaded.progress.size() == 2);
  const JobProgress& sweep = loaded.progress.at(JobKind::kSweep);
  CHECK(sweep.cursor == R"({"a": 1})");
  CHECK(sweep.last_complete_at == Second(5));
  CHECK(sweep.rows_done == 3);
  CHECK(sweep.rows_expected == 4);
  CHECK(loaded.progress.at(JobKind::kChanges).cursor.empty());
  CHECK(loaded.progress.at(JobKind::kChanges).watermark == Second(9));
  CHECK(sink().LoadBudget() == R"({"requests": 5})");
}

}  // namespace
}  // namespace hubmirror::testing
