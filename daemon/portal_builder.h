#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "http/pooled_transport.h"
#include "hubspot/auth/secret_reader.h"
#include "model/portal/sync_observer.h"
#include "postgres/portal_sink.h"
#include "postgres/session/connection_pool.h"
#include "settings/reading/secret_source.h"
#include "settings/settings.h"
#include "sync/portal_sync.h"

namespace hubmirror {

/// Joins the concrete classes into portals: the one place, with Daemon, that names them all.
/// Thread-safe.
class PortalBuilder {
 public:
  struct Parts {
    std::shared_ptr<PooledTransport> transport;
    std::shared_ptr<ConnectionPool> pool;
    /// New entries of a portal's feed are committed, up to a number.
    std::function<void(const PortalPlan& portal, int64_t last)> on_entries;
    /// The same of rows of `outbox` that have ended, with the highest of their ids.
    std::function<void(const PortalPlan& portal, int64_t id)> on_ended;
    const SecretSource& secrets;
    SyncObserver& observer;
    const Clock& clock;
    Logger& log;
    Random& random;
    std::string instance;  ///< who we are in `_owner`
  };
  PortalBuilder(const Settings& settings, Parts parts);

  std::shared_ptr<PortalSync> Build(const PortalSettings& portal) const;

 private:
  struct Belongings;
  PortalSource Source(const PortalPlan& plan, const std::shared_ptr<Belongings>& belongings) const;
  PortalStore Store(const PortalSettings& portal) const;
  PortalSink::Options SinkOptions(const PortalPlan& plan) const;
  void AddTokens(const PortalSettings& portal, Belongings& belongings) const;
  SecretReader Reader(const SecretRef& ref) const;

  const ApiSettings api_;
  const LimitSettings limits_;
  const size_t flush_bytes_;
  const std::string state_dir_;
  const Parts parts_;
};

}  // namespace hubmirror
