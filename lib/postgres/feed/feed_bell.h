#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "postgres/session/connection.h"

namespace hubmirror {

/// When who is to be told of new entries: at once, but at most ten times a second and portal, and
/// then of the last one. Owned by one thread.
class BellPace {
 public:
  struct Hint {
    std::string schema;
    int64_t last = 0;
    friend bool operator==(const Hint&, const Hint&) = default;
  };

  void Note(const std::string& schema, int64_t last) { waiting_[schema] = last; }
  /// What is due, once.
  std::vector<Hint> Take(Instant now);
  /// These could not be told: they wait again, where nothing newer does.
  void Return(const std::vector<Hint>& hints);
  /// When something is due; nullopt: nobody waits to be told.
  std::optional<Instant> due_at() const;

 private:
  Instant DueAt(const std::string& schema) const;

  std::map<std::string, int64_t> waiting_;
  std::map<std::string, Instant> told_;
};

/// Tells whoever listens on `hubmirror_changes` that the change feed of a schema has new entries
/// (rule F7), or on another channel of the like. It is a hint: who listens may lose it, and
/// consumers also look for themselves. It is sent by a session of its own and not by the
/// transactions that write: NOTIFY takes one lock for the whole server at commit, and a full queue
/// would fail the commit. While there is no session, hints wait for the next one. Thread-safe.
class FeedBell {
 public:
  /// Connects with the first hint. `clock` and `log` must outlive it.
  FeedBell(Connection::Target target, const Clock& clock, Logger& log,
           std::string channel = "hubmirror_changes")
      : target_(std::move(target)), channel_(std::move(channel)), clock_(clock), log_(log) {}

  /// The entries up to `last`, or the row of this number, are committed. Returns at once.
  void Ring(const std::string& schema, int64_t last);

 private:
  void Run(const std::stop_token& stop);
  /// Waits for hints and tells them. How long to wait now, where that failed.
  Duration Round(const std::stop_token& stop);
  /// What is due; waits for it a while if nothing is.
  std::vector<BellPace::Hint> Due(const std::stop_token& stop);
  void Send(const std::vector<BellPace::Hint>& hints);
  /// Keeps what was not told; false: a new session would not help, not at once.
  bool MendSession(const std::vector<BellPace::Hint>& hints);

  const Connection::Target target_;
  const std::string channel_;
  const Clock& clock_;
  Logger& log_;
  std::unique_ptr<Connection> connection_;  ///< the thread's
  bool proved_ = false;                     ///< the session has told something; the thread's

  Mutex mutex_;
  std::condition_variable_any rung_;
  BellPace pace_ GUARDED_BY(mutex_);
  std::optional<std::jthread> thread_ GUARDED_BY(mutex_);  ///< last: joined before the rest goes
};

}  // namespace hubmirror
