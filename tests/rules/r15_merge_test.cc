#include <doctest/doctest.h>

#include "jobs/resolve_plan.h"
#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::Answer;
using hubmirror::Attribute;
using hubmirror::RecordId;
using hubmirror::Row;
using hubmirror::testing::StreamFixture;

TEST_CASE("R15: losers of a merge name their survivor") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 20; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.hubspot.Put(100);
  stream.hubspot.Merge(3, 100);
  stream.hubspot.Merge(4, 100);
  stream.Pass();

  stream.Run(*stream.sweep);
  stream.ResolveTwice();

  CHECK(stream.sink.rows.at(3).merged_into == 100);
  CHECK(stream.sink.rows.at(4).merged_into == 100);
  CHECK(stream.sink.live(100));
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R15: a survivor that does not list its losers is found by asking each alone") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 20; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.hubspot.Put(100);
  stream.hubspot.Put(101);
  stream.hubspot.Merge(3, 100, false);
  stream.hubspot.Merge(4, 101, false);
  stream.Pass();

  stream.Run(*stream.sweep);
  stream.Resolve();

  CHECK(stream.sink.rows.at(3).merged_into == 100);
  CHECK(stream.sink.rows.at(4).merged_into == 101);
}

TEST_CASE("R15: an answer is attributed by id or merged ids, never by position") {
  const Row survivor{.id = RecordId{9}, .merged_ids = {RecordId{1}}};
  const Row witness{.id = RecordId{50}};

  const auto said = Attribute({.asked = {RecordId{2}, RecordId{1}},
                               .witness = RecordId{50},
                               .results = {survivor, witness},
                               .not_found = {RecordId{2}}});

  REQUIRE(said.merged.size() == 1);
  CHECK(said.merged.front().loser == RecordId{1});
  CHECK(said.merged.front().survivor == RecordId{9});
  CHECK(said.absent == std::vector{RecordId{2}});
}

TEST_CASE("R15: a stranger among the answers makes the unanswered ids unclear, not absent") {
  const Row stranger{.id = RecordId{9}};
  const Row witness{.id = RecordId{50}};

  const auto said = Attribute({.asked = {RecordId{1}, RecordId{2}},
                               .witness = RecordId{50},
                               .results = {stranger, witness}});

  CHECK(said.absent.empty());
  CHECK(said.unclear.size() == 2);
}

TEST_CASE(
    "R15: beside a survivor of others, an unanswered id is unclear: it may be one more of its") {
  // 1 was merged into 2, then 2 into 9, which lists only 2 and is shown once for both.
  const Row survivor{.id = RecordId{9}, .merged_ids = {RecordId{2}}};
  const Row witness{.id = RecordId{50}};

  const auto said = Attribute({.asked = {RecordId{1}, RecordId{2}},
                               .witness = RecordId{50},
                               .results = {survivor, witness}});

  REQUIRE(said.merged.size() == 1);
  CHECK(said.merged.front().loser == RecordId{2});
  CHECK(said.absent.empty());
  CHECK(said.unclear == std::vector{RecordId{1}});
}

TEST_CASE("R15: a witness that others were merged into proves nothing") {
  const Row witness{.id = RecordId{50}, .merged_ids = {RecordId{2}}};

  const auto said =
      Attribute({.asked = {RecordId{1}}, .witness = RecordId{50}, .results = {witness}});

  CHECK(!said.witness_answered);
}

TEST_CASE("R15: a loser that looks archived names its survivor, also when that lists it nowhere") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 20; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.hubspot.losers_look_archived = true;
  stream.hubspot.Put(100);
  stream.hubspot.Merge(3, 100, false);
  stream.Pass();

  stream.Run(*stream.archived);
  stream.Resolve();
  // Nobody has read the survivor so far.
  stream.Pass(10s);
  stream.Resolve();

  CHECK(stream.sink.rows.at(3).merged_into == 100);
}

TEST_CASE("R15: a record that is shown beside those asked for and does not exist survives nobody") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 20; ++id) stream.hubspot.Put(id);
  stream.hubspot.Archive(20);
  stream.Load();
  stream.hubspot.Put(999);
  stream.hubspot.Erase(999);
  stream.hubspot.say_not_found = false;
  stream.hubspot.Erase(3);
  stream.Pass();
  stream.Run(*stream.sweep);
  stream.hubspot.shown_beside = {999};
  stream.hubspot.on_request = [&, batches = 0](const std::string& what) mutable {
    if (what == "batch" && ++batches > 1) stream.hubspot.shown_beside.clear();
  };

  stream.Resolve();
  CHECK(stream.sink.live(3));
  CHECK(stream.sink.waiting.contains(3));

  stream.Pass(10s);
  stream.ResolveTwice();
  CHECK(stream.sink.rows.at(3).gone);
  CHECK_FALSE(stream.sink.rows.contains(999));
}

TEST_CASE("R15: who answers for a witness that was just merged answers for nobody else") {
  const Row survivor{.id = RecordId{9}};
  const auto unlisted = Attribute(
      {.asked = {RecordId{1}}, .witness = RecordId{5}, .results = {survivor}, .not_found = {}});
  CHECK(unlisted.merged.empty());
  CHECK(unlisted.unproved == std::vector{RecordId{1}});

  const Row listing{.id = RecordId{9}, .merged_ids = {RecordId{5}}};
  const auto listed = Attribute(
      {.asked = {RecordId{1}}, .witness = RecordId{5}, .results = {listing}, .not_found = {}});
  CHECK(listed.merged.empty());
  CHECK_FALSE(listed.witness_answered);
}
