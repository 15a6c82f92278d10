#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace hubmirror {

/// The jobs: those that feed a stream, then those of a portal as a whole.
enum class JobKind {
  kCatalog,
  kChanges,
  kSweep,
  kArchived,
  kResolve,
  kFill,
  kLinks,
  kRelink,
  kHistory,
  kLists,
  kVerify,
  kOpening,    ///< opens the portal and keeps it
  kDirectory,  ///< owners, teams, users and types
  kFeed,       ///< keeps the change feed in shape
  kWrite,      ///< of a stream as well: carries rows of the outbox to HubSpot
};
inline constexpr int kJobKinds = 15;
inline constexpr int kStreamJobKinds = 11;

/// `catalog`, `changes`, `sweep`, `archived`, `resolve`, `fill`, `links`, `relink`, `history`,
/// `lists`, `verify`: as stored and as shown. kOpening and kDirectory are shown as `catalog`, too;
/// nothing is stored of kFeed, `feed`, and kWrite, `write`.
std::string_view NameOf(JobKind job);
/// Of those that are stored.
std::optional<JobKind> JobNamed(std::string_view name);

enum class StreamState {
  kBackfilling,
  kCurrent,
  kLate,        ///< older than its freshness target
  kPaused,      ///< by the operator
  kBlocked,     ///< a person must act: auth, portal_id, scope, secret, database_privilege
  kSuspicious,  ///< too many records would be marked gone: `resolve --accept`
  kFailing,     ///< retried: api, database, bug
  kPassive,     ///< another daemon owns the portal
};
inline constexpr int kStreamStates = 8;

std::string_view NameOf(StreamState state);

/// What is stored of one job of one stream, in `_stream_state`.
struct JobProgress {
  std::string cursor;                         ///< JSON, the job's own; empty: none yet
  std::optional<TimePoint> watermark;         ///< of changes; the column watermark
  std::optional<TimePoint> last_complete_at;  ///< by HubSpot's clock
  int64_t rows_done = 0;
  int64_t rows_expected = 0;
};

/// What is known of one job, for people.
struct JobStatus {
  std::optional<TimePoint> last_complete_at;
  std::optional<TimePoint> next_at;
  std::string last_error;
  std::optional<TimePoint> last_error_at;
  std::optional<std::chrono::seconds> target;  ///< how often it is promised
};

/// What is known of one stream, for people.
struct StreamStatus {
  StreamState state = StreamState::kBackfilling;
  std::string reason;   ///< fixed word: auth, scope, portal_id, secret, database, api, ...
  std::string message;  ///< cause and next step in words
  std::optional<TimePoint> watermark;  ///< HubSpot's `Date` of the last drained poll
  std::optional<int64_t> rows;         ///< live rows; absent while nobody has asked the database
  int64_t pending = 0;
  /// HubSpot shows them nowhere, and nothing shows that it would show archived ones: left out of
  /// the views of live records, neither erased nor purged.
  int64_t unproved = 0;
  int64_t quarantined = 0;
  bool load_running = false;
  int64_t load_done = 0;
  int64_t load_expected = 0;
  std::optional<std::chrono::seconds> load_eta;
  std::chrono::seconds freshness_target{0};
  std::map<JobKind, JobStatus> jobs;
};

}  // namespace hubmirror
