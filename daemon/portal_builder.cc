#include "daemon/portal_builder.h"

#include <algorithm>

#include "budget/exchange_relay.h"
#include "daemon/hubspot_transport.h"
#include "hubspot/api_client.h"
#include "hubspot/auth/oauth_app.h"
#include "hubspot/auth/refresh_token_file.h"
#include "hubspot/auth/static_token.h"
#include "hubspot/auth/token_keeper.h"
#include "postgres/portal_sink.h"

namespace hubmirror {
namespace {

/// Tells a portal's token news under its name.
class TokenNews final : public TokenObserver {
 public:
  TokenNews(PortalKey portal, SyncObserver& observer)
      : portal_(std::move(portal)), observer_(observer) {}
  void OnTokenExpiry(TimePoint expires_at) override {
    observer_.OnTokenExpiry(portal_, expires_at);
  }
  void OnTokenRefreshFailure() override { observer_.OnTokenRefreshFailure(portal_); }

 private:
  const PortalKey portal_;
  SyncObserver& observer_;
};

/// Every stream has two walks, and each may hold two transactions' worth of rows: all of them
/// together stay within `limits.memory`.
size_t FlushBytes(const Settings& settings) {
  size_t streams = 1;
  for (const PortalSettings& portal : settings.portals) streams += portal.plan.streams.size();
  const size_t share = static_cast<size_t>(settings.limits.memory_bytes) / (4 * streams);
  return std::clamp<size_t>(share, 64 << 10, WalkJob::Options{}.flush_bytes);
}

}  // namespace

/// What a portal's client refers to; the last member goes first.
struct PortalBuilder::Belongings {
  std::shared_ptr<PooledTransport> transport;
  std::shared_ptr<SourceClock> source_clock;
  std::unique_ptr<ExchangeRelay> relay;
  std::unique_ptr<TokenNews> news;
  std::unique_ptr<OAuthApp> app;
  std::unique_ptr<TokenSource> tokens;
};

PortalBuilder::PortalBuilder(const Settings& settings, Parts parts)
    : api_(settings.api),
      limits_(settings.limits),
      flush_bytes_(FlushBytes(settings)),
      state_dir_(settings.state_dir),
      parts_(std::move(parts)) {}

std::shared_ptr<PortalSync> PortalBuilder::Build(const PortalSettings& portal) const {
  const PortalPlan& plan = portal.plan;
  auto source_clock = std::make_shared<SourceClock>();
  auto governor = std::make_shared<RateGovernor>(
      RateGovernor::Options{
          .quota_share = plan.quota_share, .daily = plan.daily, .burst = plan.burst},
      source_clock, parts_.clock.Now());
  auto belongings = std::make_shared<Belongings>();
  belongings->transport = parts_.transport;
  belongings->source_clock = source_clock;
  belongings->relay = std::make_unique<ExchangeRelay>(governor, parts_.observer);
  AddTokens(portal, *belongings);

  auto source = std::make_unique<ApiClient>(
      ApiClient::Portal{.key = plan.key, .version = api_.version, .base = BaseUrlOf(api_)},
      Wire{*belongings->transport, parts_.clock, *source_clock}, *belongings->tokens,
      *belongings->relay);
  auto sink = std::make_unique<PortalSink>(
      parts_.pool,
      PortalSink::Options{
          .plan = plan, .instance = parts_.instance, .request_deadline = limits_.request},
      parts_.clock, parts_.observer);
  LinkSource* const link_source = source.get();
  LinkSink* const link_sink = sink.get();
  HistorySource* const history_source = source.get();
  HistorySink* const history_sink = sink.get();
  ReferenceSource* const reference_source = source.get();
  ReferenceSink* const reference_sink = sink.get();
  VerifySink* const verify_sink = sink.get();
  return std::make_shared<PortalSync>(
      plan, std::move(governor), std::move(source_clock),
      PortalSync::Ports{.belongings = std::move(belongings),
                        .source = std::move(source),
                        .sink = std::move(sink),
                        .link_source = link_source,
                        .link_sink = link_sink,
                        .observer = parts_.observer,
                        .clock = parts_.clock,
                        .log = parts_.log,
                        .random = parts_.random,
                        .flush_bytes = flush_bytes_,
                        .history_source = history_source,
                        .history_sink = history_sink,
                        .reference_source = reference_source,
                        .reference_sink = reference_sink,
                        .verify_sink = verify_sink,
                        .hash_key = portal.hash_key ? Reader(*portal.hash_key) : SecretReader()});
}

SecretReader PortalBuilder::Reader(const SecretRef& ref) const {
  return [&secrets = parts_.secrets, ref] { return secrets.Resolve(ref); };
}

void PortalBuilder::AddTokens(const PortalSettings& portal, Belongings& belongings) const {
  if (portal.token) {
    belongings.tokens = std::make_unique<StaticToken>(Reader(*portal.token), portal.plan.portal_id);
    return;
  }
  const OAuthSettings& oauth = *portal.oauth;
  belongings.news = std::make_unique<TokenNews>(portal.plan.key, parts_.observer);
  belongings.app = std::make_unique<OAuthApp>(
      OAuthApp::Settings{.portal = portal.plan.key,
                         .version = api_.version,
                         .client_id = oauth.client_id,
                         .client_secret = Reader(oauth.client_secret)},
      Wire{*belongings.transport, parts_.clock, *belongings.source_clock}, *belongings.relay);
  SecretReader refresh_token = [] { return Result<Secret, std::string>(Secret()); };
  if (oauth.refresh_token) refresh_token = Reader(*oauth.refresh_token);
  belongings.tokens = std::make_unique<TokenKeeper>(
      TokenKeeper::Settings{.portal_id = portal.plan.portal_id,
                            .refresh_token = std::move(refresh_token)},
      *belongings.app, RefreshTokenFile(state_dir_, portal.plan.key), parts_.clock,
      *belongings.news);
}

}  // namespace hubmirror
