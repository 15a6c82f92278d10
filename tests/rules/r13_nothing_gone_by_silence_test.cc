#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::ApiError;
using hubmirror::ApiErrorKind;
using hubmirror::StepOutcome;
using hubmirror::testing::StreamFixture;

namespace {

constexpr int64_t kArchivedId = 100'000;

/// Nobody has archived anything yet.
void LoadLiveRecords(StreamFixture& stream, int64_t count) {
  for (int64_t id = 1; id <= count; ++id) stream.hubspot.Put(id);
  stream.Load();
}

void LoadRecords(StreamFixture& stream, int64_t count) {
  stream.hubspot.Put(kArchivedId);
  stream.hubspot.Archive(kArchivedId);
  LoadLiveRecords(stream, count);
}

void ProveTwice(StreamFixture& stream) {
  stream.Resolve();
  stream.Pass(11min);
  stream.Resolve();
}

}  // namespace

TEST_CASE("R13: a vanished record is marked gone after two proofs, confirm_after apart") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);

  stream.Resolve();
  CHECK_FALSE(stream.sink.rows.at(7).gone);
  stream.Pass(9min);
  stream.Resolve();
  CHECK_FALSE(stream.sink.rows.at(7).gone);
  stream.Pass(2min);
  stream.Resolve();

  CHECK(stream.sink.rows.at(7).gone);
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R13: nobody is marked gone while nothing shows that archived records can be read") {
  StreamFixture stream;
  LoadLiveRecords(stream, 20);
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);
  for (int i = 0; i < 5; ++i) ProveTwice(stream);

  CHECK_FALSE(stream.sink.rows.at(7).gone);
  CHECK(stream.sink.waiting.at(7).cause == hubmirror::PendingCause::kUnproved);
  CHECK(stream.facts().pending.waiting == 0);
  CHECK(stream.facts().pending.unproved == 1);

  // Somebody archives another record: now silence about the first one says something.
  stream.hubspot.Archive(9);
  stream.Run(*stream.archived);
  stream.Pass(11min);
  stream.Resolve();
  CHECK(stream.sink.rows.at(7).gone);
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R13: what was shown before a restart proves nothing after it, a known record does") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.Restart();
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);
  // HubSpot shows archived records no more, the known one included.
  stream.hubspot.left_out.insert(kArchivedId);
  for (int i = 0; i < 3; ++i) ProveTwice(stream);
  CHECK_FALSE(stream.sink.rows.at(7).gone);

  stream.hubspot.left_out.clear();
  for (int i = 0; i < 3; ++i) ProveTwice(stream);
  CHECK(stream.sink.rows.at(7).gone);
}

TEST_CASE("R13: an operator may say that the unproved are gone") {
  StreamFixture stream;
  LoadLiveRecords(stream, 20);
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);
  ProveTwice(stream);
  REQUIRE_FALSE(stream.sink.rows.at(7).gone);

  stream.context->facts().Accept();
  stream.Pass(11min);
  stream.Resolve();
  CHECK(stream.sink.rows.at(7).gone);
}

TEST_CASE("R13: an unproved record that HubSpot shows again is live") {
  StreamFixture stream;
  LoadLiveRecords(stream, 20);
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);
  ProveTwice(stream);
  REQUIRE(stream.facts().pending.unproved == 1);

  stream.hubspot.records.at(7).gone = false;
  stream.Pass(11min);
  stream.Resolve();
  CHECK(stream.sink.live(7));
  CHECK(stream.sink.waiting.empty());
  CHECK(stream.facts().pending.unproved == 0);
}

TEST_CASE("R13: an answer that does not return its witness counts for nothing") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);

  // The portal is silent about everything, as after a lost scope that nobody reports.
  for (int64_t id = 1; id <= 20; ++id) stream.hubspot.left_out.insert(id);
  for (int i = 0; i < 5; ++i) {
    stream.Resolve();
    stream.Pass(11min);
  }

  CHECK_FALSE(stream.sink.rows.at(7).gone);
  CHECK(stream.sink.waiting.contains(7));
}

TEST_CASE("R13: the last live record is found archived, though nobody is left to be a witness") {
  StreamFixture stream;
  LoadLiveRecords(stream, 1);
  stream.hubspot.say_not_found = false;
  stream.hubspot.Archive(1);
  stream.Run(*stream.sweep);
  REQUIRE(stream.sink.waiting.contains(1));

  stream.Resolve();

  CHECK(stream.sink.rows.at(1).archived);
  CHECK_FALSE(stream.sink.rows.at(1).gone);
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R13: without a witness silence counts for nothing, and is asked for ever more seldom") {
  StreamFixture stream;
  LoadLiveRecords(stream, 1);
  stream.hubspot.say_not_found = false;
  stream.hubspot.Erase(1);
  stream.Run(*stream.sweep);
  const int64_t before = stream.hubspot.Count("batch");
  for (int i = 0; i < 1440; ++i) {
    stream.Resolve();
    stream.Pass(10s);
  }

  CHECK_FALSE(stream.sink.rows.at(1).gone);
  CHECK(stream.sink.waiting.contains(1));
  CHECK(stream.hubspot.Count("batch") - before <= 80);
}

TEST_CASE("R13: where every witness swallowed others, suspects are asked for again without it") {
  StreamFixture stream;
  stream.hubspot.say_not_found = false;
  for (const int64_t id : {1, 2, 3, 11, 12}) stream.hubspot.Put(id);
  stream.hubspot.Merge(3, 2);
  stream.hubspot.Merge(12, 11);
  stream.hubspot.Archive(11);
  stream.Load();
  stream.hubspot.Erase(1);
  stream.Run(*stream.sweep);
  stream.Resolve();
  stream.hubspot.requests.clear();
  stream.Pass(11min);
  stream.Resolve();

  CHECK(stream.sink.rows.at(1).gone);
  CHECK(stream.sink.live(2));
  CHECK(stream.sink.waiting.empty());
  CHECK(stream.hubspot.Count("batch") == 2);
  CHECK(stream.hubspot.Count("archived_batch") == 2);
}

TEST_CASE("R13: the last live record is gone once the live list is empty and others are archived") {
  StreamFixture stream;
  LoadRecords(stream, 1);
  stream.hubspot.say_not_found = false;
  stream.hubspot.Erase(1);
  stream.Run(*stream.sweep);

  ProveTwice(stream);

  CHECK(stream.sink.rows.at(1).gone);
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R13: an empty live list proves nothing while no known archived record is shown") {
  StreamFixture stream;
  LoadRecords(stream, 1);
  stream.hubspot.say_not_found = false;
  stream.hubspot.Erase(1);
  stream.Run(*stream.sweep);
  // Nothing of the type is shown any more, as after a permission that nobody misses.
  stream.hubspot.left_out.insert(kArchivedId);
  for (int i = 0; i < 3; ++i) ProveTwice(stream);
  CHECK_FALSE(stream.sink.rows.at(1).gone);

  stream.hubspot.left_out.clear();
  for (int i = 0; i < 3; ++i) ProveTwice(stream);
  CHECK(stream.sink.rows.at(1).gone);
}

TEST_CASE("R13: an empty live list proves nothing while the live list shows somebody") {
  StreamFixture stream;
  LoadRecords(stream, 1);
  stream.hubspot.say_not_found = false;
  stream.hubspot.Erase(1);
  stream.Run(*stream.sweep);
  stream.hubspot.Put(2);  // nobody has read it yet
  for (int i = 0; i < 3; ++i) ProveTwice(stream);
  CHECK_FALSE(stream.sink.rows.at(1).gone);

  stream.Run(*stream.sweep);
  for (int i = 0; i < 3; ++i) ProveTwice(stream);
  CHECK(stream.sink.rows.at(1).gone);
  CHECK(stream.sink.live(2));
}

TEST_CASE("R13: a list that is suddenly empty takes no more than ten records without being asked") {
  StreamFixture stream;
  LoadRecords(stream, 11);
  stream.hubspot.say_not_found = false;
  for (int64_t id = 1; id <= 11; ++id) stream.hubspot.Erase(id);
  stream.Run(*stream.sweep);
  for (int i = 0; i < 3; ++i) ProveTwice(stream);
  CHECK_FALSE(stream.sink.rows.at(1).gone);
  CHECK(stream.facts().pending.unproved == 11);

  stream.context->facts().Accept();
  stream.Pass(11min);
  stream.Resolve();
  CHECK(stream.sink.rows.at(1).gone);
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R13: an operator may say that the last live record is gone") {
  StreamFixture stream;
  LoadLiveRecords(stream, 1);  // and nobody has archived anything
  stream.hubspot.say_not_found = false;
  stream.hubspot.Erase(1);
  stream.Run(*stream.sweep);
  ProveTwice(stream);
  CHECK(stream.sink.waiting.at(1).cause == hubmirror::PendingCause::kUnproved);

  stream.context->facts().Accept();
  stream.Pass(11min);
  stream.Resolve();
  CHECK(stream.sink.rows.at(1).gone);
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R13: who is on a list is not gone, though batch reads leave him out for good") {
  StreamFixture stream;
  LoadRecords(stream, 250);
  stream.hubspot.say_not_found = false;
  stream.hubspot.Archive(120);
  stream.Run(*stream.archived);
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);
  stream.Pass(1min);
  stream.hubspot.Put(30, {{"name", "Zoë"}});
  for (const int64_t id : {30, 120}) stream.hubspot.left_out.insert(id);
  stream.context->RequestRefresh(hubmirror::RecordId{120});
  stream.Pass(1min);
  stream.Run(*stream.changes);
  for (int i = 0; i < 3; ++i) ProveTwice(stream);

  CHECK(stream.sink.rows.at(7).gone);
  CHECK(stream.sink.live(30));
  CHECK(stream.sink.rows.at(30).line.find("Zoë") != std::string::npos);
  CHECK_FALSE(stream.sink.rows.at(120).gone);
  CHECK(stream.sink.rows.at(120).archived);
  CHECK(stream.sink.waiting.empty());
  CHECK(stream.observer.broken_promises.size() == 2);
}

TEST_CASE("R13: a page in disorder shows whom it shows all the same") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.hubspot.say_not_found = false;
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);
  stream.hubspot.left_out.insert(9);
  stream.context->RequestRefresh(hubmirror::RecordId{9});
  stream.Resolve();
  stream.hubspot.descending_lists = true;
  stream.Pass(11min);
  stream.Resolve();

  CHECK(stream.sink.rows.at(7).gone);
  CHECK(stream.sink.live(9));
}

TEST_CASE("R13: where archived records cannot be read by their ids nobody is gone or set aside") {
  for (const ApiErrorKind kind : {ApiErrorKind::kUnsupported, ApiErrorKind::kBadRequest}) {
    StreamFixture stream;
    LoadRecords(stream, 20);
    stream.hubspot.archived_batch_error = ApiError{.kind = kind, .status = 400};
    stream.hubspot.Erase(7);
    stream.hubspot.Erase(8);
    stream.Run(*stream.sweep);
    for (int i = 0; i < 8; ++i) ProveTwice(stream);
    for (int i = 0; i < 20; ++i) stream.Resolve();  // A refusal ends a cycle.
    for (const int64_t id : {7, 8}) {
      CHECK_FALSE(stream.sink.rows.at(id).gone);
      CHECK(stream.sink.waiting.at(id).cause == hubmirror::PendingCause::kUnproved);
    }
    CHECK(stream.sink.set_aside.empty());
    // Beside them the archived one, of whom it is not told whether it was merged.
    CHECK(stream.facts().pending.unproved == 3);

    stream.hubspot.archived_batch_error.reset();
    for (int i = 0; i < 8; ++i) ProveTwice(stream);
    CHECK(stream.sink.rows.at(7).gone);
  }
}

TEST_CASE("R13: once archived records are shown again, those left unproved are asked for soon") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.hubspot.archived_batch_error = ApiError{.kind = ApiErrorKind::kUnsupported, .status = 400};
  stream.hubspot.Archive(7);
  stream.hubspot.Archive(8);
  stream.Run(*stream.sweep);
  for (int i = 0; i < 3; ++i) ProveTwice(stream);
  REQUIRE(stream.sink.waiting.at(8).cause == hubmirror::PendingCause::kUnproved);
  const auto unhurried = stream.Run(*stream.resolve).next_in;

  stream.hubspot.archived_batch_error.reset();
  stream.context->RequestRefresh(hubmirror::RecordId{7});
  const auto soon = stream.Run(*stream.resolve).next_in;

  CHECK(soon < unhurried);
  ProveTwice(stream);
  CHECK_FALSE(stream.sink.waiting.contains(8));
  CHECK(stream.Run(*stream.resolve).next_in == unhurried);
}

TEST_CASE("R13: a server that fails for everybody tells nothing of a suspect") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.Resolve();
  stream.hubspot.Archive(7);
  stream.Run(*stream.sweep);
  // It fails between the look at the live side and the one at the archived side.
  stream.hubspot.on_request = [&](const std::string& what) {
    if (what == "archived_batch") stream.hubspot.all_fails = true;
  };
  for (int i = 0; i < 10; ++i) stream.Resolve();
  REQUIRE(stream.hubspot.all_fails);
  CHECK(stream.sink.waiting.at(7).cause == hubmirror::PendingCause::kAbsent);

  stream.hubspot.on_request = nullptr;
  stream.hubspot.all_fails = false;
  stream.Pass(2min);
  stream.Resolve();
  CHECK(stream.sink.rows.at(7).archived);
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R13: a server that fails now and then tells nothing of a suspect either") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.Resolve();
  stream.hubspot.Archive(7);
  stream.Run(*stream.sweep);
  // Whoever is live is shown, and by the time the archived one is asked for it fails again.
  stream.hubspot.archived_batch_error = ApiError{.kind = ApiErrorKind::kTimeout};
  for (int i = 0; i < 40; ++i) {
    stream.Resolve();
    stream.Pass();
  }
  CHECK(stream.sink.waiting.at(7).cause == hubmirror::PendingCause::kAbsent);

  stream.hubspot.archived_batch_error.reset();
  stream.Pass(1min);
  stream.Resolve();
  CHECK(stream.sink.rows.at(7).archived);
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R13: an outage of an hour sets nobody aside when it ends with a single failure") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.context->RequestRefresh(hubmirror::RecordId{7});
  stream.hubspot.all_fails = true;
  for (int minute = 0; minute < 60; ++minute) {
    for (int i = 0; i < 5; ++i) stream.Resolve();
    stream.Pass(1min);
  }
  stream.hubspot.all_fails = false;
  stream.hubspot.unreadable = {7};
  for (int i = 0; i < 5; ++i) stream.Resolve();
  CHECK(stream.sink.set_aside.empty());

  stream.hubspot.unreadable.clear();
  stream.Pass(1min);
  stream.Resolve();
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R13: a suspect whose archived side fails for minutes, and nothing else, is unproved") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);
  stream.hubspot.archived_batch_error = ApiError{.kind = ApiErrorKind::kServer, .status = 500};
  for (int minute = 0; minute < 30; ++minute) {
    for (int i = 0; i < 5; ++i) stream.Resolve();
    stream.Pass(1min);
  }
  CHECK_FALSE(stream.sink.rows.at(7).gone);
  CHECK(stream.sink.waiting.at(7).cause == hubmirror::PendingCause::kUnproved);
  CHECK(stream.sink.set_aside.empty());
}

TEST_CASE("R13: that no archived record can be read by its id is found out once, not of each one") {
  StreamFixture stream;
  LoadRecords(stream, 200);
  stream.hubspot.archived_batch_error = ApiError{.kind = ApiErrorKind::kBadRequest, .status = 400};
  for (int64_t id = 20; id < 60; ++id) stream.hubspot.Erase(id);
  stream.Run(*stream.sweep);
  for (int i = 0; i < 60; ++i) stream.Resolve();
  CHECK(stream.facts().pending.unproved >= 40);
  CHECK(std::ranges::count(stream.hubspot.requests, "archived_batch",
                           &hubmirror::testing::FakeHubSpot::Request::what) <= 16);
}

TEST_CASE("R13: a list that shows nothing and promises more is not asked again and again") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);
  stream.Resolve();
  stream.Pass(11min);
  stream.hubspot.hollow_lists = true;
  const auto before = stream.hubspot.requests.size();
  stream.Resolve();
  CHECK(stream.hubspot.requests.size() - before <= 6);
  CHECK_FALSE(stream.sink.rows.at(7).gone);

  stream.hubspot.hollow_lists = false;
  stream.Pass(11min);
  stream.Resolve();
  CHECK(stream.sink.rows.at(7).gone);
}

TEST_CASE("R13: a list that cannot be asked says nothing against a record it showed") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.hubspot.say_not_found = false;
  stream.hubspot.left_out.insert(7);
  stream.context->RequestRefresh(hubmirror::RecordId{7});
  for (int tries = 0; tries < 3; ++tries) {
    // Its values are asked for when both batch reads and the page of ids have been answered.
    stream.hubspot.on_request = [&](const std::string& what) {
      if (what != "list" || stream.hubspot.requests.back().what != "list") return;
      stream.hubspot.errors = {{.kind = ApiErrorKind::kUnauthorized, .status = 401}};
    };
    ProveTwice(stream);
  }
  CHECK(stream.sink.set_aside.empty());
  CHECK(stream.sink.live(7));
  stream.hubspot.on_request = nullptr;
  for (int i = 0; i < 3; ++i) ProveTwice(stream);
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R13: one whom a list shows and nothing can read is set aside, not gone") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.hubspot.say_not_found = false;
  stream.hubspot.left_out.insert(7);
  stream.context->RequestRefresh(hubmirror::RecordId{7});
  stream.Resolve();
  stream.hubspot.unreadable.insert(7);
  for (int i = 0; i < 3; ++i) ProveTwice(stream);
  CHECK_FALSE(stream.sink.rows.at(7).gone);
  CHECK(stream.sink.set_aside.contains(7));
}

TEST_CASE("R13: a forbidden answer never counts as absence") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);

  for (int i = 0; i < 4; ++i) {
    stream.hubspot.errors = {{.kind = ApiErrorKind::kForbidden, .status = 403}};
    stream.Resolve();
    stream.Pass(11min);
  }
  stream.Resolve();

  CHECK_FALSE(stream.sink.rows.at(7).gone);
}

TEST_CASE("R13: more than 500 vanished records hold the stream until the operator agrees") {
  StreamFixture stream;
  LoadRecords(stream, 2000);
  for (int64_t id = 1; id <= 600; ++id) stream.hubspot.Erase(id);
  stream.Run(*stream.sweep);
  for (int i = 0; i < 4; ++i) {
    stream.Resolve();
    stream.Pass(11min);
  }
  const auto gone = [&stream] {
    return std::count_if(stream.sink.rows.begin(), stream.sink.rows.end(),
                         [](const auto& item) { return item.second.gone; });
  };
  CHECK(gone() == 0);
  CHECK_FALSE(stream.facts().suspicion(hubmirror::Brake::kMassGone).empty());

  stream.context->facts().Accept();
  for (int i = 0; i < 4; ++i) {
    stream.Resolve();
    stream.Pass(11min);
  }

  CHECK(gone() == 600);
  CHECK(stream.facts().suspicion(hubmirror::Brake::kMassGone).empty());
}

TEST_CASE("R13: a record that comes back before its second proof stays") {
  StreamFixture stream;
  LoadRecords(stream, 20);
  stream.hubspot.Erase(7);
  stream.Run(*stream.sweep);
  stream.Resolve();

  stream.hubspot.records.at(7).gone = false;
  stream.Pass(11min);
  stream.Resolve();

  CHECK(stream.sink.live(7));
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R13: when a fifth of the records lose one property's value nothing more is written") {
  StreamFixture stream;
  LoadRecords(stream, 3000);
  for (int64_t id = 1; id <= 3000; ++id) stream.hubspot.Put(id, {{"name", "changed"}});
  const int writes = stream.sink.writes;

  // Each commit of a sweep takes a value from 400 records.
  stream.sink.values_lost_per_write = {{"name", 400}};
  stream.Pass();
  stream.context->WantSweep("test");
  stream.Run(*stream.sweep);

  CHECK_FALSE(stream.facts().suspicion(hubmirror::Brake::kValuesLost).empty());
  CHECK_FALSE(stream.sweep->Next(stream.clock.Now()));
  CHECK_FALSE(stream.changes->Next(stream.clock.Now()));
  CHECK(stream.sink.writes <= writes + 2);

  stream.sink.values_lost_per_write.clear();
  stream.context->facts().Accept();
  stream.Run(*stream.sweep);
  CHECK(stream.sink.rows.at(3000).line.find("changed") != std::string::npos);
}
