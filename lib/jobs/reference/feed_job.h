#pragma once

#include <optional>

#include "base/mutex.h"
#include "jobs/job.h"
#include "model/store/feed.h"

namespace hubmirror {

/// Keeps the change feed of a portal in shape and knows how it stands. It asks nothing of HubSpot.
/// Thread-safe.
class FeedJob final : public Job {
 public:
  explicit FeedJob(FeedKeeper& keeper) : keeper_(keeper) {}

  JobKind kind() const override { return JobKind::kFeed; }
  std::optional<StepNeed> Next(Instant now) override;
  StepOutcome Step(Instant now, const StepNeed& granted) override;
  void Load(const StoredStream&) override {}

  /// As of the last look; nullopt where nothing of a feed is kept.
  std::optional<FeedStatus> status() const;

 private:
  FeedKeeper& keeper_;
  mutable Mutex mutex_;
  std::optional<FeedStatus> status_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
