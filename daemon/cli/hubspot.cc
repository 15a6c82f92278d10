#include "daemon/cli/hubspot.h"

#include <stdexcept>

#include "base/check.h"
#include "daemon/hubspot_transport.h"
#include "hubspot/api_client.h"
#include "hubspot/auth/refresh_token_file.h"
#include "hubspot/auth/static_token.h"

namespace hubmirror {

Result<std::vector<CustomType>, ApiError> ReadCustomTypes(ReferenceSource& source) {
  const auto page = source.ReadReference({.kind = ReferenceKind::kObjectTypes});
  if (!page) return page.error();
  std::vector<CustomType> types;
  for (const ReferenceRow& row : page->batches.at(0).rows) {
    types.push_back(
        {row.values[0].value_or(""), row.values[2].value_or(""), row.values[3].value_or("")});
  }
  return types;
}

/// Hears of requests and refreshes and does nothing: one command has no budget and no metrics.
class HubSpotAccess::Deaf final : public ExchangeObserver, public TokenObserver {
 public:
  void OnExchange(const Exchange&) override {}
  void OnTokenExpiry(TimePoint) override {}
  void OnTokenRefreshFailure() override {}
};

Result<std::unique_ptr<HubSpotAccess>, std::string> HubSpotAccess::Open(const Settings& settings,
                                                                        const SecretSource& secrets,
                                                                        const Clock& clock) {
  try {
    return std::unique_ptr<HubSpotAccess>(new HubSpotAccess(settings, secrets, clock));
  } catch (const std::runtime_error& error) {
    return std::string(error.what());
  }
}

HubSpotAccess::HubSpotAccess(const Settings& settings, const SecretSource& secrets,
                             const Clock& clock)
    : api_(settings.api),
      state_dir_(settings.state_dir),
      secrets_(secrets),
      clock_(clock),
      base_(BaseUrlOf(settings.api)),
      deaf_(std::make_unique<Deaf>()),
      transport_(TransportOf(settings), clock) {}

HubSpotAccess::~HubSpotAccess() = default;

ApiClient& HubSpotAccess::Source(const PortalSettings& portal) {
  source_ = std::make_unique<ApiClient>(
      ApiClient::Portal{.key = portal.plan.key, .version = api_.version, .base = base_},
      Wire{transport_, clock_, source_clock_}, Tokens(portal), *deaf_);
  return *source_;
}

OAuthApp& HubSpotAccess::App(const PortalSettings& portal) {
  CHECK_THAT(portal.oauth);
  app_ = std::make_unique<OAuthApp>(
      OAuthApp::Settings{
          .portal = portal.plan.key,
          .version = api_.version,
          .client_id = portal.oauth->client_id,
          .client_secret = [this,
                            ref = portal.oauth->client_secret] { return secrets_.Resolve(ref); }},
      Wire{transport_, clock_, source_clock_}, *deaf_);
  return *app_;
}

Result<Secret, std::string> HubSpotAccess::ConfiguredRefreshToken(
    const PortalSettings& portal) const {
  if (!portal.oauth || !portal.oauth->refresh_token) return Secret();
  return secrets_.Resolve(*portal.oauth->refresh_token);
}

TokenSource& HubSpotAccess::Tokens(const PortalSettings& portal) {
  if (portal.oauth) {
    tokens_ = std::make_unique<TokenKeeper>(
        TokenKeeper::Settings{
            .portal_id = portal.plan.portal_id,
            .refresh_token = [this, portal] { return ConfiguredRefreshToken(portal); }},
        App(portal), RefreshTokenFile(state_dir_, portal.plan.key), clock_, *deaf_);
  } else {
    CHECK_THAT(portal.token);
    tokens_ = std::make_unique<StaticToken>(
        [this, ref = *portal.token] { return secrets_.Resolve(ref); });
  }
  return *tokens_;
}

}  // namespace hubmirror
