#pragma once

#include <functional>
#include <string>

#include "simulation/simulation.h"

namespace hubmirror::simulation {

/// Told of each smaller story that still fails.
using ShrinkNews = std::function<void(const std::string&)>;

/// Plays a story.
using ShrinkRun = std::function<Outcome(const Story&)>;

/// The smallest story found that still fails as `story` does: events left out, then everything that
/// is by chance made plain. Returns `story` itself if it does not fail.
Story Shrink(Story story, const ShrinkNews& news, const ShrinkRun& run);

}  // namespace hubmirror::simulation
