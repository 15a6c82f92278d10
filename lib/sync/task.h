#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/job.h"
#include "jobs/retry_policy.h"
#include "model/source/stream.h"

namespace hubmirror {

/// One job in the schedule of its portal: when it is due, and how it has fared. Deciding only;
/// guarded by its portal. (More than fifteen functions: most are one-line looks at a timetable
/// whose parts change together at every step's end.)
class Task {
 public:
  Task(std::shared_ptr<Job> job, std::chrono::milliseconds every)
      : job_(std::move(job)), every_(every) {}

  Job& job() const { return *job_; }
  JobKind kind() const { return job_->kind(); }
  const JobTraits& traits() const { return job_->traits(); }

  // The timetable.

  Instant due() const { return due_; }
  std::chrono::milliseconds every() const { return every_; }
  void set_every(Duration every) {
    every_ = std::chrono::duration_cast<std::chrono::milliseconds>(every);
  }
  /// Whether a step may begin now, as far as time goes.
  bool Ready(Instant now) const;
  /// When it will be ready without anyone asking.
  Instant ready_at() const;
  /// How long ago its last cycle began, in periods: 1 when it has just become due.
  double Lateness(Instant now) const;
  /// It no longer waits because of its last failure.
  void RetryNow() { not_before_ = {}; }
  /// It last ran at `at`, before this process started.
  void RanBefore(Instant at) {
    if (!last_cycle_began_) last_cycle_began_ = at;
  }
  /// Due at `at` again, whatever it did before.
  void DueAt(Instant at) { due_ = at; }
  /// Requests a whole cycle that starts after `now`, at top priority.
  void Force(Instant now);
  /// A cycle that was wanted by Force is still to come or under way.
  bool forced() const { return forced_at_.has_value(); }
  void EndForce() { forced_at_.reset(); }

  // Steps and cycles.

  int running() const { return running_; }
  bool in_cycle() const { return cycle_began_.has_value(); }
  std::optional<Instant> cycle_began() const { return cycle_began_; }
  /// Whole cycles so far.
  int64_t cycles() const { return cycles_; }
  void Begin(Instant now);
  /// Notes the requests of a step. True if one of them was repeated again and again in this cycle
  /// although it was answered: the job is going round in circles, and its step counts as failed.
  bool Circles(const std::vector<size_t>& requests);
  /// Ends a step that did not fail. One that began before another one failed does not show that
  /// what failed is over.
  void EndStep(Instant began, Instant now);
  /// Ends a step that found nothing to do, and shows nothing.
  void EndUnused() { --running_; }
  /// Ends the last step of a cycle; the next one is due at `next_due`.
  void EndCycle(Instant now, Instant next_due, std::optional<TimePoint> at);
  void EndFailed(const Verdict& verdict, std::string message, Instant now,
                 std::optional<TimePoint> at);
  /// Drops the cycle under way: the job starts over from what is stored.
  void Reset(Instant due);

  // How it fared.

  /// Failures in a row, and what the last of them stops.
  const FailureCount& failures() const { return failures_; }
  const std::optional<Verdict>& trouble() const { return met().trouble; }
  const std::string& last_error() const { return met().last_error; }
  std::optional<TimePoint> last_error_at() const { return met().last_error_at; }
  std::optional<TimePoint> last_complete_at() const { return last_complete_at_; }
  void set_last_complete_at(std::optional<TimePoint> at) { last_complete_at_ = at; }
  /// HubSpot keeps asking it to wait, and has served it nothing in between. That is normal unless
  /// it lasts.
  struct Wait {
    Instant since{};
    std::string reason;
    std::string message;
  };
  const std::optional<Wait>& wait() const { return met().wait; }

 private:
  /// What most tasks never meet.
  struct Met {
    std::optional<Verdict> trouble;
    std::optional<Wait> wait;
    std::string last_error;
    std::optional<TimePoint> last_error_at;
  };

  const Met& met() const;
  void ForgetFailures();

  std::shared_ptr<Job> job_;
  std::chrono::milliseconds every_;
  Instant due_{};
  Instant not_before_{};
  int running_ = 0;
  std::optional<Instant> cycle_began_;
  std::optional<Instant> last_cycle_began_;
  std::optional<Instant> forced_at_;
  int64_t cycles_ = 0;
  FailureCount failures_;
  std::optional<Instant> failed_at_;
  std::vector<size_t> recent_requests_;  ///< of the cycle, the latest ones
  std::unique_ptr<Met> met_;             ///< null: nothing yet
  std::optional<TimePoint> last_complete_at_;
};

}  // namespace hubmirror
