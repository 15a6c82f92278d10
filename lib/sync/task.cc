#include "sync/task.h"

#include <algorithm>

namespace hubmirror {
namespace {

// Pages in a circle and readers side by side lie between two requests that are the same.
constexpr size_t kRequestsRemembered = 64;
constexpr auto kSameRequests = 5;
// Some of the longest times between tries.
constexpr auto kFailuresForgotten = std::chrono::minutes(5);

}  // namespace

bool Task::Circles(const std::vector<size_t>& requests) {
  bool circles = false;
  for (const size_t request : requests) {
    circles = circles || std::count(recent_requests_.begin(), recent_requests_.end(), request) >=
                             kSameRequests;
    recent_requests_.push_back(request);
    if (recent_requests_.size() > kRequestsRemembered) {
      recent_requests_.erase(recent_requests_.begin());
    }
  }
  return circles;
}

bool Task::Ready(Instant now) const {
  if (now < not_before_) return false;
  return in_cycle() || forced() || due_ <= now || job_->urgent();
}

Instant Task::ready_at() const {
  return in_cycle() ? not_before_ : std::max(due_, not_before_);
}

double Task::Lateness(Instant now) const {
  // One that never ran is late from when it should have.
  const Instant since = last_cycle_began_.value_or(due_);
  if (since == Instant{} || every_.count() <= 0 || now <= since) return 0;
  const double periods = std::chrono::duration<double>(now - since).count() /
                         std::chrono::duration<double>(every_).count();
  return periods;
}

void Task::Force(Instant now) {
  forced_at_ = now;
}

void Task::Begin(Instant now) {
  ++running_;
  if (cycle_began_) return;
  cycle_began_ = now;
  if (forced() && traits().afresh_when_forced) job_->Restart();
}

void Task::EndStep(Instant began, Instant now) {
  --running_;
  if (failed_at_ && began < *failed_at_) return;
  // What fails at the end of a cycle, such as its commit, goes well at its beginning each time. A
  // walk of hours need not remember what is long over.
  const bool lasts = trouble() && trouble()->until_cycle_ends;
  if (!lasts || !failed_at_ || now - *failed_at_ >= kFailuresForgotten) ForgetFailures();
}

const Task::Met& Task::met() const {
  static const Met kNothing;
  return met_ ? *met_ : kNothing;
}

void Task::ForgetFailures() {
  failures_ = {};
  if (!met_) return;
  met_->trouble.reset();
  met_->wait.reset();
}

void Task::EndCycle(Instant now, Instant next_due, std::optional<TimePoint> at) {
  ++cycles_;
  --running_;
  ForgetFailures();
  recent_requests_ = std::vector<size_t>();
  if (forced_at_ && cycle_began_ && *cycle_began_ >= *forced_at_) forced_at_.reset();
  last_cycle_began_ = cycle_began_;
  cycle_began_.reset();
  due_ = forced() ? now : next_due;
  if (met_) met_->last_error.clear();
  if (at) last_complete_at_ = at;
}

void Task::EndFailed(const Verdict& verdict, std::string message, Instant now,
                     std::optional<TimePoint> at) {
  --running_;
  not_before_ = now + verdict.delay;
  failed_at_ = now;
  if (!met_) met_ = std::make_unique<Met>();
  if (!verdict.counts_as_failure) {
    const Instant since = met_->wait ? met_->wait->since : now;
    met_->wait = {.since = since, .reason = verdict.reason, .message = std::move(message)};
    return;
  }
  failures_.Add(verdict.kind);
  met_->trouble = verdict;
  met_->last_error = std::move(message);
  met_->last_error_at = at;
}

void Task::Reset(Instant due) {
  recent_requests_ = std::vector<size_t>();
  cycle_began_.reset();
  due_ = due;
  not_before_ = {};
  ForgetFailures();
}

}  // namespace hubmirror
