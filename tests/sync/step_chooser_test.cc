// Which step comes next. That nothing starves is proved in tests/rules/r19_no_starvation_test.cc.

#include "sync/step_chooser.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Candidate = StepChooser::Candidate;

constexpr Instant kNow{1h};
constexpr Instant kWake = kNow + 1min;

Candidate Wants(size_t place, Priority priority, std::optional<Lane> lane = Lane::kBurst) {
  return {.place = place, .need = {.lane = lane, .priority = priority}};
}

std::optional<Instant> Free(const Candidate&) {
  return std::nullopt;
}

/// The places that so many steps go to.
std::string Places(StepChooser& chooser, const std::vector<Candidate>& candidates, int steps) {
  std::string places;
  for (int i = 0; i < steps; ++i) {
    places += std::to_string(std::get<Candidate>(chooser.Choose(candidates, Free, kWake)).place);
  }
  return places;
}

TEST_CASE("chooser: streams take turns at what is as important, and what is more so comes first") {
  StepChooser chooser(4);
  const std::vector<Candidate> as_important = {
      Wants(0, Priority::kChanges), Wants(1, Priority::kChanges), Wants(2, Priority::kChanges)};
  CHECK(Places(chooser, as_important, 7) == "0120120");

  const std::vector<Candidate> one_matters_more = {
      Wants(0, Priority::kSweep), Wants(1, Priority::kChanges), Wants(2, Priority::kFirstLoad)};
  CHECK(Places(chooser, one_matters_more, 3) == "111");
}

TEST_CASE("chooser: the portal's own tables have their turn after its streams") {
  StepChooser chooser(3);
  const std::vector<Candidate> candidates = {Wants(2, Priority::kLinks), Wants(0, Priority::kLinks),
                                             Wants(1, Priority::kLinks)};
  CHECK(Places(chooser, candidates, 4) == "0120");
}

TEST_CASE("chooser: what an operator wants comes before all else, in the usual order") {
  StepChooser chooser(4);
  std::vector<Candidate> candidates = {Wants(0, Priority::kChanges), Wants(1, Priority::kSweep),
                                       Wants(2, Priority::kArchived)};
  candidates[1].forced = candidates[2].forced = true;
  CHECK(chooser.InOrder(candidates).front().place == 2);
  CHECK(chooser.InOrder(candidates).back().place == 0);
}

TEST_CASE("chooser: when no slot is free it says when the first one may be") {
  StepChooser chooser(3);
  const auto busy = [](const Candidate& candidate) -> std::optional<Instant> {
    return kNow + (candidate.place == 0 ? 3s : 2s);
  };
  const auto later = chooser.Choose(
      {Wants(0, Priority::kChanges, Lane::kSearch), Wants(1, Priority::kSweep, Lane::kBurst)}, busy,
      kWake);
  CHECK(std::get<Instant>(later) == kNow + 2s);
  CHECK(std::get<Instant>(chooser.Choose({}, busy, kWake)) == kWake);
}

TEST_CASE("chooser: who needs two slots is not overtaken in its lane by who needs one") {
  StepChooser chooser(3);
  std::vector<Candidate> candidates = {Wants(0, Priority::kFirstLoad), Wants(1, Priority::kSweep),
                                       Wants(2, Priority::kSweep, Lane::kSearch)};
  candidates[0].need.cost = 2;
  std::vector<size_t> asked;
  const auto one_left = [&asked](const Candidate& candidate) -> std::optional<Instant> {
    asked.push_back(candidate.place);
    if (candidate.need.cost > 1) return kNow + 1s;
    return std::nullopt;
  };
  // Another lane is free for all that.
  CHECK(std::get<Candidate>(chooser.Choose(candidates, one_left, kWake)).place == 2);
  CHECK(asked == std::vector<size_t>{0, 2});
}

TEST_CASE("chooser: a step without a request takes no slot, and passes nobody by") {
  StepChooser chooser(2);
  std::vector<Candidate> candidates = {Wants(0, Priority::kOperator, std::nullopt),
                                       Wants(1, Priority::kSweep)};
  candidates[1].lateness = 3;
  const auto never = [](const Candidate&) -> std::optional<Instant> { return kNow + 1h; };
  for (int i = 0; i < 100; ++i) {
    CHECK(std::get<Candidate>(chooser.Choose(candidates, never, kWake)).place == 0);
  }
}

TEST_CASE("chooser: writing has its share of the slots while reading waits, and all of them else") {
  const std::vector<Candidate> both = {Wants(0, Priority::kWrite), Wants(1, Priority::kSweep)};
  StepChooser half(2);
  CHECK(Places(half, both, 8) == "01010101");
  StepChooser quarter(2, 0.25);
  CHECK(Places(quarter, both, 8) == "01110111");
  CHECK(Places(quarter, {Wants(0, Priority::kWrite)}, 3) == "000");
}

TEST_CASE("chooser: writing comes after what changed, and before links and walks") {
  StepChooser chooser(3);
  CHECK(Places(chooser, {Wants(0, Priority::kWrite), Wants(1, Priority::kChanges)}, 3) == "111");
  CHECK(Places(chooser, {Wants(0, Priority::kWrite), Wants(1, Priority::kLinks)}, 1) == "0");
}

TEST_CASE("chooser: a write of two slots counts for two") {
  std::vector<Candidate> both = {Wants(0, Priority::kWrite), Wants(1, Priority::kSweep)};
  both[0].need.cost = 2;
  StepChooser chooser(2);
  CHECK(Places(chooser, both, 6) == "011011");
}

TEST_CASE("chooser: a look into the outbox takes no slot and waits for none") {
  StepChooser chooser(2);
  const std::vector<Candidate> both = {Wants(0, Priority::kWrite, std::nullopt),
                                       Wants(1, Priority::kSweep)};
  CHECK(Places(chooser, both, 3) == "000");
}

}  // namespace
}  // namespace hubmirror
