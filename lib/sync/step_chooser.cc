#include "sync/step_chooser.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

namespace hubmirror {
namespace {

// Divisible by both shares, a tenth and a quarter.
constexpr int kWholeSlot = 40;

int CreditFor(double lateness) {
  if (lateness <= 1) return 0;
  return lateness > 2 ? kWholeSlot / 4 : kWholeSlot / 10;
}

bool Writes(const StepChooser::Candidate& candidate) {
  return candidate.need.priority == Priority::kWrite;
}

/// Whether a candidate waits for the slots that reading and writing share.
bool WaitsForSlot(const StepChooser::Candidate& candidate) {
  return candidate.need.lane == Lane::kBurst;
}

bool ReadingWaits(const std::vector<StepChooser::Candidate>& candidates) {
  return std::ranges::any_of(candidates, [](const StepChooser::Candidate& candidate) {
    return WaitsForSlot(candidate) && !Writes(candidate);
  });
}

}  // namespace

bool StepChooser::Owed(const Candidate& candidate) const {
  const auto credit = credit_.find({candidate.place, candidate.task});
  return credit != credit_.end() && credit->second >= kWholeSlot;
}

std::vector<StepChooser::Candidate> StepChooser::InOrder(std::vector<Candidate> candidates) const {
  // What is owed a slot comes before everything else. What an operator wants at once does too, and
  // is still done in the usual order.
  const bool writing_rests = written_ahead_ > 0 && ReadingWaits(candidates);
  const auto rank = [&](const Candidate& candidate) {
    const bool first = candidate.forced || Owed(candidate);
    const bool rests = writing_rests && Writes(candidate) && WaitsForSlot(candidate);
    return std::tuple(rests && !first, first ? Priority::kOperator : candidate.need.priority,
                      candidate.need.priority, (candidate.place + places_ - turn_) % places_);
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
  return candidates;
}

std::variant<StepChooser::Candidate, Instant> StepChooser::Choose(std::vector<Candidate> candidates,
                                                                  const TakeSlots& take_slots,
                                                                  Instant wake) {
  candidates = InOrder(std::move(candidates));
  std::set<Lane> full;
  for (const Candidate& candidate : candidates) {
    const std::optional<Lane> lane = candidate.need.lane;
    // Who needs two slots must not be overtaken for ever by those who need one.
    if (lane && full.contains(*lane)) continue;
    if (lane) {
      if (const auto later = take_slots(candidate)) {
        wake = std::min(wake, *later);
        full.insert(*lane);
        continue;
      }
      Serve(candidate, candidates);
    }
    turn_ = (candidate.place + 1) % places_;
    return candidate;
  }
  return wake;
}

void StepChooser::CountWrites(const Candidate& served, const std::vector<Candidate>& all) {
  if (!WaitsForSlot(served) || std::ranges::none_of(all, Writes) || !ReadingWaits(all)) return;
  const double share = Writes(served) ? 1 - write_share_ : -write_share_;
  // Nobody saves up for later.
  written_ahead_ = std::clamp(written_ahead_ + share * served.need.cost, -1.0, 2.0);
}

void StepChooser::Serve(const Candidate& served, const std::vector<Candidate>& all) {
  CountWrites(served, all);
  for (const Candidate& other : all) {
    if (!other.need.lane) continue;
    const TaskKey key{other.place, other.task};
    if (key == TaskKey{served.place, served.task}) {
      credit_.erase(key);
    } else if (const int credit = CreditFor(other.lateness); credit > 0) {
      credit_[key] += credit;
    }
  }
}

// A slot that anything else takes now is missing for a page a few seconds later, when all of a
// window's are taken. Nor are searches for changes of what is not loaded yet as urgent as those for
// places at which its readers can begin.
void PutLoadFirst(std::vector<StepChooser::Candidate>& candidates,
                  const std::set<size_t>& loading) {
  for (StepChooser::Candidate& candidate : candidates) {
    candidate.lateness = 0;
    Priority& priority = candidate.need.priority;
    if (priority == Priority::kFirstLoad) priority = Priority::kWholeLoad;
    const bool polls = candidate.need.lane == Lane::kSearch && priority == Priority::kChanges;
    if (polls && loading.contains(candidate.place)) priority = Priority::kResolve;
  }
  std::erase_if(candidates, [](const StepChooser::Candidate& candidate) {
    return candidate.need.lane == Lane::kBurst && !candidate.forced &&
           candidate.need.priority > Priority::kWholeLoad;
  });
}

}  // namespace hubmirror
