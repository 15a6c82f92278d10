#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/pooled_transport.h"
#include "hubspot/api_client.h"
#include "hubspot/auth/oauth_app.h"
#include "hubspot/auth/scopes.h"
#include "hubspot/auth/token_keeper.h"
#include "hubspot/auth/token_source.h"
#include "model/portal/custom_type.h"
#include "model/portal/portal_plan.h"
#include "model/source/page_source.h"
#include "model/source/reference.h"
#include "settings/reading/secret_source.h"
#include "settings/settings.h"

namespace hubmirror {

/// The custom objects that the portal has.
Result<std::vector<CustomType>, ApiError> ReadCustomTypes(ReferenceSource& source);

/// The same of a page that HubSpot shows of them.
std::vector<CustomType> CustomTypesIn(const ReferencePage& page);
/// By the id of each, what HubSpot makes no record of it without.
std::map<std::string, std::vector<std::string>> RequiredPropertiesIn(const ReferencePage& page);

/// The object types of the plan, and those of them that may be written.
std::vector<ObjectType> ObjectsOf(const PortalPlan& plan);
std::vector<ObjectType> WrittenOf(const PortalPlan& plan);

/// What a person does about HubSpot's refusal, or about no answer: the one table of such steps.
struct HubSpotAdvice {
  bool passes = false;  ///< asking again later may help, without anybody changing anything
  std::string next;     ///< for `Next:`
};

HubSpotAdvice AdviceOn(const ApiError& error);

/// A way to one portal for a single command: connections, token and client together, with nobody
/// watching budgets. Owned by one thread.
class HubSpotAccess {
 public:
  /// `secrets` and `clock` must outlive the access. The error says that `api.ca_file` cannot be
  /// read.
  static Result<std::unique_ptr<HubSpotAccess>, std::string> Open(const Settings& settings,
                                                                  const SecretSource& secrets,
                                                                  const Clock& clock);
  ~HubSpotAccess();

  /// The portal's records, with the token or the grant of its configuration. Call once.
  ApiClient& Source(const PortalSettings& portal);
  /// The OAuth app of a portal that has one. Call once.
  OAuthApp& App(const PortalSettings& portal);
  /// The portal's configured refresh token; empty when there is none.
  Result<Secret, std::string> ConfiguredRefreshToken(const PortalSettings& portal) const;

 private:
  class Deaf;

  HubSpotAccess(const Settings& settings, const SecretSource& secrets, const Clock& clock);
  TokenSource& Tokens(const PortalSettings& portal);

  const ApiSettings api_;
  const std::string state_dir_;
  const SecretSource& secrets_;
  const Clock& clock_;
  const BaseUrl base_;
  const std::unique_ptr<Deaf> deaf_;
  PooledTransport transport_;
  SourceClock source_clock_;
  std::unique_ptr<OAuthApp> app_;
  std::unique_ptr<TokenSource> tokens_;
  std::unique_ptr<ApiClient> source_;
};

}  // namespace hubmirror
