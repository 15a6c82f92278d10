#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "http/pooled_transport.h"
#include "model/portal/portal_plan.h"
#include "settings/reading/secret_source.h"
#include "settings/settings.h"

namespace hubmirror {

// What the daemon and the command line need alike to send something to a receiver.

/// `trust` may be null, see TransportSettings. The proxy leads to no loopback address.
TransportSettings TransportToReceiver(const ApiSettings& api, const BaseUrl& receiver,
                                      std::shared_ptr<const TrustStore> trust);

/// All of them, or why one cannot be read.
Result<std::vector<Secret>, std::string> ReadSecrets(const SecretSource& source,
                                                     const std::vector<SecretRef>& refs);

/// Where people see a record of the portal in HubSpot, by object and id; empty: nowhere.
std::function<std::string(const std::string& object, const std::string& id)> RecordPages(
    const ApiSettings& api, const PortalPlan& plan);

}  // namespace hubmirror
