#include <doctest/doctest.h>

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

  CHECK(stream.context->sweep_wanted());
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
  for (int i = 0; i < 40; ++i) stream.sweep->Step(stream.clock.Now());
  REQUIRE_FALSE(stream.sink.progress.at(JobKind::kSweep).cursor.empty());
  HandOver(stream);
  stream.Restart();

  stream.Run(*stream.sweep);

  CHECK(Old(stream) == 3000);
  CHECK_FALSE(stream.context->sweep_wanted());
}

TEST_CASE("R21: a walk under way ends without serving a sweep that was wanted since") {
  StreamFixture stream;
  LoadSixThousand(stream);
  stream.Pass();
  for (int i = 0; i < 40; ++i) stream.sweep->Step(stream.clock.Now());
  HandOver(stream);

  stream.Run(*stream.sweep);
  CHECK(stream.context->sweep_wanted());
  CHECK_FALSE(stream.context->sweep_owed().empty());

  stream.Run(*stream.sweep);
  CHECK_FALSE(stream.context->sweep_wanted());
  CHECK(stream.context->sweep_owed().empty());
  CHECK(Old(stream) == 3000);
}

TEST_CASE("R21: a walk that serves a sweep goes on after a kill where it was") {
  StreamFixture stream;
  LoadSixThousand(stream);
  HandOver(stream);
  for (int i = 0; i < 60; ++i) stream.sweep->Step(stream.clock.Now());
  REQUIRE_FALSE(stream.sink.progress.at(JobKind::kSweep).cursor.empty());
  const auto pages = stream.hubspot.Count("list");
  stream.Restart();

  stream.Run(*stream.sweep);

  CHECK(Old(stream) == 3000);
  CHECK(stream.context->sweep_owed().empty());
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
  while (stream.sweep->progress().done < 6000) stream.sweep->Step(stream.clock.Now());
  stream.sink.die = MemoryRowSink::Death::kBeforeCommit;
  CHECK_THROWS(stream.Run(*stream.sweep));

  CHECK_FALSE(stream.context->sweep_owed().empty());
  stream.Restart();
  CHECK_FALSE(stream.context->sweep_owed().empty());
  stream.Run(*stream.sweep);
  CHECK(stream.context->sweep_owed().empty());
  stream.Restart();
  CHECK(stream.context->sweep_owed().empty());
}

TEST_CASE("R21: values lost are counted through restarts, and the brake holds through them") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 100; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.sink.values_lost_per_write = {{"name", 200}};
  for (int i = 0; i < 3; ++i) {
    CHECK(stream.context->suspicion(Brake::kValuesLost).empty());
    stream.Pass();
    stream.hubspot.Put(i + 1);
    stream.Run(*stream.changes);
    stream.Restart();
  }
  CHECK_FALSE(stream.context->suspicion(Brake::kValuesLost).empty());
  CHECK_FALSE(stream.changes->Next(stream.clock.Now()));

  stream.sink.values_lost_per_write.clear();
  stream.context->AcceptSuspicion();
  stream.Pass();
  stream.hubspot.Put(9);
  stream.Run(*stream.changes);
  stream.Restart();
  CHECK(stream.context->suspicion(Brake::kValuesLost).empty());
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

TEST_CASE("R21: a fill begins anew where its property changes its type meanwhile") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 600; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.hubspot.definitions.push_back(StreamFixture::Defined("tier", "string"));
  for (int64_t id = 1; id <= 600; ++id) stream.hubspot.Calculate(id, "tier", "1");
  stream.Run(*stream.catalog);
  while (!stream.sink.progress.contains(JobKind::kFill)) stream.fill->Step(stream.clock.Now());
  stream.hubspot.definitions.back().type = "number";
  for (const bool killed : {false, true}) {
    CAPTURE(killed);
    if (killed) stream.Restart();
    stream.Run(*stream.catalog);
    stream.hubspot.requests.clear();
    stream.fill->Step(stream.clock.Now());
    if (stream.hubspot.requests.empty()) stream.fill->Step(stream.clock.Now());
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

  CHECK_FALSE(stream.context->changes_from());
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
    stream.changes->Step(stream.clock.Now());
  }

  CHECK(stream.sink.progress.at(JobKind::kChanges).last_complete_at == complete);
}
