#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "jobs/job.h"
#include "jobs/stream_context.h"
#include "model/portal/portal_plan.h"

namespace hubmirror {

/// Opens a portal and keeps hold of it. It reads the token's account first, and goes no further
/// unless the portal id is the configured one and HubSpot's clock is known; then it claims the
/// schema, and from then on renews the claim. All other jobs of the portal wait until it is open.
/// One step at a time.
class PortalJob final : public Job {
 public:
  struct Ports {
    PageSource& source;
    RowSink& sink;
    const SourceClock& source_clock;
    const Clock& clock;
  };
  /// What is written to `_stream_state` for SQL users.
  struct StateNote {
    ObjectType object;
    StreamState state;
    std::string reason;
    std::string message;
  };
  struct Hooks {
    /// The token's account, before anything is written.
    std::function<void(const Account&)> on_account;
    /// The schema is claimed: streams load what is stored.
    std::function<void()> on_open;
    /// It could not be opened, which says nothing about what the database holds.
    std::function<void()> on_closed;
    /// States that changed since the last call.
    std::function<std::vector<StateNote>()> changed_states;
  };

  PortalJob(PortalId expected, Ports ports, Hooks hooks);

  JobKind kind() const override { return JobKind::kOpening; }
  std::optional<StepNeed> Next(Instant now) override;
  StepOutcome Step(Instant now, const StepNeed& granted) override;
  void Load(const StoredStream&) override {}

  bool open() const;
  /// Reads the account again before anything else: after a refused token.
  void CheckAgain();
  /// Claims the schema again: after the database could not be reached.
  void ClaimAgain();

 private:
  enum class Phase { kAccount, kClaim, kKeep };

  StepOutcome StepOf(Phase phase);
  StepOutcome CheckAccount();
  /// This host's clock is far from HubSpot's: three answers must agree.
  StepOutcome AskForTime();
  StepOutcome Claim();
  StepOutcome Keep();

  const PortalId expected_;
  const Ports ports_;
  const Hooks hooks_;

  mutable Mutex mutex_;
  Phase phase_ GUARDED_BY(mutex_) = Phase::kAccount;
  std::optional<Account> account_;
  int asked_for_time_ = 0;  ///< answers in a row that did not make HubSpot's clock known
};

}  // namespace hubmirror
