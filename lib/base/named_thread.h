#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.h"

namespace hubmirror {

/// Starts a thread that bears `name`, of at most 15 characters, wherever people look for what hangs
/// or works: `top -H`, `ps -L`, the backtraces of a core. The only way to a thread in lib/ and
/// daemon/; lib/README.md has the page of their names.
std::jthread StartThread(std::string name, std::function<void(std::stop_token)> work);

/// Since when a thread has been at the same piece of work. Read by the watchdog, which takes
/// whoever does not come to an end for hung. Written by the thread that it belongs to, which it
/// outlives.
class Pulse {
 public:
  /// From now on it is the one of the calling thread.
  void BelongsToThisThread() { mine_ = this; }

  void Begin(Instant now) { began_ = now.time_since_epoch().count(); }
  void End() { began_ = 0; }
  /// nullopt: it waits for work, or for what may take as long as it takes.
  std::optional<Instant> since() const {
    const Instant::rep began = began_;
    if (began == 0 || unhurried_ > 0) return std::nullopt;
    return Instant{Instant::duration{began}};
  }

 private:
  friend class Unhurried;
  static inline thread_local Pulse* mine_ = nullptr;

  std::atomic<Instant::rep> began_{0};
  std::atomic<int> unhurried_{0};
};

/// While it lives the calling thread does what may take as long as it takes: a statement that grows
/// with a table, or waiting for somebody who has a pulse of his own. Its time begins anew then.
class Unhurried {
 public:
  explicit Unhurried(const Clock& clock) : clock_(clock), pulse_(Pulse::mine_) {
    if (pulse_ != nullptr) ++pulse_->unhurried_;
  }
  ~Unhurried() {
    if (pulse_ == nullptr) return;
    pulse_->Begin(clock_.Now());
    --pulse_->unhurried_;
  }
  Unhurried(const Unhurried&) = delete;
  Unhurried& operator=(const Unhurried&) = delete;

 private:
  const Clock& clock_;
  Pulse* const pulse_;
};

}  // namespace hubmirror
