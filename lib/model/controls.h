#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "model/verify.h"

namespace hubmirror {

/// How an operator's wish ended. The numbers are the exit codes of the command line (sysexits.h).
enum class ControlCode : int {
  kOk = 0,
  kProblem = 1,         ///< done, but a stream is blocked or suspicious
  kUnknownTarget = 64,  ///< no such portal, object or record id
  kUnavailable = 69,    ///< the database or HubSpot is away
  kTryLater = 75,       ///< busy, shutting down, or not finished in time
  kConfiguration = 78,  ///< the new configuration was refused; the old one still runs
};

/// The answer to an operator: lowercase words without a full stop; where something is wrong, the
/// message names it and `next` says what to do about it.
struct ControlResult {
  ControlCode code = ControlCode::kOk;
  std::string message;
  std::string next;

  bool ok() const { return code == ControlCode::kOk; }
};

/// What a wish is about: one stream, or all streams of a portal when `object` is absent.
struct ControlTarget {
  PortalKey portal;
  std::optional<std::string> object;  ///< HubSpot's path name (`contacts`)
};

/// One stream that cannot settle until a person acts. A failing stream is retried and not listed.
struct TroubledStream {
  StreamKey stream;
  std::string state;   ///< blocked, suspicious, paused or passive
  std::string reason;  ///< fixed word, as in the stream's status
  std::string message;
};

/// How far a settle or a comparison has come. Troubled streams are left out of the counts and of
/// `done`: the others settle, then the settle ends naming the troubled ones.
struct SettleProgress {
  bool done = false;      ///< every job that can run did so once, and nothing is pending
  int64_t jobs_left = 0;  ///< jobs that have not finished their one run
  int64_t pending = 0;    ///< records in `_pending` of the streams settled
  std::vector<TroubledStream> troubled;
  int64_t checked = 0;                           ///< of a comparison: records so far
  std::map<std::string, VerifyReport> verified;  ///< by object, when they have ended
};

/// A settle (or a comparison) that was started. `code` other than kOk: it was not, see `message`.
struct SettleStart {
  ControlResult result;
  uint64_t ticket = 0;
  /// How long it may reasonably take: twice `confirm_after` of the slowest stream and 120 s.
  std::chrono::milliseconds patience{0};
};

/// What an operator can ask of the running synchronisation. Every call notes the wish and returns
/// at once; nothing here waits for HubSpot or PostgreSQL. Thread-safe.
///
/// An unknown portal or object is kUnknownTarget with the known names in the message.
class Controls {
 public:
  virtual ~Controls() = default;

  /// Makes the changes job due now.
  virtual ControlResult Poll(const ControlTarget& target) = 0;
  /// No step starts until Resume; the state is `paused`. Asking twice is fine.
  virtual ControlResult Pause(const ControlTarget& target) = 0;
  virtual ControlResult Resume(const ControlTarget& target) = 0;
  /// Starts a sweep from the beginning at backfill priority. A running one goes on instead.
  virtual ControlResult Backfill(const ControlTarget& target) = 0;
  /// Makes resolve due now. `accept` also releases a stream held as `suspicious`: an operator has
  /// looked and the records really are gone.
  virtual ControlResult Resolve(const ControlTarget& target, bool accept) = 0;
  /// Reads one record again from HubSpot, whatever its stamp.
  virtual ControlResult Refresh(const StreamKey& stream, RecordId id) = 0;

  /// Runs every job of the target once at top priority, then resolve until nothing is pending.
  virtual SettleStart StartSettle(const ControlTarget& target) = 0;
  /// Compares the target with the portal, on spare budget. The ticket is as that of a settle; its
  /// jobs are comparisons, and its patience is a day.
  virtual SettleStart StartVerify(const ControlTarget& target, bool repair) = 0;
  /// An unknown ticket is `done`.
  virtual SettleProgress ProgressOf(uint64_t ticket) = 0;
  /// Gives the ticket back, also before the end; the jobs then keep their usual pace.
  virtual void EndSettle(uint64_t ticket) = 0;
};

}  // namespace hubmirror
