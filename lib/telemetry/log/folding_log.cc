#include "telemetry/log/folding_log.h"

#include <chrono>
#include <utility>

namespace hubmirror {
namespace {

constexpr std::chrono::minutes kFoldTime{1};

std::string KeyOf(const LogLine& line) {
  std::string key(line.event);
  for (const auto& [name, value] : line.fields) {
    if (name == "PORTAL" || name == "OBJECT") key.append("\n").append(name).append("=" + value);
  }
  return key;
}

LogLine Summary(LogLine newest, int repeated) {
  if (repeated > 1) {
    newest.message += " (newest of " + std::to_string(repeated) + " within a minute)";
    newest.fields.emplace_back("REPEATED", std::to_string(repeated));
  }
  return newest;
}

}  // namespace

FoldingLog::FoldingLog(Logger& output, LogTally& tally, const Clock& clock, LogLevel level)
    : output_(output), tally_(tally), clock_(clock), level_(level) {}

FoldingLog::~FoldingLog() {
  MutexLock lock(mutex_);
  for (const Key& key : by_end_) {
    Fold& fold = folds_.at(key);
    if (fold.repeated > 0) PassOn(Summary(std::move(fold.newest), fold.repeated));
  }
}

void FoldingLog::Write(const LogLine& line) {
  if (line.level > level_.load()) return;
  MutexLock lock(mutex_);
  const Instant now = clock_.Now();
  CloseMinutes(now);
  if (line.level == LogLevel::kDebug) {
    PassOn(line);
    return;
  }
  const Key key = KeyOf(line);
  const auto [found, is_first] = folds_.try_emplace(key, Fold{now + kFoldTime, {}, 0, line.level});
  if (is_first) {
    by_end_.push_back(key);
    PassOn(line);
    return;
  }
  Fold& fold = found->second;
  // That a person must act is not kept back because something milder was said a moment ago.
  if (line.level < fold.worst) {
    if (std::exchange(fold.repeated, 0) > 0) tally_.OnLogFolded(line.event);
    fold.worst = line.level;
    PassOn(line);
    return;
  }
  if (fold.repeated > 0) tally_.OnLogFolded(line.event);
  ++fold.repeated;
  fold.newest = line;
}

void FoldingLog::Flush() {
  MutexLock lock(mutex_);
  CloseMinutes(clock_.Now());
}

void FoldingLog::CloseMinutes(Instant now) {
  while (!by_end_.empty()) {
    const auto first = folds_.find(by_end_.front());
    Fold& fold = first->second;
    if (fold.ends_at > now) return;
    by_end_.pop_front();
    if (fold.repeated == 0) {
      folds_.erase(first);
      continue;
    }
    // The line that ends this minute begins the next: still one a minute.
    const LogLevel level = fold.newest.level;
    PassOn(Summary(std::move(fold.newest), fold.repeated));
    fold = {now + kFoldTime, {}, 0, level};
    by_end_.push_back(first->first);
  }
}

void FoldingLog::PassOn(const LogLine& line) {
  tally_.OnLogged(line.level, line.event);
  output_.Write(line);
}

}  // namespace hubmirror
