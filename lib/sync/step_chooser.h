#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "jobs/job.h"

namespace hubmirror {

/// Chooses a portal's next step (rule R19): the most important first, streams in turn where two are
/// as important, and a guaranteed share of the slots for whatever is later than its period: a tenth
/// of those that others get while it waits, and a quarter once two periods have passed. Writing to
/// HubSpot gets no more than its share of the slots while reading waits. Reads no clock and takes
/// no slot. Guarded by its portal.
class StepChooser {
 public:
  /// Places take turns: streams, and after them what the portal keeps beside its streams.
  explicit StepChooser(size_t places, double write_share = 0.5)
      : places_(places), write_share_(write_share) {}

  /// A step that could be made now, if there is a slot.
  struct Candidate {
    size_t place = 0;
    size_t task = 0;  ///< within its place
    StepNeed need;
    Pace pace = Pace::kAtOnce;
    bool forced = false;  ///< an operator wants it at once
    double lateness = 0;  ///< in periods since the last cycle began
  };
  /// Takes the slots of a step, or says when to ask again.
  using TakeSlots = std::function<std::optional<Instant>(const Candidate&)>;

  /// The first step, in order, whose slots are free; it counts as served, and the others that wait
  /// for slots as passed by. Without one: when to ask again, `wake` at the latest.
  std::variant<Candidate, Instant> Choose(std::vector<Candidate> candidates,
                                          const TakeSlots& take_slots, Instant wake);

  /// The order in which they are served.
  std::vector<Candidate> InOrder(std::vector<Candidate> candidates) const;

 private:
  using TaskKey = std::pair<size_t, size_t>;  ///< place and task

  bool Owed(const Candidate& candidate) const;
  void Serve(const Candidate& served, const std::vector<Candidate>& all);
  void CountWrites(const Candidate& served, const std::vector<Candidate>& all);

  const size_t places_;
  const double write_share_;
  double written_ahead_ = 0;  ///< slots that writing has had beyond its share while reading waited
  size_t turn_ = 0;
  std::map<TaskKey, int> credit_;  ///< in fortieths of a slot
};

/// Puts the first load of a whole portal before everything else that takes the slots of its pages.
/// `loading`: the places of its streams that are not loaded yet.
void PutLoadFirst(std::vector<StepChooser::Candidate>& candidates, const std::set<size_t>& loading);

}  // namespace hubmirror
