#include "daemon/hubspot_transport.h"

#include "base/check.h"

namespace hubmirror {

BaseUrl BaseUrlOf(const ApiSettings& api) {
  const auto base = ParseBaseUrl(api.base_url);
  CHECK_THAT(base);
  return *base;
}

TransportSettings TransportOf(const Settings& settings) {
  TransportSettings transport{.base = BaseUrlOf(settings.api),
                              .ca_file = settings.api.ca_file,
                              .deadline = settings.limits.request,
                              .response_limit = static_cast<size_t>(settings.limits.response_bytes),
                              .peer = "HubSpot",
                              .deadline_key = "limits.request",
                              .response_key = "limits.response"};
  if (!settings.api.proxy.empty()) {
    const auto proxy = ParseProxyAddress(settings.api.proxy);
    CHECK_THAT(proxy);
    transport.proxy = *proxy;
  }
  return transport;
}

}  // namespace hubmirror
