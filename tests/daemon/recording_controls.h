#pragma once

#include <string>
#include <vector>

#include "base/mutex.h"
#include "model/controls.h"

namespace hubmirror::testing {

/// Notes what it is asked and answers what the test set. Thread-safe.
class RecordingControls final : public Controls {
 public:
  ControlResult Poll(const ControlTarget& target) override { return Note("poll", target); }
  ControlResult Pause(const ControlTarget& target) override { return Note("pause", target); }
  ControlResult Resume(const ControlTarget& target) override { return Note("resume", target); }
  ControlResult Backfill(const ControlTarget& target) override { return Note("backfill", target); }
  ControlResult Resolve(const ControlTarget& target, bool accept) override {
    return Note(accept ? "resolve --accept" : "resolve", target);
  }
  ControlResult Refresh(const StreamKey& stream, RecordId id) override {
    return Note("refresh " + std::to_string(id.value), {stream.portal, stream.object});
  }
  SettleStart StartSettle(const ControlTarget& target) override {
    return {Note("settle", target), kTicket, patience};
  }
  SettleStart StartVerify(const ControlTarget& target, bool repair) override {
    return {Note(repair ? "verify --repair" : "verify", target), kTicket, patience};
  }
  SettleProgress ProgressOf(uint64_t ticket) override {
    MutexLock lock(mutex_);
    return ticket == kTicket ? progress_ : SettleProgress{.done = true, .troubled = {}};
  }
  void EndSettle(uint64_t) override {
    MutexLock lock(mutex_);
    asked_.emplace_back("end settle");
  }

  void Answer(ControlResult result) {
    MutexLock lock(mutex_);
    result_ = std::move(result);
  }
  void Report(SettleProgress progress) {
    MutexLock lock(mutex_);
    progress_ = std::move(progress);
  }
  std::vector<std::string> asked() {
    MutexLock lock(mutex_);
    return asked_;
  }

  std::chrono::milliseconds patience{60000};

 private:
  static constexpr uint64_t kTicket = 7;

  ControlResult Note(const std::string& verb, const ControlTarget& target) {
    MutexLock lock(mutex_);
    asked_.push_back(verb + " " + target.portal + (target.object ? "/" + *target.object : ""));
    return result_;
  }

  Mutex mutex_;
  ControlResult result_ GUARDED_BY(mutex_);
  SettleProgress progress_ GUARDED_BY(mutex_);
  std::vector<std::string> asked_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror::testing
