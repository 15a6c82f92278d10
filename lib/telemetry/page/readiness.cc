#include "telemetry/page/readiness.h"

#include <algorithm>
#include <utility>

#include "telemetry/page/plain_words.h"

namespace hubmirror {
namespace {

ReadinessCheck CheckConfig(const StatusSnapshot& snapshot) {
  if (!snapshot.config_loaded) return {"config", false, "no configuration is loaded yet"};
  if (!snapshot.last_reload_accepted) {
    return {"config", true,
            "loaded; the last reload was refused, the old configuration is still in effect"};
  }
  return {"config", true, "loaded"};
}

ReadinessCheck CheckDatabase(const StatusSnapshot& snapshot) {
  if (snapshot.database_up) return {"database", true, "the last round trip worked"};
  return {"database", false, "not reachable; retrying"};
}

ReadinessCheck CheckToken(const PortalKey& key, const PortalSnapshot& portal) {
  const std::string name = "token " + key;
  if (portal.status.auth_valid) return {name, true, "accepted"};
  const std::string& why = portal.status.message;
  return {name, false, why.empty() ? "refused by HubSpot" : why};
}

ReadinessCheck CheckStream(std::string name, const StreamSnapshot& stream, TimePoint now,
                           std::optional<std::chrono::milliseconds> max_age) {
  const StreamStatus& status = stream.status;
  if (!stream.reported) return {std::move(name), false, "not started yet"};
  if (status.state == StreamState::kBackfilling) {
    return {std::move(name), true, "loading for the first time, not counted"};
  }
  if (status.state == StreamState::kBlocked && status.reason == "scope") {
    return {std::move(name), true, "waits for a scope, not counted"};
  }
  if (status.state == StreamState::kBlocked && status.reason == "object_type") {
    return {std::move(name), true, "HubSpot knows no such object type, not counted"};
  }
  const auto limit = max_age.value_or(status.freshness_target);
  const auto age = AgeOf(status, now);
  if (!age) return {std::move(name), false, "never polled to the end"};
  const bool fresh = now - *status.watermark <= limit;
  std::string detail = SpanWords(*age) + " behind, allowed " +
                       SpanWords(std::chrono::ceil<std::chrono::seconds>(limit));
  if (!fresh && !status.message.empty()) detail += ": " + status.message;
  return {std::move(name), fresh, std::move(detail)};
}

}  // namespace

bool Readiness::ready() const {
  return std::ranges::all_of(checks, &ReadinessCheck::passed);
}

std::string Readiness::Text(bool verbose) const {
  std::string text;
  for (const ReadinessCheck& check : checks) {
    if (check.passed && !verbose) continue;
    text.append(check.passed ? "[+] " : "[-] ").append(check.name).append(": ");
    text.append(OneLine(check.detail)).append("\n");
  }
  return text.append(ready() ? "ready\n" : "not ready\n");
}

Readiness CheckReadiness(const StatusSnapshot& snapshot,
                         std::optional<std::chrono::milliseconds> max_age) {
  Readiness readiness;
  readiness.checks.push_back(CheckConfig(snapshot));
  readiness.checks.push_back(CheckDatabase(snapshot));
  for (const auto& [key, portal] : snapshot.portals) {
    readiness.checks.push_back(CheckToken(key, portal));
    for (const auto& [object, stream] : portal.streams) {
      std::string name = "stream ";
      name.append(key).append("/").append(object);
      readiness.checks.push_back(CheckStream(std::move(name), stream, snapshot.taken_at, max_age));
    }
  }
  return readiness;
}

bool IsAlive(const StatusSnapshot& snapshot) {
  return snapshot.scheduler_idle <= kSchedulerSilence;
}

}  // namespace hubmirror
