#pragma once

#include <initializer_list>

#include "budget/rate_governor.h"
#include "jobs/priority.h"
#include "model/portal/controls.h"
#include "model/source/stream.h"

namespace hubmirror {

/// A set of operations. Immutable.
class OperationSet {
 public:
  constexpr OperationSet(std::initializer_list<OperationKind> kinds = {}) {
    for (const OperationKind kind : kinds) bits_ |= Bit(kind);
  }
  constexpr bool contains(OperationKind kind) const { return (bits_ & Bit(kind)) != 0; }

 private:
  static constexpr unsigned Bit(OperationKind kind) { return 1U << static_cast<unsigned>(kind); }
  unsigned bits_ = 0;
};

/// What decides how often a job runs, besides what the operator asked for.
enum class PeriodRule {
  kAsPlanned,
  kSearch,           ///< rarer while nothing changes
  kAffordable,       ///< a cycle costs at most a tenth of our day, where our day is known
  kAffordableOnAny,  ///< the same; where ours is not known, of the smallest day there is
  kArchivedList,     ///< affordable, and rare where HubSpot has no archived list of the type
  kLiveList,         ///< what search or the archived list cannot tell is found here, in their time
};

/// What holds for every job of one kind. The schedule, the operations and the status all consult
/// this one table, so none of them has to name jobs. Immutable.
struct JobTraits {
  JobKind kind;
  Pace pace = Pace::kAtOnce;  ///< of its requests
  PeriodRule period = PeriodRule::kAsPlanned;
  /// It opens the portal and keeps it open: all others wait for it, and its failure stops them.
  bool opens_portal = false;
  /// Finds out which custom types exist; a restart forgets them.
  bool finds_types = false;
  /// Reads everything: after a restart it is due once its period is over, not at once.
  bool reads_everything = false;
  /// Checks what a load has written: not due until one period after the load.
  bool proves_load = false;
  /// Writes values, and stops when too many of them were lost (rule R13).
  bool writes_values = true;
  /// The state of this job is the state of the stream.
  bool speaks_for_stream = false;
  /// These make it run at once, at top priority.
  OperationSet forced_by = {};
  /// A cycle that an operation wants begins afresh: one under way, or what is stored of one, may
  /// have passed what has changed since. Not so a first load.
  bool afresh_when_forced = false;
  /// These do not end before a cycle of it that is under way.
  OperationSet awaited_by = {};
};

const JobTraits& TraitsOf(JobKind kind);

}  // namespace hubmirror
