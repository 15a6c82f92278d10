#pragma once

#include <condition_variable>
#include <stop_token>

#include "base/mutex.h"
#include "base/named_thread.h"

namespace hubmirror {

/// Lets one writer of a portal through at a time, before it takes a connection: waiting for the
/// row lock of `_owner` instead, one busy portal would hold every connection of the pool.
/// Thread-safe.
class Turnstile {
 public:
  /// Held by the one who is through; empty when stop was requested while waiting.
  class Pass {
   public:
    explicit Pass(Turnstile* turnstile) : turnstile_(turnstile) {}
    ~Pass() {
      if (turnstile_ != nullptr) turnstile_->Leave();
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    explicit operator bool() const { return turnstile_ != nullptr; }

   private:
    Turnstile* turnstile_;
  };

  Pass Enter(const std::stop_token& stop, const Clock& clock) {
    const Unhurried waiting(clock);
    MutexLock lock(mutex_);
    const bool free =
        left_.wait(lock, stop, [this]() NO_THREAD_SAFETY_ANALYSIS { return !taken_; });
    if (free) taken_ = true;
    return Pass(free ? this : nullptr);
  }

 private:
  void Leave() {
    MutexLock lock(mutex_);
    taken_ = false;
    left_.notify_one();
  }

  Mutex mutex_;
  std::condition_variable_any left_;
  bool taken_ GUARDED_BY(mutex_) = false;
};

}  // namespace hubmirror
