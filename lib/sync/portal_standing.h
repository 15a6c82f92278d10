#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "jobs/retry_policy.h"
#include "model/source/stream.h"

namespace hubmirror {

/// Which parts of a portal wait, until when and why: the whole portal while it is held, because it
/// could not be opened or its database or account failed; a stream while it is blocked by what one
/// of its jobs met, or paused by an operator. Also how long no slot has been free. It takes
/// verdicts and the time, returns instants and causes, and does nothing itself. Guarded by its
/// portal.
class PortalStanding {
 public:
  /// Why something waits, for people.
  struct Cause {
    StreamState state = StreamState::kFailing;
    std::string reason;  ///< fixed word
    std::string message;
  };

  explicit PortalStanding(size_t streams) : streams_(streams) {}

  /// Until when no step of the portal may begin; nullopt: one may.
  std::optional<Instant> Waits(Instant now) const;
  /// The same of one stream; Instant::max(): until an operator resumes it.
  std::optional<Instant> StreamWaits(size_t stream, Instant now) const;
  /// What holds the portal.
  const std::optional<Cause>& hold() const { return hold_; }
  /// How often in a row it was found closed.
  const FailureCount& holds() const { return holds_; }
  /// What a stream waits for, or what stopped it although it may try again now.
  std::optional<Cause> CauseOf(size_t stream) const;

  enum class Held {
    kAlready,   ///< a step that was under way fails for the same cause as the first one
    kStill,     ///< tried again without success
    kForReason  ///< for one that is new
  };
  Held Hold(const Verdict& verdict, std::string message, Instant now);
  /// The portal is open. Returns what has held it.
  std::optional<Cause> Open();

  /// `task` met something that stops the whole stream.
  void Block(size_t stream, size_t task, const Verdict& verdict, std::string message, Instant now);
  /// A step of `task` ended well: what stopped it is over, and the others need not wait.
  void Unblock(size_t stream, size_t task, Instant now);
  /// A job with nothing left to ask for is no longer stopped; what others wait for remains.
  void HasNothingToDo(size_t stream, size_t task) { streams_[stream].blocks.erase(task); }
  enum class Said {
    kNow,    ///< by an operator
    kBefore  ///< when the state was stored: it counts until an operator says something
  };
  void Pause(size_t stream, bool paused, Said said = Said::kNow) {
    std::optional<bool>& told = streams_[stream].paused;
    if (said == Said::kNow || !told) told = paused;
  }
  /// Someone wants to know now whether that still holds.
  void TryPortalNow(Instant now) { held_until_ = now; }
  void TryStreamNow(size_t stream, Instant now) { streams_[stream].blocked_until = now; }

  /// A step found no slot.
  void Throttled(Instant now);
  /// A step found a slot. Returns for how long none had found one, if so.
  std::optional<Duration> Served(Instant now);

 private:
  struct Stream {
    std::optional<bool> paused;  ///< nullopt: nobody has said
    /// By the task that met it: only a success of that task shows that it is over.
    std::map<size_t, Cause> blocks;
    Instant blocked_until{};
  };

  std::vector<Stream> streams_;
  std::optional<Cause> hold_;
  Instant held_until_{};
  FailureCount holds_;
  std::optional<Instant> throttled_since_;
};

}  // namespace hubmirror
