#include "telemetry/page/status_board.h"

#include <utility>

namespace hubmirror {
namespace {

StreamSnapshot Unheard() {
  StreamSnapshot stream;
  stream.status.reason = "starting";
  stream.status.message = "waiting for its first step";
  return stream;
}

}  // namespace

StatusBoard::StatusBoard(const Clock& clock, BuildLabel build)
    : clock_(clock), scheduler_turn_(clock.Now()) {
  now_.version = std::move(build.version);
  now_.revision = std::move(build.revision);
}

void StatusBoard::Configure(const std::vector<PortalPlan>& portals) {
  MutexLock lock(mutex_);
  now_.config_loaded = true;
  now_.last_reload_accepted = true;
  std::map<PortalKey, PortalSnapshot> kept;
  for (const PortalPlan& plan : portals) {
    const auto before = now_.portals.extract(plan.key);
    PortalSnapshot& portal = kept[plan.key];
    if (before) portal.status = before.mapped().status;
    portal.status.portal_id = plan.portal_id;
    for (const StreamPlan& stream : plan.streams) {
      StreamSnapshot shown = Unheard();
      if (before) {
        const auto known = before.mapped().streams.find(stream.object.name);
        if (known != before.mapped().streams.end()) shown = known->second;
      }
      shown.status.freshness_target =
          std::chrono::ceil<std::chrono::seconds>(stream.freshness_target);
      portal.streams.emplace(stream.object.name, std::move(shown));
    }
  }
  now_.portals = std::move(kept);
}

void StatusBoard::RejectConfiguration() {
  MutexLock lock(mutex_);
  now_.last_reload_accepted = false;
}

void StatusBoard::SetStream(const StreamKey& stream, const StreamStatus& status) {
  MutexLock lock(mutex_);
  StreamSnapshot& shown = now_.portals[stream.portal].streams[stream.object];
  shown.status = status;
  shown.reported = true;
}

void StatusBoard::SetPortal(const PortalKey& portal, const PortalStatus& status) {
  MutexLock lock(mutex_);
  now_.portals[portal].status = status;
}

void StatusBoard::NotePoll(const StreamKey& stream, bool failed) {
  MutexLock lock(mutex_);
  const auto portal = now_.portals.find(stream.portal);
  if (portal == now_.portals.end()) return;
  const auto shown = portal->second.streams.find(stream.object);
  if (shown != portal->second.streams.end()) shown->second.last_poll_failed = failed;
}

void StatusBoard::NoteChangeCost(const PortalKey& portal, int64_t requests, int64_t changes) {
  MutexLock lock(mutex_);
  const auto found = now_.portals.find(portal);
  if (found == now_.portals.end()) return;
  found->second.change_cost.requests += requests;
  found->second.change_cost.changes += changes;
}

void StatusBoard::RemoveStream(const StreamKey& stream) {
  MutexLock lock(mutex_);
  const auto portal = now_.portals.find(stream.portal);
  if (portal != now_.portals.end()) portal->second.streams.erase(stream.object);
}

void StatusBoard::RemovePortal(const PortalKey& portal) {
  MutexLock lock(mutex_);
  now_.portals.erase(portal);
}

void StatusBoard::SetDatabaseUp(bool up) {
  MutexLock lock(mutex_);
  now_.database_up = up;
  now_.database_tried = true;
}

void StatusBoard::NoteSchedulerTurn() {
  MutexLock lock(mutex_);
  scheduler_turn_ = clock_.Now();
}

StatusSnapshot StatusBoard::Snapshot() const {
  MutexLock lock(mutex_);
  StatusSnapshot snapshot = now_;
  snapshot.taken_at = clock_.WallNow();
  snapshot.scheduler_idle =
      std::chrono::floor<std::chrono::milliseconds>(clock_.Now() - scheduler_turn_);
  return snapshot;
}

}  // namespace hubmirror
