#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "control/control_desk.h"
#include "control/control_server.h"
#include "daemon/portal_builder.h"
#include "daemon/webhook_builder.h"
#include "delivery/courier_pool.h"
#include "postgres/feed/feed_bell.h"
#include "settings/reading/secret_source.h"
#include "settings/settings.h"
#include "sync/supervisor.h"
#include "telemetry/log/folding_log.h"
#include "telemetry/log/journal_log.h"
#include "telemetry/log/json_log.h"
#include "telemetry/service_notify.h"
#include "telemetry/status_server.h"
#include "telemetry/telemetry.h"

namespace hubmirror {

/// hubmirrord: builds everything from the settings, runs it until it is told to stop, and takes a
/// new configuration in while it runs, all or nothing. Owned by the main thread.
class Daemon {
 public:
  Daemon(std::string config_path, Settings settings);
  ~Daemon();

  /// Runs until SIGTERM or SIGINT. The exit code of the process: 0, or 73 when the port, the
  /// control socket or the state directory cannot be had, 77 when the database password's file is
  /// open to others. What is wrong goes to the log.
  int Run();

 private:
  std::optional<int> Start();
  std::optional<int> StartDatabase();
  std::optional<int> StartDoors();
  void StartPortals();
  /// Begins to mirror a portal, or goes on with other settings.
  void Put(const PortalSettings& portal);
  void Stop();
  ControlResult Reload();
  void Turn();
  /// Portals whose custom types are known now begin to mirror them.
  void TakeTypes();
  /// The portal with those custom types it asks for that are known.
  PortalSettings Resolved(PortalSettings portal) const;
  std::vector<PortalPlan> EnabledPlans() const;
  void Say(LogLevel level, std::string_view event, std::string message);
  std::string OneLineStatus() const;
  /// A line that warns of readers without a role; empty when every one is there.
  std::string MissingReadersText() const;
  void WriteAddress() const;

  const std::string config_path_;
  Settings settings_;  ///< once there are doors, a reload may replace it: read under its mutex
  // Of the settings, what no reload changes.
  const Duration step_limit_;  ///< a step waits for one request and a few statements at most
  const std::chrono::milliseconds shutdown_limit_;
  SystemClock clock_;
  Random random_;
  Telemetry telemetry_;
  JsonLog json_log_;
  JournalLog journal_log_;
  FoldingLog log_;
  ServiceNotify notify_;
  SecretSource secrets_;

  std::stop_source stop_;
  std::string instance_;
  std::shared_ptr<PooledTransport> transport_;
  std::shared_ptr<ConnectionPool> pool_;
  std::unique_ptr<FeedBell> bell_;
  std::unique_ptr<FeedBell> outbox_bell_;  ///< the same for rows of `outbox` that have ended
  std::unique_ptr<PortalBuilder> builder_;
  std::unique_ptr<WebhookBuilder> webhooks_;
  std::unique_ptr<CourierPool> couriers_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<ControlDesk> desk_;
  std::unique_ptr<StatusServer> web_;
  std::unique_ptr<ControlServer> control_;
  std::map<PortalKey, std::vector<CustomType>> types_;
  Mutex reload_mutex_;  ///< reloads come from a signal or the control socket, one at a time
  Instant beat_at_{};
  Instant status_at_{};
  Instant trimmed_at_{};
};

}  // namespace hubmirror
