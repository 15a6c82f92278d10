#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "model/portal/portal_plan.h"
#include "simulation/hubspot.h"

namespace hubmirror::simulation {

enum class EventKind {
  kChange,        ///< people change `count` things in their portal
  kImport,        ///< `count` records change on one millisecond
  kProperty,      ///< a definition changes
  kApiFault,      ///< the next `count` answers that `what` names are spoiled
  kCommitFault,   ///< something happens to the next `count` commits
  kDatabaseAway,  ///< for `lasts`
  kSnapshot,      ///< a standby has seen no more than what is committed by now
  kRewind,        ///< the database goes back to what the standby has
  kKill,          ///< after `count` turns of its workers the daemon is gone for `lasts`
  kReload,        ///< it begins anew after the steps under way
  kWallJump,      ///< the host's wall clock is wrong by `lasts`
  kPortalJump,    ///< the `Date` of HubSpot's answers is wrong by `lasts`, `count` times
  kOperator,      ///< somebody wants something by hand
  kTableUser,     ///< somebody drops a column or a table of ours, or locks one for `lasts`
  // Where the portal may be written to:
  kRows,      ///< an application puts `count` rows into the outbox
  kRivals,    ///< people change `count` of the values that rows are about
  kDecide,    ///< a person cancels, tries again, or says what became of rows
  kTakeOver,  ///< as kKill, and another daemon goes on
};
std::string_view NameOf(EventKind kind);

/// Something that happens from outside. What it draws it draws from its own seed, so that leaving
/// out another event changes nothing about it.
struct Event {
  std::chrono::milliseconds at{0};  ///< from the beginning
  EventKind kind = EventKind::kChange;
  uint64_t seed = 0;
  std::chrono::milliseconds lasts{0};
  int64_t count = 1;
  std::string what = {};  ///< JSON for the portal, or a word
};
std::string InWords(const Event& event);

/// What a run begins with, and goes on under.
struct Setup {
  uint64_t seed = 1;
  std::chrono::hours hours{24};
  std::vector<std::string> objects = {"contacts"};
  size_t records = 60;
  size_t properties = 20;
  size_t workers = 3;
  Latency latency;
  std::chrono::milliseconds slowest_commit{80};
  simulated_portal::IndexDelay index;
  StreamPlan plan;  ///< of every object
  WritePlan write;  ///< what may be written of each, see WritingOf
  std::chrono::milliseconds tick{5000};
  /// An idle worker looks again this late, if nothing wakes it.
  std::chrono::milliseconds laziness{1000};
  /// So long after the last event everything promised must have come true.
  std::chrono::milliseconds quiet{0};
};

struct Story {
  Setup setup;
  std::vector<Event> events;  ///< by time
};

/// Everything that happens under a seed.
Story MakeStory(uint64_t seed, std::chrono::hours hours);

/// A story in which applications write to the portal, too, for seeds that a store in PostgreSQL
/// plays: half of them.
bool AlsoWrites(uint64_t seed);
void LetWrite(Story& story);
/// What may be written of an object, if anything may.
ObjectWritePlan WritingOf(const std::string& object, const Setup& setup);

}  // namespace hubmirror::simulation
