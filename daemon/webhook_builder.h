#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "delivery/courier.h"
#include "http/base_url.h"
#include "http/trust_store.h"
#include "postgres/session/connection_pool.h"
#include "settings/reading/secret_source.h"
#include "settings/settings.h"

namespace hubmirror {

/// Joins the concrete classes into the webhooks of portals. Owned by one thread at a time.
class WebhookBuilder {
 public:
  struct Parts {
    std::shared_ptr<ConnectionPool> pool;
    const SecretSource& secrets;
    WebhookObserver& observer;
    const Clock& clock;
    Logger& log;
    Random& random;
    std::string instance;  ///< who we are in `_owner`
  };
  WebhookBuilder(const ApiSettings& api, Parts parts) : api_(api), parts_(std::move(parts)) {}

  /// None where the portal's feed is off.
  std::vector<std::shared_ptr<Courier>> Build(const PortalSettings& portal);

 private:
  std::shared_ptr<HttpTransport> Transport(const BaseUrl& base);

  const ApiSettings api_;
  const Parts parts_;
  std::shared_ptr<const TrustStore> trust_;  ///< made with the first webhook
};

}  // namespace hubmirror
