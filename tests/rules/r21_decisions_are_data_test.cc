#include <doctest/doctest.h>

#include <set>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::Brake;
using hubmirror::JobKind;
using hubmirror::testing::MemoryRowSink;
using hubmirror::testing::StreamFixture;

namespace {

/// Half the records change while nobody follows them, and changes are handed over to a sweep.
void HandOver(StreamFixture& stream) {
  stream.Pass(48h);
  for (int64_t id = 1; id <= 3000; ++id) stream.hubspot.Put(id, {{"name", "new"}});
  stream.Pass();
  stream.Run(*stream.changes);
}

void LoadSixThousand(StreamFixture& stream) {
  for (int64_t id = 1; id <= 6000; ++id) stream.hubspot.Put(id, {{"name", "old"}});
  stream.Load();
  stream.Pass();
  stream.Run(*stream.changes);
}

/// What a job leaves stored when its cycle has ended; a new job must say it here.
enum class Leaves {
  kNothing,    ///< a place in a list would be taken for one of the next list
  kKnowledge,  ///< what it goes on from, or need not learn again
};
constexpr Leaves LeavesOf(JobKind kind) {
  switch (kind) {
    case JobKind::kSweep:
    case JobKind::kArchived:
    case JobKind::kFill:
    case JobKind::kVerify:  // see verify_test.cc
    case JobKind::kLists:   // see tests/jobs/reference/reference_job_test.cc
    case JobKind::kCatalog:
    case JobKind::kRelink:
    case JobKind::kOpening:
    case JobKind::kDirectory:
    case JobKind::kFeed:
    case JobKind::kWrite:  // the outbox knows
      return Leaves::kNothing;
    case JobKind::kChanges:  // where the next window begins
    case JobKind::kResolve:  // how many were marked gone since the last sweep
    case JobKind::kLinks:    // from which side HubSpot shows a pair of types
    case JobKind::kHistory:  // that everything was read once
      return Leaves::kKnowledge;
  }
  return Leaves::kNothing;
}

int64_t Old(const StreamFixture& stream) {
  return std::count_if(stream.sink.rows.begin(), stream.sink.rows.end(), [](const auto& row) {
    return row.second.line.find("old") != std::string::npos;
  });
}

}  // namespace

TEST_CASE("R21: a sweep that changes were handed over to is owed after a kill, too") {
  StreamFixture stream;
  LoadSixThousand(stream);
  HandOver(stream);
  stream.Restart();

  CHECK(stream.facts().sweep_wanted());
  CHECK(stream.sweep->urgent());
  stream.Run(*stream.changes);
  stream.Run(*stream.sweep);
  CHECK(Old(stream) == 3000);
}

TEST_CASE("R21: a walk that began before a sweep was wanted does not serve it") {
  StreamFixture stream;
  LoadSixThousand(stream);
  // A later walk is half done.
  stream.Pass();
  for (int i = 0; i < 40; ++i) StepOnce(*stream.sweep, stream.clock.Now());
  REQUIRE_FALSE(stream.sink.progress.at(JobKind::kSweep).cursor.empty());
  HandOver(stream);
  stream.Restart();

  stream.Run(*stream.sweep);

  CHECK(Old(stream) == 3000);
  CHECK_FALSE(stream.facts().sweep_wanted());
}

TEST_CASE("R21: a walk under way ends without serving a sweep that was wanted since") {
  StreamFixture stream;
  LoadSixThousand(stream);
  stream.Pass();
  for (int i = 0; i < 40; ++i) StepOnce(*stream.sweep, stream.clock.Now());
  HandOver(stream);

  stream.Run(*stream.sweep);
  CHECK(stream.facts().sweep_wanted());
  CHECK_FALSE(stream.facts().sweep_owed().empty());

  stream.Run(*stream.sweep);
  CHECK_FALSE(stream.facts().sweep_wanted());
  CHECK(stream.facts().sweep_owed().empty());
  CHECK(Old(stream) == 3000);
}

TEST_CASE("R21: a walk that serves a sweep goes on after a kill where it was") {
  StreamFixture stream;
  LoadSixThousand(stream);
  HandOver(stream);
  for (int i = 0; i < 60; ++i) StepOnce(*stream.sweep, stream.clock.Now());
  REQUIRE_FALSE(stream.sink.progress.at(JobKind::kSweep).cursor.empty());
  const auto pages = stream.hubspot.Count("list");
  stream.Restart();

  stream.Run(*stream.sweep);

  CHECK(Old(stream) == 3000);
  CHECK(stream.facts().sweep_owed().empty());
  CHECK(stream.hubspot.Count("list") - pages < 60);
}

TEST_CASE("R21: nothing new is verified while a sweep is owed") {
  StreamFixture stream;
  LoadSixThousand(stream);
  const auto verified = stream.changes->watermark();
  REQUIRE(verified);
  HandOver(stream);
  for (int i = 0; i < 10; ++i) {
    stream.Pass(1min);
    stream.Run(*stream.changes);
  }
  CHECK(stream.changes->watermark() == verified);
  CHECK(stream.sink.progress.at(JobKind::kChanges).watermark == verified);

  stream.Run(*stream.sweep);
  stream.Pass(1min);
  stream.Run(*stream.changes);
  CHECK(stream.changes->watermark() == stream.clock.WallNow());
}

TEST_CASE("R21: a sweep whose last commit is lost stays owed") {
  StreamFixture stream;
  LoadSixThousand(stream);
  HandOver(stream);
  // Until only the last commit is missing.
  while (stream.sweep->progress().done < 6000) StepOnce(*stream.sweep, stream.clock.Now());
  stream.sink.die = MemoryRowSink::Death::kBeforeCommit;
  CHECK_THROWS(stream.Run(*stream.sweep));

  CHECK_FALSE(stream.facts().sweep_owed().empty());
  stream.Restart();
  CHECK_FALSE(stream.facts().sweep_owed().empty());
  stream.Run(*stream.sweep);
  CHECK(stream.facts().sweep_owed().empty());
  stream.Restart();
  CHECK(stream.facts().sweep_owed().empty());
}

TEST_CASE("R21: values lost are counted through restarts, and the brake holds through them") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 100; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.sink.values_lost_per_write = {{"name", 200}};
  for (int i = 0; i < 3; ++i) {
    CHECK(stream.facts().suspicion(Brake::kValuesLost).empty());
    stream.Pass();
    stream.hubspot.Put(i + 1);
    stream.Run(*stream.changes);
    stream.Restart();
  }
  CHECK_FALSE(stream.facts().suspicion(Brake::kValuesLost).empty());
  CHECK_FALSE(stream.changes->Next(stream.clock.Now()));

  stream.sink.values_lost_per_write.clear();
  stream.context->facts().Accept();
  stream.Pass();
  stream.hubspot.Put(9);
  stream.Run(*stream.changes);
  stream.Restart();
  CHECK(stream.facts().suspicion(Brake::kValuesLost).empty());
}

TEST_CASE("R21: a fill does not go on where an earlier one of the same property ended") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 600; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.hubspot.definitions.push_back(StreamFixture::Defined("tier", "string"));
  for (int64_t id = 1; id <= 600; ++id) stream.hubspot.Calculate(id, "tier", "1");
  stream.Run(*stream.catalog);
  stream.Run(*stream.fill);
  REQUIRE(stream.sink.filled.size() == 1);

  CHECK(stream.sink.progress.at(JobKind::kFill).cursor.empty());
}

TEST_CASE("R21: a walk that was to begin anew does so, whatever makes it go back before") {
  StreamFixture stream;
  LoadSixThousand(stream);
  for (int64_t id = 1; id <= 6000; ++id) stream.hubspot.Archive(id);
  for (int i = 0; i < 40; ++i) StepOnce(*stream.archived, stream.clock.Now());
  REQUIRE_FALSE(stream.sink.progress.at(JobKind::kArchived).cursor.empty());

  stream.archived->Restart();
  // The portal is closed and opened again, as when a table was dropped.
  stream.archived->Load(stream.sink.Load(stream.context->object()));
  stream.hubspot.requests.clear();
  stream.Run(*stream.archived);

  CHECK(stream.hubspot.Count("archived") == 60);
}

TEST_CASE("R21: a walk of the archived list for a new property is owed after a kill, too") {
  StreamFixture stream;
  LoadSixThousand(stream);
  for (int64_t id = 1; id <= 3000; ++id) stream.hubspot.Archive(id);
  stream.Run(*stream.archived);
  stream.hubspot.definitions.push_back(StreamFixture::Defined("tier", "string"));
  for (int64_t id = 1; id <= 6000; ++id) stream.hubspot.Calculate(id, "tier", "1");
  stream.Run(*stream.catalog);
  // The live records are filled, the archived ones are not.
  stream.Run(*stream.fill);
  REQUIRE(stream.sink.filled.size() == 1);
  stream.Restart();
  CHECK(stream.archived->urgent());

  SUBCASE("and goes on where it was after another one") {
    for (int i = 0; i < 25; ++i) StepOnce(*stream.archived, stream.clock.Now());
    REQUIRE_FALSE(stream.sink.progress.at(JobKind::kArchived).cursor.empty());
    const auto pages = stream.hubspot.Count("archived");
    stream.Restart();
    stream.Run(*stream.archived);
    CHECK(stream.hubspot.Count("archived") - pages < 30);
  }
  SUBCASE("and is over once it has ended") {
    stream.Run(*stream.archived);
  }
  CHECK_FALSE(stream.facts().debts.archived.stand());
  stream.Restart();
  CHECK_FALSE(stream.archived->urgent());
}

TEST_CASE(
    "R21: a walk of the archived list that began before a property was new does not serve it") {
  StreamFixture stream;
  LoadSixThousand(stream);
  for (int64_t id = 1; id <= 3000; ++id) stream.hubspot.Archive(id);
  for (int i = 0; i < 25; ++i) StepOnce(*stream.archived, stream.clock.Now());
  REQUIRE_FALSE(stream.sink.progress.at(JobKind::kArchived).cursor.empty());
  stream.hubspot.definitions.push_back(StreamFixture::Defined("tier", "string"));
  for (int64_t id = 1; id <= 6000; ++id) stream.hubspot.Calculate(id, "tier", "gold");
  stream.Run(*stream.catalog);
  stream.Run(*stream.fill);
  stream.Restart();

  stream.Run(*stream.archived);

  CHECK_FALSE(stream.facts().debts.archived.stand());
  CHECK(std::all_of(stream.sink.rows.begin(), stream.sink.rows.end(), [](const auto& row) {
    return row.second.line.find("gold") != std::string::npos;
  }));
}

TEST_CASE("R21: the commit that ends a job clears its cursor") {
  StreamFixture stream;
  LoadSixThousand(stream);
  for (int64_t id = 1; id <= 3000; ++id) stream.hubspot.Archive(id);
  stream.hubspot.definitions.push_back(StreamFixture::Defined("tier", "string"));
  for (int64_t id = 3001; id <= 6000; ++id) stream.hubspot.Calculate(id, "tier", "1");
  std::set<JobKind> had_place;
  const auto run = [&](hubmirror::Job& job) {
    job.Restart();
    for (int i = 0; i < 10000 && job.Next(stream.clock.Now()); ++i) {
      if (StepOnce(job, stream.clock.Now()).end == hubmirror::StepOutcome::End::kCaughtUp) break;
      for (const auto& [kind, progress] : stream.sink.progress) {
        if (!progress.cursor.empty()) had_place.insert(kind);
      }
    }
  };
  run(*stream.catalog);
  for (hubmirror::Job* job :
       {static_cast<hubmirror::Job*>(&*stream.fill), static_cast<hubmirror::Job*>(&*stream.sweep),
        static_cast<hubmirror::Job*>(&*stream.archived),
        static_cast<hubmirror::Job*>(&*stream.changes),
        static_cast<hubmirror::Job*>(&*stream.resolve)}) {
    run(*job);
  }

  for (int i = 0; i < hubmirror::kJobKinds; ++i) {
    const auto kind = static_cast<JobKind>(i);
    CAPTURE(NameOf(kind));
    const auto stored = stream.sink.progress.find(kind);
    if (stored == stream.sink.progress.end() || LeavesOf(kind) == Leaves::kKnowledge) continue;
    CHECK(stored->second.cursor.empty());
  }
  // They did have a place on their way.
  for (const JobKind kind : {JobKind::kSweep, JobKind::kArchived, JobKind::kFill}) {
    CAPTURE(NameOf(kind));
    CHECK(had_place.contains(kind));
  }
}

TEST_CASE("R21: a fill begins anew where its property changes its type meanwhile") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 600; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.hubspot.definitions.push_back(StreamFixture::Defined("tier", "string"));
  for (int64_t id = 1; id <= 600; ++id) stream.hubspot.Calculate(id, "tier", "1");
  stream.Run(*stream.catalog);
  while (!stream.sink.progress.contains(JobKind::kFill)) StepOnce(*stream.fill, stream.clock.Now());
  stream.hubspot.definitions.back().type = "number";
  for (const bool killed : {false, true}) {
    CAPTURE(killed);
    if (killed) stream.Restart();
    stream.Run(*stream.catalog);
    stream.hubspot.requests.clear();
    StepOnce(*stream.fill, stream.clock.Now());
    if (stream.hubspot.requests.empty()) StepOnce(*stream.fill, stream.clock.Now());
    REQUIRE(stream.hubspot.Count("search") == 1);
    CHECK_FALSE(stream.hubspot.requests.front().search.id_above);
  }
}

TEST_CASE("R21: a beginning of changes that was not stored is not taken for one") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 10; ++id) stream.hubspot.Put(id);
  stream.Run(*stream.catalog);
  stream.sink.die = MemoryRowSink::Death::kBeforeCommit;
  CHECK_THROWS(stream.Run(*stream.sweep));

  CHECK_FALSE(stream.facts().changes_from);
  stream.Run(*stream.sweep);
  CHECK(stream.sink.progress.contains(JobKind::kChanges));
}

TEST_CASE("R21: when changes were followed last is known within a window, too") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 3000; ++id) stream.hubspot.Put(id);
  stream.Load();
  for (int i = 0; i < 2; ++i) {
    stream.Pass(1min);
    stream.Run(*stream.changes);
  }
  const auto complete = stream.sink.progress.at(JobKind::kChanges).last_complete_at;
  REQUIRE(complete);
  stream.Pass(1min);
  for (int64_t id = 1; id <= 500; ++id) stream.hubspot.Put(id);
  while (!hubmirror::ParseChangesCursor(stream.sink.progress.at(JobKind::kChanges).cursor)->until) {
    StepOnce(*stream.changes, stream.clock.Now());
  }

  CHECK(stream.sink.progress.at(JobKind::kChanges).last_complete_at == complete);
}
