#pragma once

#include "http/pooled_transport.h"
#include "settings/settings.h"

namespace hubmirror {

/// `api.base_url` as an address.
BaseUrl BaseUrlOf(const ApiSettings& api);

/// How HubSpot is reached, for the daemon and the command line alike. The settings were checked
/// when they were read.
TransportSettings TransportOf(const Settings& settings);

}  // namespace hubmirror
