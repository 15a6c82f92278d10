#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "base/exit_codes.h"
#include "base/ids.h"
#include "model/store/verify.h"

namespace hubmirror {

/// How an operator's request ended, which is also the exit code of the command line.
enum class ControlCode : int {
  kOk = kExitOk,
  kProblem = kExitProblem,          ///< done, but a stream is blocked or suspicious
  kUnknownTarget = kExitUsage,      ///< no such portal, object or record id
  kUnavailable = kExitUnavailable,  ///< the database or HubSpot cannot be reached
  kTryLater = kExitTryLater,        ///< busy, shutting down, or not finished in time
  kConfiguration =
      kExitConfiguration,  ///< the new configuration was refused; the old one still runs
};

/// The answer to an operator: lowercase words without a full stop. If something is wrong, the
/// message names it and `next` says what to do about it.
struct ControlResult {
  ControlCode code = ControlCode::kOk;
  std::string message;
  std::string next;

  bool ok() const { return code == ControlCode::kOk; }
};

/// What a request is about: one record, one stream, or all streams of a portal if `object` is
/// absent.
struct ControlTarget {
  PortalKey portal;
  std::optional<std::string> object = {};  ///< HubSpot's path name (`contacts`)
  std::optional<RecordId> id = {};         ///< refresh only
};

/// One stream that cannot go on until a person acts. A failing one is retried, and listed only
/// where somebody wants an answer now (kPoll, kRefresh) and the whole portal has just failed to
/// give one.
struct TroubledStream {
  StreamKey stream;
  std::string state;   ///< blocked, suspicious, paused, passive; failing
  std::string reason;  ///< fixed word, as in the stream's status
  std::string message;
};

/// What an operator can start and follow to its end.
enum class OperationKind {
  kPoll,         ///< a look for changes that begins now
  kBackfill,     ///< a walk over the whole list, at backfill priority
  kResolve,      ///< what became of the records in `_pending`
  kRefresh,      ///< one record is read again
  kSettle,       ///< every job once at top priority, then resolve until nothing is pending
  kVerify,       ///< a comparison with the portal, on spare budget
  kApplySchema,  ///< a look at the property definitions, and the table brought in step with them
};

/// What HubSpot shows of a record that was read again.
enum class FoundRecord { kLive, kArchived, kMerged, kNowhere };

/// How far an operation has come. Troubled streams are left out of the counts and of `done`: once
/// the others have ended, the operation ends and names the troubled ones.
struct OperationProgress {
  bool done = false;      ///< every job that can run did so once, and nothing is pending
  int64_t jobs_left = 0;  ///< jobs (of a comparison or a backfill: streams) that have not ended
  int64_t pending = 0;    ///< kSettle: records in `_pending`
  std::vector<TroubledStream> troubled;
  int64_t checked = 0;   ///< kVerify: records so far; kBackfill: records walked over
  int64_t expected = 0;  ///< kVerify, kBackfill: of so many; 0: not known
  std::optional<FoundRecord> found = {};         ///< kRefresh, when it was read
  std::map<std::string, VerifyReport> verified;  ///< by object, when they have ended
  /// kApplySchema: what cannot be changed and why, `contacts.score: view reports.scores`.
  std::vector<std::string> blocked;
};

/// An operation that was started. `code` other than kOk: it was not, see `message`.
struct OperationStart {
  ControlResult result;
  uint64_t ticket = 0;
  /// How long it may reasonably take: for a settle twice `confirm_after` of the slowest stream and
  /// 120 s.
  std::chrono::milliseconds patience{0};
};

/// What one stream's share of an operation would ask of HubSpot.
struct OperationCost {
  struct Part {
    std::string object;  ///< empty: the portal as a whole
    std::string what;    ///< `list pages of 100`
    int64_t requests = 0;
  };
  std::vector<Part> parts;
  std::optional<int64_t> daily_share;  ///< requests a day we may make
  int64_t requests_today = 0;
  std::chrono::seconds at_least{0};  ///< at the rate that HubSpot allows

  int64_t requests() const {
    return std::accumulate(parts.begin(), parts.end(), int64_t{0},
                           [](int64_t sum, const Part& part) { return sum + part.requests; });
  }
};

/// What an operator can ask of the running synchronisation. Every call notes the request and
/// returns at once; nothing here waits for HubSpot or PostgreSQL. Thread-safe.
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
  /// Starts a sweep from the beginning, at the priority of a first load. One that is already
  /// running continues instead.
  virtual ControlResult Backfill(const ControlTarget& target) = 0;
  /// Makes resolve due now. `accept` also releases a stream held as `suspicious`: an operator has
  /// checked that the records really are gone.
  virtual ControlResult Resolve(const ControlTarget& target, bool accept) = 0;
  /// Reads one record again from HubSpot, whatever its stamp.
  virtual ControlResult Refresh(const StreamKey& stream, RecordId id) = 0;

  /// Starts an operation; `repair` is for kVerify: what differs is repaired. kRefresh needs a
  /// record as its target, the others a stream or a portal.
  virtual OperationStart StartOperation(OperationKind kind, const ControlTarget& target,
                                        bool repair) = 0;
  /// An unknown ticket is `done`.
  virtual OperationProgress ProgressOf(uint64_t ticket) = 0;
  /// Returns the ticket, even before the end; the jobs then return to their usual pace.
  virtual void EndOperation(uint64_t ticket) = 0;
  /// What an operation would cost, from what is known now; nothing is asked of HubSpot.
  virtual ControlResult CostOf(OperationKind kind, const ControlTarget& target,
                               OperationCost& cost) const = 0;
};

}  // namespace hubmirror
