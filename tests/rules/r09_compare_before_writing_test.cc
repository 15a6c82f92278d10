// R9: compare before writing; a row of equal hash is not touched.
#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

TEST_CASE_FIXTURE(MirrorFixture, "R9: what is equal is neither written nor locked") {
  MakeContacts({Property("v")});
  std::vector<Told> records;
  for (int i = 1; i <= 500; ++i) records.push_back({.id = i, .values = {{"v", "a"}}});
  Write(records);
  const std::string before = Value(
      "SELECT string_agg(xmin || ' ' || xmax || ' ' || ctid, ',' ORDER BY id) FROM acme.contacts");

  const CommitOutcome outcome = Write(records);

  CHECK(outcome.unchanged == 500);
  CHECK(outcome.updated == 0);
  CHECK(Value("SELECT string_agg(xmin || ' ' || xmax || ' ' || ctid, ',' ORDER BY id) FROM "
              "acme.contacts") == before);
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: only what changed is written") {
  MakeContacts({Property("v")});
  std::vector<Told> records;
  for (int i = 1; i <= 500; ++i) records.push_back({.id = i, .values = {{"v", "a"}}});
  Write(records);
  records[7].values["v"] = "b";

  const CommitOutcome outcome = Write(records);

  CHECK(outcome.updated == 1);
  CHECK(outcome.unchanged == 499);
  CHECK(Value("SELECT id FROM acme.contacts WHERE v = 'b'") == "8");
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: the hash of a partial read is not kept") {
  MakeContacts({Property("v"), Property("w")});
  Write({{.id = 1, .values = {{"v", "a"}, {"w", "a"}}}});

  Write(PartialBatch({"lastmodifieddate", "v"}, {{.id = 1, .values = {{"v", "b"}}}}));

  CHECK(List("v, w, coalesce(_hash::text, 'none')", "FROM acme.contacts") == "b|a|none");
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: nor is that of a read asked for an older layout") {
  MakeContacts({Property("v")});
  const RowBatch asked_before = Batch({{.id = 1, .values = {{"v", "a"}}}});
  MirrorTable wanted = *contacts();
  wanted.columns.push_back(Property("w"));
  sink().ApplyLayout(wanted);

  Write(asked_before);

  CHECK(List("v, coalesce(_hash::text, 'none')", "FROM acme.contacts") == "a|none");
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: an equal hash does not hide that a flag must change") {
  MakeContacts({Property("v")});
  Write({{.id = 1, .values = {{"v", "a"}}}, {.id = 2}});
  Commit commit = NewCommit();
  commit.fates = {{.id = RecordId{1}, .kind = Fate::Kind::kPurged, .at = Second(300)}};
  sink().Write(commit);
  clock().Advance(std::chrono::seconds(1));

  const CommitOutcome outcome = Write({{.id = 1, .values = {{"v", "a"}}}});

  CHECK(outcome.restored == 1);
  CHECK(Value("SELECT purged_at FROM acme.contacts WHERE id = 1").empty());
}

}  // namespace
}  // namespace hubmirror::testing
