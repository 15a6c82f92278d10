// R11: only SQLSTATE classes 22, 23 and 54 are looked for in a row; at most five records of one
// transaction are set aside; anything else stops the work with the cursor unmoved.
#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

struct BadRowOrBadDatabaseFixture : MirrorFixture {
  BadRowOrBadDatabaseFixture() {
    MakeContacts({Property("v"), Property("n", ColumnType::kNumeric)});
  }

  std::vector<Told> Records(int count, int bad) {
    std::vector<Told> records;
    for (int i = 1; i <= count; ++i) {
      records.push_back({.id = i, .values = {{"v", "a"}, {"n", i <= bad ? "none" : "1"}}});
    }
    return records;
  }
};

TEST_CASE_FIXTURE(BadRowOrBadDatabaseFixture,
                  "R11: five bad records are set aside, the others are written") {
  const CommitOutcome outcome = Write(Records(700, 5));

  CHECK(outcome.inserted == 695);
  CHECK(outcome.quarantined == 5);
  CHECK(outcome.live_change == 695);
  CHECK(Value("SELECT count(*) FROM acme.contacts") == "695");
  CHECK(List("object, id, sqlstate, record->>'v', record->>'n', attempts",
             "FROM acme._quarantine ORDER BY id LIMIT 2") ==
        "contacts|1|22P02|a|none|1;contacts|2|22P02|a|none|1");
}

TEST_CASE_FIXTURE(BadRowOrBadDatabaseFixture,
                  "R11: the sixth bad record stops the stream and nothing is written") {
  Commit commit = NewCommit();
  commit.rows.push_back(Batch(Records(700, 6)));
  commit.progress[JobKind::kSweep] = {.cursor = "{}"};

  try {
    sink().Write(commit);
    FAIL("six bad records were set aside");
  } catch (const DatabaseError& error) {
    CHECK(error.kind() == DatabaseError::Kind::kSuspectRows);
    CHECK(error.sqlstate() == "22P02");
    // Values do not belong into a log.
    CHECK(std::string(error.what()).find("none") == std::string::npos);
  }

  CHECK(Value("SELECT count(*) FROM acme.contacts") == "0");
  CHECK(Value("SELECT count(*) FROM acme._quarantine") == "0");
  CHECK(sink().Load(contacts()->object).progress.empty());
}

TEST_CASE_FIXTURE(BadRowOrBadDatabaseFixture,
                  "R11: changed records are looked through in the same way") {
  Write(Records(300, 0));
  auto records = Records(300, 2);
  for (Told& told : records) told.values["v"] = "b";

  const CommitOutcome outcome = Write(records);

  CHECK(outcome.updated == 298);
  CHECK(outcome.quarantined == 2);
  CHECK(Value("SELECT count(*) FROM acme.contacts WHERE v = 'b'") == "298");
}

TEST_CASE_FIXTURE(BadRowOrBadDatabaseFixture,
                  "R11: a constraint of somebody else sets single records aside") {
  Value("ALTER TABLE acme.contacts ADD CHECK (v <> 'b')");

  const CommitOutcome outcome =
      Write({{.id = 1, .values = {{"v", "a"}}}, {.id = 2, .values = {{"v", "b"}}}});

  CHECK(outcome.inserted == 1);
  CHECK(Value("SELECT sqlstate FROM acme._quarantine WHERE id = 2") == "23514");
}

TEST_CASE_FIXTURE(BadRowOrBadDatabaseFixture,
                  "R11: any other error is the database's, and no row is suspected") {
  Value(
      "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
      " $$BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END$$;"
      "CREATE TRIGGER full_disk BEFORE INSERT ON acme.contacts"
      " FOR EACH ROW WHEN (new.id = 2) EXECUTE FUNCTION full_disk()");

  try {
    Write(Records(3, 0));
    FAIL("the row was set aside");
  } catch (const DatabaseError& error) {
    CHECK(error.kind() == DatabaseError::Kind::kUnavailable);
    CHECK(error.sqlstate() == "53100");
  }

  CHECK(Value("SELECT count(*) FROM acme._quarantine") == "0");
}

TEST_CASE_FIXTURE(BadRowOrBadDatabaseFixture,
                  "R11: a good write takes the record out of quarantine") {
  Write(Records(1, 1));
  REQUIRE(Value("SELECT count(*) FROM acme._quarantine") == "1");

  Write({{.id = 1, .modified = Second(1'700'000'000), .values = {{"n", "1"}}}});

  CHECK(Value("SELECT count(*) FROM acme._quarantine") == "0");
}

TEST_CASE_FIXTURE(BadRowOrBadDatabaseFixture, "R11: a record refused again is counted") {
  Write(Records(1, 1));
  Write(Records(1, 1));

  CHECK(Value("SELECT attempts FROM acme._quarantine") == "2");
}

TEST_CASE_FIXTURE(BadRowOrBadDatabaseFixture, "R11: bytes that are no UTF-8 are set aside too") {
  const CommitOutcome outcome = Write({{.id = 1, .values = {{"v", "a\xFF"}}}, {.id = 2}});

  CHECK(outcome.quarantined == 1);
  CHECK(Value("SELECT record->>'v' FROM acme._quarantine") == "a\xEF\xBF\xBD");
}

TEST_CASE_FIXTURE(BadRowOrBadDatabaseFixture,
                  "R11: what is too large for an index moves into _overflow") {
  Value("CREATE INDEX ON acme.contacts (v)");
  // Random enough that it does not compress below an index row's 2,704 bytes.
  const std::string large =
      Value("SELECT string_agg(md5(i::text), '' ORDER BY i) FROM generate_series(1, 200) i");

  const CommitOutcome outcome = Write({{.id = 1, .values = {{"v", large}, {"n", "5"}}}});

  CHECK(outcome.inserted == 1);
  CHECK(outcome.quarantined == 0);
  CHECK(Value("SELECT _overflow->>'v' FROM acme.contacts") == large);
  CHECK(List("coalesce(v, 'moved'), n", "FROM acme.contacts") == "moved|5");
}

}  // namespace
}  // namespace hubmirror::testing
