#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/random.h"
#include "budget/exchange_relay.h"
#include "hubspot/api_client.h"
#include "hubspot/auth/static_token.h"
#include "hubspot/record_writer.h"
#include "simulation/disk.h"
#include "simulation/gate.h"
#include "simulation/story.h"
#include "sync/poll_schedule.h"

namespace hubmirror::simulation {

/// One life of the daemon over a portal: the real classes, joined as daemon/portal_builder.cc joins
/// them, without its threads, its sockets and its database. It dies with everything it remembers.
class DaemonLife {
 public:
  struct Parts {
    const Setup& setup;
    const VirtualClock& clock;
    HttpTransport& transport;
    Disk& disk;
    /// Where the mirror is instead of on the disk; empty: on the disk.
    std::string dsn;
    DatabaseTrouble& trouble;
    SyncObserver& observer;
    Logger& log;
    Gate::Hooks hooks;
    std::string token;
    PortalId portal_id;
    uint64_t seed = 0;  ///< of this life
    std::string instance = "simulation";
    /// What this instance has in its state directory: the epoch of its last claim.
    int64_t& epoch;
  };
  explicit DaemonLife(const Parts& parts);

  PollSchedule& schedule() { return schedule_; }
  PortalSync& portal() { return *portal_; }

 private:
  Random random_;
  PollSchedule schedule_;
  std::shared_ptr<PortalSync> portal_;
};

/// What is planned for the portal of a setup.
PortalPlan PlanOf(const Setup& setup, PortalId portal_id);

}  // namespace hubmirror::simulation
