#include "daemon/webhook_parts.h"

#include <map>

#include "base/check.h"
#include "delivery/courier.h"

namespace hubmirror {

TransportSettings TransportToReceiver(const ApiSettings& api, const BaseUrl& receiver,
                                      std::shared_ptr<const TrustStore> trust) {
  TransportSettings settings{.base = receiver,
                             .ca_file = api.ca_file,
                             .deadline = kWebhookDeadline,
                             .response_limit = kMostWebhookAnswer,
                             .body_limit = BodyLimit::kCut,
                             .peer = "a receiver",
                             .trust = std::move(trust)};
  if (!api.proxy.empty() && !StaysOnThisMachine(receiver.host)) {
    const auto proxy = ParseProxyAddress(api.proxy);
    CHECK_THAT(proxy);
    settings.proxy = *proxy;
  }
  return settings;
}

Result<std::vector<Secret>, std::string> ReadSecrets(const SecretSource& source,
                                                     const std::vector<SecretRef>& refs) {
  std::vector<Secret> secrets;
  for (const SecretRef& ref : refs) {
    auto secret = source.Resolve(ref);
    if (!secret) return secret.error();
    secrets.push_back(std::move(*secret));
  }
  return secrets;
}

std::function<std::string(const std::string& object, const std::string& id)> RecordPages(
    const ApiSettings& api, const PortalPlan& plan) {
  std::map<std::string, std::string> beginnings;
  for (const StreamPlan& stream : plan.streams) {
    beginnings[stream.object.name] = api.app_url + "/contacts/" +
                                     std::to_string(plan.portal_id.value) + "/record/" +
                                     stream.object.type_id + "/";
  }
  return [beginnings = std::move(beginnings)](const std::string& object, const std::string& id) {
    const auto found = beginnings.find(object);
    return found == beginnings.end() ? std::string() : found->second + id;
  };
}

}  // namespace hubmirror
