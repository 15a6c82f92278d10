#include "jobs/reference/portal_job.h"

#include "model/store/database_error.h"

namespace hubmirror {
namespace {

// Three answers that agree are enough (see SourceClock); after this many people hear of it.
constexpr int kMostAskedForTime = 5;

}  // namespace

PortalJob::PortalJob(PortalId expected, Ports ports, Hooks hooks)
    : expected_(expected), ports_(ports), hooks_(std::move(hooks)) {}

std::optional<StepNeed> PortalJob::Next(Instant) {
  MutexLock lock(mutex_);
  if (phase_ == Phase::kAccount) {
    return StepNeed{.lane = Lane::kBurst, .priority = Priority::kOperator};
  }
  return StepNeed{.priority = Priority::kOperator};
}

bool PortalJob::open() const {
  MutexLock lock(mutex_);
  return phase_ == Phase::kKeep;
}

void PortalJob::CheckAgain() {
  MutexLock lock(mutex_);
  phase_ = Phase::kAccount;
}

void PortalJob::ClaimAgain() {
  MutexLock lock(mutex_);
  if (phase_ == Phase::kKeep) phase_ = Phase::kClaim;
}

StepOutcome PortalJob::Step(Instant now, const StepNeed& granted) {
  if (!granted.Covers(*Next(now))) return StepOutcome::Unused();
  Phase phase;
  {
    MutexLock lock(mutex_);
    phase = phase_;
  }
  try {
    StepOutcome outcome = StepOf(phase);
    if (outcome.end == StepOutcome::End::kFailed) hooks_.on_closed();
    return outcome;
  } catch (const std::exception&) {
    if (phase != Phase::kKeep) hooks_.on_closed();
    throw;
  }
}

StepOutcome PortalJob::StepOf(Phase phase) {
  switch (phase) {
    case Phase::kAccount:
      return CheckAccount();
    case Phase::kClaim:
      return Claim();
    case Phase::kKeep:
      return Keep();
  }
  return StepOutcome::Unused();
}

StepOutcome PortalJob::CheckAccount() {
  const auto account = ports_.source.AccountDetails();
  if (!account) return StepOutcome::Failed(account.error());
  if (account->portal_id != expected_) {
    return StepOutcome::Failed(ApiError{
        .kind = ApiErrorKind::kWrongPortal,
        .message = "the token belongs to portal " + std::to_string(account->portal_id.value) +
                   ", the configuration says " + std::to_string(expected_.value) +
                   ": nothing is written; correct portal_id or the token"});
  }
  if (!ports_.source_clock.Now(ports_.clock.Now())) return AskForTime();
  asked_for_time_ = 0;
  account_ = *account;
  hooks_.on_account(*account);
  MutexLock lock(mutex_);
  phase_ = Phase::kClaim;
  return StepOutcome::More();
}

StepOutcome PortalJob::AskForTime() {
  if (++asked_for_time_ % kMostAskedForTime != 0) return StepOutcome::More();
  return StepOutcome::Failed(ApiError{
      .kind = ApiErrorKind::kServer,
      .message =
          "the Date headers of HubSpot's answers agree neither with each other nor with this "
          "host's clock: look at what is between this host and HubSpot"});
}

StepOutcome PortalJob::Claim() {
  ports_.sink.Claim();
  ports_.sink.SaveAccount(*account_);
  hooks_.on_open();
  MutexLock lock(mutex_);
  phase_ = Phase::kKeep;
  return StepOutcome::CaughtUp();
}

StepOutcome PortalJob::Keep() {
  ports_.sink.Heartbeat();
  for (const StateNote& note : hooks_.changed_states()) {
    ports_.sink.SaveState(note.object, note.state, note.reason, note.message);
  }
  return StepOutcome::CaughtUp();
}

}  // namespace hubmirror
