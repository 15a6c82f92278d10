// R15: merged_into names the last survivor, over chains and in whatever order they are learned.
#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

struct LastSurvivorFixture : MirrorFixture {
  LastSurvivorFixture() {
    MakeContacts({Property("v")});
    Write({{.id = 1, .values = {{"v", "one"}}}, {.id = 2}, {.id = 3}, {.id = 4}});
  }

  std::string MergedInto() {
    return List("id, coalesce(merged_into, 0)", "FROM acme.contacts ORDER BY id");
  }
  std::string Marks() {
    return List("id, coalesce(merged_into, 0), erased_at IS NOT NULL, purged_at IS NOT NULL",
                "FROM acme.contacts WHERE id < 4 ORDER BY id");
  }
  CommitOutcome Silence(const std::map<int64_t, Fate::Kind>& about) {
    Commit commit = NewCommit();
    for (const auto& [id, kind] : about) {
      commit.fates.push_back({.id = RecordId{id}, .kind = kind, .at = Second(300)});
    }
    return sink().Write(commit);
  }
  CommitOutcome Merge(std::vector<std::pair<int64_t, int64_t>> pairs) {
    Commit commit = NewCommit();
    for (const auto& [loser, survivor] : pairs) {
      commit.fates.push_back({.id = RecordId{loser},
                              .kind = Fate::Kind::kMerged,
                              .merged_into = RecordId{survivor},
                              .at = Second(300)});
    }
    return sink().Write(commit);
  }
};

TEST_CASE_FIXTURE(LastSurvivorFixture,
                  "R15: a merge is told by the survivor, and the loser keeps its values") {
  const CommitOutcome outcome =
      Write({{.id = 2, .modified = Second(1'700'000'000), .merged_ids = {1, 2, 99}}});

  CHECK(outcome.merged == 1);
  CHECK(outcome.live_change == -1);
  CHECK(MergedInto() == "1|2;2|0;3|0;4|0");
  CHECK(Value("SELECT v FROM acme.contacts WHERE id = 1") == "one");
  CHECK(Value("SELECT count(*) FROM acme.contacts WHERE id = 99") == "0");
}

TEST_CASE_FIXTURE(LastSurvivorFixture,
                  "R15: when the survivor is merged itself, its losers move on") {
  Merge({{1, 2}});

  const CommitOutcome outcome = Merge({{2, 3}});

  CHECK(outcome.merged == 1);
  CHECK(MergedInto() == "1|3;2|3;3|0;4|0");
}

TEST_CASE_FIXTURE(LastSurvivorFixture,
                  "R15: a chain learned in one commit, backwards, ends at the survivor") {
  Merge({{2, 3}, {1, 2}, {3, 4}});

  CHECK(MergedInto() == "1|4;2|4;3|4;4|0");
}

TEST_CASE_FIXTURE(LastSurvivorFixture,
                  "R15: a merge into one merged before goes to that one's survivor") {
  Merge({{2, 3}});
  Merge({{1, 2}});

  CHECK(MergedInto() == "1|3;2|3;3|0;4|0");
}

TEST_CASE_FIXTURE(LastSurvivorFixture, "R15: no record is ever merged into itself") {
  Merge({{1, 1}, {2, 3}});
  Merge({{3, 2}});

  CHECK(Value("SELECT count(*) FROM acme.contacts WHERE merged_into = id") == "0");
}

TEST_CASE_FIXTURE(LastSurvivorFixture, "R15: a live read of a merged record revives it") {
  Merge({{1, 2}});
  clock().Advance(std::chrono::seconds(1));

  const CommitOutcome outcome = Write({{.id = 1, .values = {{"v", "one"}}}});

  CHECK(outcome.restored == 1);
  CHECK(MergedInto() == "1|0;2|0;3|0;4|0");
}

TEST_CASE_FIXTURE(
    LastSurvivorFixture,
    "R15: a loser that came after its archived survivor is told when that is read again") {
  const auto survivor = [this] { return Write({{.id = 2, .archived = true, .merged_ids = {9}}}); };
  survivor();
  clock().Advance(std::chrono::seconds(1));
  Write({{.id = 9, .archived = true}});
  clock().Advance(std::chrono::seconds(1));

  const CommitOutcome outcome = survivor();

  CHECK(outcome.unchanged == 1);
  CHECK(outcome.merged == 1);
  CHECK(MergedInto() == "1|0;2|0;3|0;4|0;9|2");
}

TEST_CASE_FIXTURE(LastSurvivorFixture,
                  "R15: what had been merged into such a loser goes on with it") {
  const auto survivor = [this] { return Write({{.id = 2, .merged_ids = {9}}}); };
  survivor();
  clock().Advance(std::chrono::seconds(1));
  Write({{.id = 9, .archived = true, .merged_ids = {1}}});
  REQUIRE(MergedInto() == "1|9;2|0;3|0;4|0;9|0");
  clock().Advance(std::chrono::seconds(1));

  survivor();

  CHECK(MergedInto() == "1|2;2|0;3|0;4|0;9|2");
}

TEST_CASE_FIXTURE(LastSurvivorFixture,
                  "R15: an unchanged survivor marks nobody who is live, nor takes theirs") {
  const auto survivor = [this] { return Write({{.id = 2, .merged_ids = {1}}}); };
  survivor();
  clock().Advance(std::chrono::seconds(1));
  Write({{.id = 1, .values = {{"v", "one"}}}});
  Merge({{3, 1}});
  clock().Advance(std::chrono::seconds(1));

  survivor();

  CHECK(MergedInto() == "1|0;2|0;3|1;4|0");
}

TEST_CASE_FIXTURE(LastSurvivorFixture, "R15: an archived read leaves merged_into alone") {
  Merge({{1, 2}});
  clock().Advance(std::chrono::seconds(1));

  Write({{.id = 1, .values = {{"v", "last"}}, .archived = true}});

  CHECK(List("v, archived, merged_into", "FROM acme.contacts WHERE id = 1") == "last|t|2");
}

// Nobody lists those who were merged: that HubSpot is silent about them is explained.
TEST_CASE_FIXTURE(LastSurvivorFixture, "R15: who is known to be merged is not gone by silence") {
  Merge({{1, 2}, {3, 2}});

  const CommitOutcome outcome = Silence({{1, Fate::Kind::kErased}, {3, Fate::Kind::kPurged}});

  CHECK(outcome.erased + outcome.purged == 0);
  CHECK(Marks() == "1|2|f|f;2|0|f|f;3|2|f|f");
  CHECK(Value("SELECT v FROM acme.contacts WHERE id = 1") == "one");
}

TEST_CASE_FIXTURE(LastSurvivorFixture,
                  "R15: a merge that becomes known takes back what silence had said") {
  Silence({{1, Fate::Kind::kErased}, {3, Fate::Kind::kPurged}});
  REQUIRE(Marks() == "1|0|t|f;2|0|f|f;3|0|f|t");
  clock().Advance(std::chrono::seconds(1));

  const CommitOutcome outcome =
      Write({{.id = 2, .modified = Second(1'700'000'000), .merged_ids = {1, 3}}});

  CHECK(outcome.merged == 2);
  CHECK(outcome.live_change == 0);
  CHECK(Marks() == "1|2|f|f;2|0|f|f;3|2|f|f");
}

TEST_CASE_FIXTURE(LastSurvivorFixture,
                  "R15: an archived loser that silence purged is told when its survivor is read") {
  const auto survivor = [this] { return Write({{.id = 2, .archived = true, .merged_ids = {9}}}); };
  survivor();
  clock().Advance(std::chrono::seconds(1));
  Write({{.id = 9, .archived = true}});
  Silence({{9, Fate::Kind::kPurged}});
  clock().Advance(std::chrono::seconds(1));

  survivor();

  CHECK(List("merged_into, purged_at IS NULL", "FROM acme.contacts WHERE id = 9") == "2|t");
}

}  // namespace
}  // namespace hubmirror::testing
