#include "telemetry/samples.h"

namespace hubmirror {

StreamStatus CurrentStream(std::chrono::seconds age, std::chrono::seconds target) {
  StreamStatus status;
  status.state = StreamState::kCurrent;
  status.watermark = kNow - age;
  status.freshness_target = target;
  status.rows = 1200;
  JobStatus changes;
  changes.last_complete_at = kNow - age;
  changes.next_at = kNow + std::chrono::minutes{1};
  status.jobs.emplace(JobKind::kChanges, changes);
  JobStatus sweep;
  sweep.target = std::chrono::hours{24};
  status.jobs.emplace(JobKind::kSweep, sweep);
  return status;
}

StatusSnapshot HealthySnapshot() {
  StatusSnapshot snapshot;
  snapshot.taken_at = kNow;
  snapshot.version = "0.1.0";
  snapshot.revision = "abc123";
  snapshot.config_loaded = true;
  snapshot.database_up = true;
  PortalSnapshot& acme = snapshot.portals["acme"];
  acme.status.portal_id = PortalId{1234567};
  acme.status.burst_limit = 190;
  acme.status.burst_remaining = 180;
  acme.status.daily_limit = 650000;
  acme.status.daily_remaining = 600000;
  acme.status.daily_share = 325000;
  acme.status.requests_today = 4200;
  acme.status.used_by_others = 45800;
  for (const char* const object : {"contacts", "deals"}) {
    acme.streams[object] = {.status = CurrentStream(), .reported = true};
  }
  return snapshot;
}

PortalPlan Plan(const std::string& portal, const std::vector<std::string>& objects) {
  PortalPlan plan;
  plan.key = portal;
  plan.portal_id = PortalId{1234567};
  for (const std::string& object : objects) {
    StreamPlan stream;
    stream.object.name = object;
    plan.streams.push_back(stream);
  }
  return plan;
}

}  // namespace hubmirror
