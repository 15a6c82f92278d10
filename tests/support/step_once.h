#pragma once

#include "jobs/job.h"

namespace hubmirror {

/// One step with the slots that it needs, as a schedule with nothing else to do would make it.
inline StepOutcome StepOnce(Job& job, Instant now) {
  const auto need = job.Next(now);
  return need ? job.Step(now, *need) : StepOutcome::Unused();
}

}  // namespace hubmirror
