// R8: newer wins, by primary evidence; what need not move the stamp is told apart by when the
// request left.
#include <doctest/doctest.h>

#include <thread>

#include "postgres/mirror_fixture.h"
#include "support/await.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

struct NewerWinsFixture : MirrorFixture {
  NewerWinsFixture() { MakeContacts({Property("v")}); }

  std::string V(int64_t id) {
    return Value("SELECT v FROM acme.contacts WHERE id = " + std::to_string(id));
  }
  std::string PendingCauses() { return List("id, cause", "FROM acme._pending ORDER BY id"); }
};

TEST_CASE_FIXTURE(NewerWinsFixture, "R8: an answer with an older stamp does not overwrite") {
  Write({{.id = 1, .modified = Second(200), .values = {{"v", "new"}}}});

  const CommitOutcome outcome =
      Write({{.id = 1, .modified = Second(100), .values = {{"v", "old"}}}});

  CHECK(V(1) == "new");
  CHECK(outcome.outrun == 1);
  CHECK(outcome.updated == 0);
  CHECK(PendingCauses() == "1|outrun");
}

// Somebody else changes row 2 between our look at it and our write.
void WriteWhileSomebodyHoldsRow2(NewerWinsFixture& fixture, const std::vector<Told>& records) {
  Session somebody(fixture.dsn());
  somebody.Run("BEGIN");
  somebody.Run(
      "UPDATE acme.contacts SET lastmodifieddate = '2030-01-01', v = 'by hand' WHERE id = 2");
  std::jthread writer([&] { fixture.Write(records); });
  REQUIRE(Happens(20s, [&] {
    return fixture.Value(
               "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
               " AND datname = current_database()") == "1";
  }));
  somebody.Run("COMMIT");
}

TEST_CASE_FIXTURE(NewerWinsFixture,
                  "R8: the guard holds in the statement too, for many rows and for few") {
  for (const int count : {3, 300}) {
    CAPTURE(count);
    std::vector<Told> records;
    for (int i = 1; i <= count; ++i) {
      records.push_back({.id = i, .modified = Second(100), .values = {{"v", "a"}}});
    }
    Write(records);
    for (Told& told : records) told.values["v"] = "b";

    WriteWhileSomebodyHoldsRow2(*this, records);

    CHECK(V(1) == "b");
    CHECK(V(2) == "by hand");
    Value("DELETE FROM acme.contacts");
  }
}

TEST_CASE_FIXTURE(NewerWinsFixture, "R8: the modified property guards, not updatedAt") {
  Write({{.id = 1, .modified = Second(200), .values = {{"v", "a"}}}});
  Value("UPDATE acme.contacts SET updated_at = '2030-01-01'");

  Write({{.id = 1, .modified = Second(201), .values = {{"v", "b"}}}});

  CHECK(V(1) == "b");
}

TEST_CASE_FIXTURE(NewerWinsFixture,
                  "R8: an answer sent before the last write, not newer, is outrun") {
  const Instant before = clock().Now();
  clock().Advance(5s);
  Write(Batch({{.id = 1, .values = {{"v", "later"}}}}));

  Write(Batch({{.id = 1, .values = {{"v", "earlier"}}}}, before));

  CHECK(V(1) == "later");
  CHECK(PendingCauses() == "1|outrun");
}

TEST_CASE_FIXTURE(NewerWinsFixture,
                  "R8: an answer sent before the last write wins with a newer stamp") {
  const Instant before = clock().Now();
  clock().Advance(5s);
  Write(Batch({{.id = 1, .modified = Second(100), .values = {{"v", "a"}}}}));

  Write(Batch({{.id = 1, .modified = Second(101), .values = {{"v", "b"}}}}, before));

  CHECK(V(1) == "b");
}

TEST_CASE_FIXTURE(NewerWinsFixture,
                  "R8: what was marked archived is not revived by a read sent before") {
  Write({{.id = 1, .values = {{"v", "a"}}}});
  const Instant before = clock().Now();
  clock().Advance(1s);
  Write({{.id = 1, .values = {{"v", "a"}}, .archived = true}});

  // Even a newer stamp does not help: archiving need not move it.
  Write(Batch({{.id = 1, .modified = Second(1'700'000'000), .values = {{"v", "b"}}}}, before));

  CHECK(Value("SELECT archived FROM acme.contacts") == "t");
  CHECK(PendingCauses() == "1|outrun");
}

TEST_CASE_FIXTURE(NewerWinsFixture, "R8: a read sent after the mark revives the record") {
  Write({{.id = 1, .values = {{"v", "a"}}, .archived = true}});

  const CommitOutcome outcome = Write({{.id = 1, .values = {{"v", "a"}}}});

  CHECK(outcome.restored == 1);
  CHECK(outcome.live_change == 1);
  CHECK(List("archived, archived_at, v", "FROM acme.contacts") == "f|a");
}

TEST_CASE_FIXTURE(NewerWinsFixture,
                  "R8: a record erased meanwhile does not come back with its values") {
  Write({{.id = 1, .values = {{"v", "a"}}}});
  const Instant before = clock().Now();
  clock().Advance(1s);
  Commit commit = NewCommit();
  commit.fates = {{.id = RecordId{1}, .kind = Fate::Kind::kErased, .at = Second(300)}};
  sink().Write(commit);

  Write(Batch({{.id = 1, .values = {{"v", "a"}}}}, before));

  CHECK(Value("SELECT v FROM acme.contacts").empty());
  CHECK(PendingCauses() == "1|outrun");
}

TEST_CASE_FIXTURE(NewerWinsFixture,
                  "R8: a record merged away before it was seen is not made by an old read") {
  const Instant before = clock().Now();
  clock().Advance(1s);
  Write({{.id = 2, .merged_ids = {1}}});

  Write(Batch({{.id = 1, .values = {{"v", "a"}}}}, before));

  CHECK(Value("SELECT count(*) FROM acme.contacts WHERE id = 1") == "0");
  CHECK(PendingCauses() == "1|outrun");
}

TEST_CASE_FIXTURE(NewerWinsFixture,
                  "R8: an answer that waited longer than writes are remembered is doubted") {
  Write({{.id = 1, .values = {{"v", "a"}}}, {.id = 2, .values = {{"v", "a"}}}});
  const Instant before = clock().Now();
  clock().Advance(1s);
  Write({{.id = 1, .values = {{"v", "b"}}}});
  clock().Advance(10min);
  // Something else is written, and what is long past is forgotten.
  Write({{.id = 3}});
  clock().Advance(10min);

  Write(Batch({{.id = 1, .values = {{"v", "a"}}}, {.id = 4}}, before));

  CHECK(V(1) == "b");
  CHECK(PendingCauses() == "1|outrun");
  CHECK(Value("SELECT count(*) FROM acme.contacts WHERE id = 4") == "1");
}

TEST_CASE_FIXTURE(NewerWinsFixture,
                  "R8: an answer that waited longer than marks are remembered revives nobody") {
  Write({{.id = 1, .values = {{"v", "a"}}}});
  clock().Advance(1s);
  const Instant before = clock().Now();
  clock().Advance(1s);
  Commit gone = NewCommit();
  gone.fates = {{.id = RecordId{1}, .kind = Fate::Kind::kPurged, .at = Second(300)}};
  sink().Write(gone);
  clock().Advance(20min);
  Write({{.id = 3}});

  CHECK(Write(Batch({{.id = 1, .values = {{"v", "a"}}}}, before)).outrun == 1);

  CHECK(Value("SELECT purged_at IS NOT NULL FROM acme.contacts WHERE id = 1") == "t");
}

TEST_CASE_FIXTURE(NewerWinsFixture, "R8: of two answers in one commit the newer one is written") {
  Commit commit = NewCommit();
  commit.rows.push_back(Batch({{.id = 1, .values = {{"v", "first"}}}}, clock().Now()));
  clock().Advance(1s);
  commit.rows.push_back(Batch({{.id = 1, .values = {{"v", "second"}}}}, clock().Now()));
  commit.rows.push_back(Batch(
      {{.id = 2, .modified = Second(900), .values = {{"v", "newer stamp"}}}}, clock().Now() - 1s));
  commit.rows.push_back(
      Batch({{.id = 2, .modified = Second(800), .values = {{"v", "x"}}}}, clock().Now()));

  CHECK(sink().Write(commit).inserted == 2);

  CHECK(V(1) == "second");
  CHECK(V(2) == "newer stamp");
}

TEST_CASE_FIXTURE(NewerWinsFixture, "R8: a record seen by a later read is not marked gone") {
  Write({{.id = 1, .values = {{"v", "a"}}}});
  const Instant asked = clock().Now();
  clock().Advance(1s);
  Write({{.id = 1, .values = {{"v", "b"}}}});
  Commit commit = NewCommit();
  commit.fates = {
      {.id = RecordId{1}, .kind = Fate::Kind::kErased, .at = Second(300), .sent_at = asked}};

  CHECK(sink().Write(commit).erased == 0);

  CHECK(V(1) == "b");
}

}  // namespace
}  // namespace hubmirror::testing
