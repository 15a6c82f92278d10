#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "model/portal/controls.h"

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
  OperationStart StartOperation(OperationKind kind, const ControlTarget& target,
                                bool repair) override {
    static constexpr std::array kNames = {"start poll",    "start backfill", "start resolve",
                                          "start refresh", "settle",         "verify",
                                          "apply-schema"};
    const std::string name = kNames[static_cast<size_t>(kind)];
    return {Note(repair ? name + " --repair" : name, target), kTicket, patience};
  }
  ControlResult CostOf(OperationKind, const ControlTarget&, OperationCost& told) const override {
    told = cost;
    return {};
  }
  OperationProgress ProgressOf(uint64_t ticket) override {
    MutexLock lock(mutex_);
    return ticket == kTicket ? progress_ : OperationProgress{.done = true, .troubled = {}};
  }
  void EndOperation(uint64_t) override {
    MutexLock lock(mutex_);
    asked_.emplace_back("end");
  }

  void Answer(ControlResult result) {
    MutexLock lock(mutex_);
    result_ = std::move(result);
  }
  void Report(OperationProgress progress) {
    MutexLock lock(mutex_);
    progress_ = std::move(progress);
  }
  std::vector<std::string> asked() {
    MutexLock lock(mutex_);
    return asked_;
  }

  std::chrono::milliseconds patience{60000};
  OperationCost cost;

 private:
  static constexpr uint64_t kTicket = 7;

  ControlResult Note(const std::string& verb, const ControlTarget& target) {
    MutexLock lock(mutex_);
    asked_.push_back(verb + " " + target.portal + (target.object ? "/" + *target.object : "") +
                     (target.id ? "/" + std::to_string(target.id->value) : ""));
    return result_;
  }

  Mutex mutex_;
  ControlResult result_ GUARDED_BY(mutex_);
  OperationProgress progress_ GUARDED_BY(mutex_);
  std::vector<std::string> asked_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror::testing
