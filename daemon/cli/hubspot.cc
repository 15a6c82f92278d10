#include "daemon/cli/hubspot.h"

#include <rapidjson/document.h>

#include <algorithm>
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
  return CustomTypesIn(*page);
}

std::vector<CustomType> CustomTypesIn(const ReferencePage& page) {
  std::vector<CustomType> types;
  for (const ReferenceRow& row : page.batches.at(0).rows) {
    types.push_back(
        {row.values[0].value_or(""), row.values[2].value_or(""), row.values[3].value_or("")});
  }
  return types;
}

std::map<std::string, std::vector<std::string>> RequiredPropertiesIn(const ReferencePage& page) {
  const auto& columns = TableOf(ReferenceKind::kObjectTypes).columns;
  const auto at = std::ranges::find(columns, "required_properties", &ReferenceColumn::name);
  const auto place = static_cast<size_t>(at - columns.begin());
  std::map<std::string, std::vector<std::string>> required;
  for (const ReferenceRow& row : page.batches.at(0).rows) {
    rapidjson::Document list;
    list.Parse(row.values[place].value_or("[]").c_str());
    if (list.HasParseError() || !list.IsArray()) continue;
    for (const rapidjson::Value& name : list.GetArray()) {
      if (name.IsString()) required[row.values[0].value_or("")].emplace_back(name.GetString());
    }
  }
  return required;
}

std::vector<ObjectType> ObjectsOf(const PortalPlan& plan) {
  std::vector<ObjectType> objects;
  for (const StreamPlan& stream : plan.streams) objects.push_back(stream.object);
  return objects;
}

std::vector<ObjectType> WrittenOf(const PortalPlan& plan) {
  std::vector<ObjectType> written;
  for (const StreamPlan& stream : plan.streams) {
    if (plan.write.enabled && stream.write.any()) written.push_back(stream.object);
  }
  return written;
}

HubSpotAdvice AdviceOn(const ApiError& error) {
  constexpr bool kPasses = true;
  constexpr bool kStays = false;
  switch (error.kind) {
    case ApiErrorKind::kBurstLimit:
      return {kPasses, "try again in ten seconds: the daemon or another app uses up the limit"};
    case ApiErrorKind::kSearchLimit:
      return {kPasses, "try again in a few seconds: the daemon or another app searches a lot"};
    case ApiErrorKind::kDailyLimit:
      return {kPasses, "try again after the account's midnight, or buy more requests from HubSpot"};
    case ApiErrorKind::kTokenExpired:
    case ApiErrorKind::kUnauthorized:
      return {kStays, "store a token that HubSpot accepts"};
    case ApiErrorKind::kGrantRevoked:
      return {kStays, "grant access again with `hubmirror portal authorize`"};
    case ApiErrorKind::kAppConfig:
      return {kStays, "compare client id and client secret with the app's page in HubSpot"};
    case ApiErrorKind::kSecret:
      return {kStays,
              "make the token readable by this user and nobody else; an OAuth app's comes from "
              "`hubmirror portal authorize`"};
    case ApiErrorKind::kWrongPortal:
      return {kStays,
              "set portal_id to the portal that the token belongs to, or store the right token"};
    case ApiErrorKind::kForbidden:
      return {kStays, error.missing_scopes.empty()
                          ? "grant the app or the key access to this object type in HubSpot"
                          : "add the scope " + error.missing_scopes.front() +
                                " to the app or the key in HubSpot"};
    case ApiErrorKind::kNotFound:
      return {kStays,
              "compare the object's name with HubSpot's; if it is right, check api.base_url and "
              "api.version"};
    case ApiErrorKind::kUrlTooLong:
      return {kStays,
              "let the proxy in front of HubSpot (api.proxy, api.base_url) pass longer addresses"};
    case ApiErrorKind::kUnsupported:
    case ApiErrorKind::kBadRequest:
      return {kStays, "look at api.base_url and api.version"};
    case ApiErrorKind::kLocked:
      return {kPasses, "try again in a minute"};
    case ApiErrorKind::kMigrating:
      return {kPasses, "try again once HubSpot has moved the account, which may take hours"};
    case ApiErrorKind::kServer:
      return {kPasses,
              "try again in a minute; if it persists, check api.proxy and HubSpot's status page"};
    case ApiErrorKind::kConnect:
    case ApiErrorKind::kTimeout:
      return {kPasses, "check this host's network, api.base_url and api.proxy"};
    case ApiErrorKind::kDecode:
      return {kPasses, "check api.base_url and api.proxy: this answer is not HubSpot's"};
    case ApiErrorKind::kTooLarge:
      return {kStays, "raise limits.response in the configuration"};
  }
  CHECK_THAT(false);
  return {};
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
