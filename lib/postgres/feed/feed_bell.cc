#include "postgres/feed/feed_bell.h"

#include <algorithm>
#include <exception>
#include <typeinfo>
#include <utility>

#include "base/named_thread.h"
#include "model/source/crash_point.h"
#include "model/store/database_error.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr auto kBetweenHints = 100ms;
// Consumers look for themselves meanwhile.
constexpr auto kAfterFailure = 5s;
constexpr auto kAfterBug = 1min;
constexpr auto kLongWait = 1h;

}  // namespace

Instant BellPace::DueAt(const std::string& schema) const {
  const auto told = told_.find(schema);
  return told == told_.end() ? Instant{} : told->second + kBetweenHints;
}

std::vector<BellPace::Hint> BellPace::Take(Instant now) {
  std::vector<Hint> due;
  for (const auto& [schema, last] : waiting_) {
    if (DueAt(schema) <= now) due.push_back({schema, last});
  }
  for (const Hint& hint : due) {
    waiting_.erase(hint.schema);
    told_[hint.schema] = now;
  }
  return due;
}

void BellPace::Return(const std::vector<Hint>& hints) {
  for (const Hint& hint : hints) waiting_.try_emplace(hint.schema, hint.last);
}

std::optional<Instant> BellPace::due_at() const {
  std::optional<Instant> first;
  for (const auto& [schema, last] : waiting_) {
    first = std::min(first.value_or(Instant::max()), DueAt(schema));
  }
  return first;
}

void FeedBell::Ring(const std::string& schema, int64_t last) {
  MutexLock lock(mutex_);
  pace_.Note(schema, last);
  if (!thread_) {
    thread_ = StartThread("feed", [this](const std::stop_token& stop) { Run(stop); });
  }
  rung_.notify_one();
}

void FeedBell::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (const Duration wait = Round(stop); wait > 0ms) clock_.SleepUntil(clock_.Now() + wait, stop);
  }
}

Duration FeedBell::Round(const std::stop_token& stop) {
  std::vector<BellPace::Hint> hints;
  try {
    hints = Due(stop);
    if (!hints.empty()) Send(hints);
    return 0ms;
  } catch (const DatabaseError&) {
    return MendSession(hints) ? 0ms : kAfterFailure;
  } catch (const std::exception& error) {
    // A bug here must not end the process: whoever listens looks for himself, too.
    MendSession(hints);
    log_.Write({.level = LogLevel::kErr,
                .event = "step.bug",
                .message = "what tells listeners on " + channel_ + " met a bug in hubmirror (" +
                           typeid(error).name() + "); report it"});
    return kAfterBug;
  }
}

std::vector<BellPace::Hint> FeedBell::Due(const std::stop_token& stop) {
  MutexLock lock(mutex_);
  const Instant now = clock_.Now();
  std::vector<BellPace::Hint> hints = pace_.Take(now);
  if (!hints.empty()) return hints;
  const Instant due = pace_.due_at().value_or(now + kLongWait);
  clock_.WaitUntil(rung_, lock, due, stop, [this, due]() NO_THREAD_SAFETY_ANALYSIS {
    return pace_.due_at().value_or(due) < due;
  });
  return hints;
}

bool FeedBell::MendSession(const std::vector<BellPace::Hint>& hints) {
  connection_.reset();
  {
    MutexLock lock(mutex_);
    pace_.Return(hints);
  }
  return std::exchange(proved_, false);
}

void FeedBell::Send(const std::vector<BellPace::Hint>& hints) {
  if (!connection_) connection_ = std::make_unique<Connection>(target_);
  for (const BellPace::Hint& hint : hints) {
    connection_->Run(
        "SELECT pg_notify($3, json_build_object('schema', $1::text, 'last', $2::bigint)::text)",
        {hint.schema, std::to_string(hint.last), channel_});
    Reach(CrashPoint::kFeedTold);
    proved_ = true;
  }
}

}  // namespace hubmirror
