#include "jobs/shared_facts.h"

#include <doctest/doctest.h>

// What the jobs of one stream tell each other.

using namespace std::chrono_literals;
using hubmirror::ApiError;
using hubmirror::ApiErrorKind;
using hubmirror::Brake;
using hubmirror::Commit;
using hubmirror::CommitOutcome;
using hubmirror::EndedWalk;
using hubmirror::Instant;
using hubmirror::JobKind;
using hubmirror::SearchAnswer;
using hubmirror::SearchSupport;
using hubmirror::SharedFacts;
using hubmirror::StoredStream;
using hubmirror::StreamFacts;
using hubmirror::TimePoint;
using hubmirror::WantedWalks;

namespace {

const Instant kLoaded = Instant{} + 24h;

StoredStream Swept(int64_t rows) {
  StoredStream stored;
  stored.rows = rows;
  stored.progress[JobKind::kSweep] = {.last_complete_at = TimePoint(1h)};
  return stored;
}

}  // namespace

TEST_CASE(
    "facts: a stream is quiet since a commit last changed a record, whatever it wrote since") {
  SharedFacts facts({"acme", "contacts"});
  facts.Load(Swept(10), kLoaded);
  CHECK(facts.Now().changed_at == kLoaded);

  facts.TakeIn({}, CommitOutcome{.unchanged = 100, .outrun = 1, .suspects = 1}, kLoaded + 1h);
  CHECK(facts.Now().changed_at == kLoaded);

  for (const CommitOutcome& change :
       {CommitOutcome{.inserted = 1}, CommitOutcome{.updated = 1}, CommitOutcome{.archived = 1},
        CommitOutcome{.restored = 1}, CommitOutcome{.merged = 1}, CommitOutcome{.erased = 1},
        CommitOutcome{.purged = 1}}) {
    facts.Load(Swept(10), kLoaded);
    facts.TakeIn({}, change, kLoaded + 1h);
    CHECK(facts.Now().changed_at == kLoaded + 1h);
  }
}

TEST_CASE("A walk of a list is wanted until one that began afterwards has ended") {
  WantedWalks walks;
  CHECK_FALSE(walks.stand());
  ++walks.wanted;
  walks.Ended(0);  // one that was under way
  CHECK(walks.stand());
  const int64_t before = walks.wanted;
  ++walks.wanted;
  walks.Ended(before);
  CHECK(walks.stand());
  walks.Ended(walks.wanted);
  CHECK_FALSE(walks.stand());
}

TEST_CASE("Wishes that nobody stored and wishes that nobody here knows stand together") {
  WantedWalks here{.wanted = 2, .served = 1};
  here.Join({.wanted = 7, .served = 7});
  CHECK(here.stand());
  CHECK(here.wanted == 8);  // neither walk that serves 7 nor one that serves 2 will do
  WantedWalks started;
  started.Join({.wanted = 7, .served = 6});
  CHECK(started == WantedWalks{.wanted = 7, .served = 6});
}

TEST_CASE("Search is given up after three refusals in a row, and tried again a day later") {
  const ApiError refusal{.kind = ApiErrorKind::kBadRequest, .status = 400};
  const Instant now{100h};
  SearchSupport search;
  search.Note(refusal, now);
  search.Note(refusal, now);
  search.Note(SearchAnswer{}, now);
  CHECK_FALSE(search.Note(refusal, now));
  CHECK_FALSE(search.Note(refusal, now));
  CHECK(search.known(now));
  CHECK(search.Note(refusal, now));
  CHECK_FALSE(search.Note(refusal, now));
  CHECK_FALSE(search.known(now + 23h));
  CHECK(search.known(now + 24h));
}

TEST_CASE("What was read of the facts stays as it was while others are told") {
  SharedFacts facts({"acme", "companies"});
  facts.Load(Swept(10), kLoaded);
  const StreamFacts before = facts.Now();
  const int64_t told = facts.Tell([](StreamFacts& now) {
    now.CountedRows(12);
    now.quarantined = 2;
    return now.rows;
  });
  CHECK(told == 12);
  CHECK(before.rows == 10);
  CHECK(before.loaded());
  CHECK(facts.Now().quarantined == 2);
}

TEST_CASE("A commit is counted, and noted for those who follow up on it") {
  SharedFacts facts({"acme", "companies"});
  facts.Load(Swept(10), kLoaded);
  facts.Tell([](StreamFacts& now) {
    now.pending_noted = now.links_due = false;
    now.links_followed = true;
  });
  Commit commit;
  facts.PutInto(commit, {});
  CHECK(commit.links_due);
  // Losers of merges and records that were archived anyway were never live here.
  facts.TakeIn(commit,
               CommitOutcome{.inserted = 5,
                             .archived = 1,
                             .merged = 40,
                             .erased = 2,
                             .suspects = 1,
                             .quarantined = 3,
                             .live_change = 3},
               kLoaded);
  const StreamFacts now = facts.Now();
  CHECK(now.rows == 13);
  CHECK(now.quarantined == 3);
  CHECK(now.pending_noted);
  CHECK(now.erased_noted);
  CHECK(now.links_due);
}

TEST_CASE("A stream that is not loaded notes no links") {
  SharedFacts facts({"acme", "companies"});
  facts.Tell([](StreamFacts& now) { now.links_followed = true; });
  Commit commit;
  facts.PutInto(commit, {});
  CHECK_FALSE(commit.links_due);
}

TEST_CASE("What came about while a commit was under way goes with the next one") {
  SharedFacts facts({"acme", "companies"});
  const auto want = [](StreamFacts& now) { now.debts.WantSweep(true, {}, "a test"); };
  facts.Tell(want);
  Commit first;
  facts.PutInto(first, EndedWalk{.serves = 1});
  REQUIRE(first.debts);
  facts.Tell(want);
  facts.TakeIn(first, {}, kLoaded);
  CHECK(facts.Now().debts.sweeps.served == 1);
  CHECK(facts.Now().sweep_wanted());
  Commit second;
  facts.PutInto(second, {});
  REQUIRE(second.debts);
  facts.TakeIn(second, {}, kLoaded);
  Commit third;
  facts.PutInto(third, {});
  CHECK_FALSE(third.debts);
}

TEST_CASE("Lost values are counted over commits until a whole sweep has passed without the brake") {
  SharedFacts facts({"acme", "companies"});
  facts.Load(Swept(1000), kLoaded);
  const CommitOutcome loses{.values_lost = {{"name", 300}}};
  facts.TakeIn({}, loses, kLoaded);
  Commit sweep;
  facts.PutInto(sweep, EndedWalk{});
  CHECK(sweep.forget_lost_values);
  facts.TakeIn(sweep, loses, kLoaded);
  CHECK(facts.Now().suspicion(Brake::kValuesLost).empty());
  facts.TakeIn({}, loses, kLoaded);
  CHECK(facts.Now().suspicion(Brake::kValuesLost).find("property name") != std::string::npos);
  Commit braked;
  facts.PutInto(braked, EndedWalk{});
  CHECK_FALSE(braked.forget_lost_values);

  facts.Accept();
  CHECK(facts.Now().suspicion(Brake::kValuesLost).empty());
  CHECK(facts.Now().accepted);
  Commit next;
  facts.PutInto(next, {});
  CHECK(next.forget_lost_values);
}

TEST_CASE("A broken promise is said once an hour and shown for an hour") {
  SharedFacts facts({"acme", "companies"});
  const Instant now{100h};
  CHECK(facts.Distrust("order", "out of order", now));
  CHECK_FALSE(facts.Distrust("order", "out of order", now + 1min));
  CHECK(facts.Distrust("limit", "too many", now + 2min));
  CHECK(facts.Now().distrust(now + 3min) == "too many");
  CHECK(facts.Now().distrust(now + 63min).empty());
}
