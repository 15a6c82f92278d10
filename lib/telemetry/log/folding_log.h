#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "telemetry/log/log_tally.h"

namespace hubmirror {

/// Stands before the log proper: drops what is below the level, and lets one line a minute pass per
/// event, portal and object. Of those that repeat it within the minute the newest is kept and
/// passed on at its end, with their number in the field REPEATED, so that the last word is never
/// lost. A line that is worse than what was passed on passes at once. Debug lines are not folded:
/// who asks for them wants each. Thread-safe.
///
/// Events and field names are kept by reference: they must be literals.
class FoldingLog final : public Logger {
 public:
  /// All three must outlive it.
  FoldingLog(Logger& output, LogTally& tally, const Clock& clock, LogLevel level);
  /// Passes on everything that is held.
  ~FoldingLog() override;

  void Write(const LogLine& line) override;
  /// Passes on what is held and whose minute is over. Every Write does, too; call this from time
  /// to time so that the last word does not wait for the next line.
  void Flush();
  void set_level(LogLevel level) { level_.store(level); }

 private:
  using Key = std::string;
  /// One minute of one kind of line.
  struct Fold {
    Instant ends_at;
    LogLine newest;
    int repeated = 0;
    LogLevel worst = LogLevel::kDebug;  ///< of the lines that were passed on
  };

  void CloseMinutes(Instant now) REQUIRES(mutex_);
  void PassOn(const LogLine& line) REQUIRES(mutex_);

  Logger& output_;
  LogTally& tally_;
  const Clock& clock_;
  std::atomic<LogLevel> level_;
  Mutex mutex_;
  std::map<Key, Fold> folds_ GUARDED_BY(mutex_);
  std::deque<Key> by_end_ GUARDED_BY(mutex_);  ///< keys of folds_, the first to end in front
};

}  // namespace hubmirror
