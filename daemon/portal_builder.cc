#include "daemon/portal_builder.h"

#include <algorithm>

#include "budget/exchange_relay.h"
#include "daemon/feed_mark.h"
#include "daemon/hubspot_transport.h"
#include "daemon/number_file.h"
#include "hubspot/api_client.h"
#include "hubspot/auth/oauth_app.h"
#include "hubspot/auth/refresh_token_file.h"
#include "hubspot/auth/static_token.h"
#include "hubspot/auth/token_keeper.h"
#include "hubspot/record_writer.h"
#include "postgres/feed/feed_upkeep.h"

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
  return std::clamp<size_t>(share, 64 << 10, kMostFlushBytes);
}

std::vector<std::string> NamesOf(const std::vector<WebhookSettings>& webhooks) {
  std::vector<std::string> names;
  names.reserve(webhooks.size());
  for (const WebhookSettings& webhook : webhooks) names.push_back(webhook.plan.name);
  return names;
}

}  // namespace

/// A portal's client and what it refers to; the last member goes first.
struct PortalBuilder::Belongings {
  std::shared_ptr<PooledTransport> transport;
  std::shared_ptr<SourceClock> source_clock;
  std::unique_ptr<ExchangeRelay> relay;
  std::unique_ptr<TokenNews> news;
  std::unique_ptr<OAuthApp> app;
  std::unique_ptr<TokenSource> tokens;
  std::unique_ptr<ApiClient> client;
  std::unique_ptr<RecordWriter> writer;
};

PortalBuilder::PortalBuilder(const Settings& settings, Parts parts)
    : api_(settings.api),
      limits_(settings.limits),
      flush_bytes_(FlushBytes(settings)),
      state_dir_(settings.state_dir),
      parts_(std::move(parts)) {}

std::shared_ptr<PortalSync> PortalBuilder::Build(const PortalSettings& portal) const {
  const PortalPlan& plan = portal.plan;
  auto belongings = std::make_shared<Belongings>();
  belongings->transport = parts_.transport;
  belongings->source_clock = std::make_shared<SourceClock>();
  auto governor = std::make_shared<RateGovernor>(
      RateGovernor::Options{
          .quota_share = plan.quota_share, .daily = plan.daily, .burst = plan.burst},
      belongings->source_clock, parts_.clock.Now());
  belongings->relay = std::make_unique<ExchangeRelay>(governor, parts_.observer);
  AddTokens(portal, *belongings);
  return std::make_shared<PortalSync>(
      plan, std::move(governor), Source(plan, belongings), Store(portal),
      PortalSync::Parts{parts_.observer, parts_.clock, parts_.log, parts_.random});
}

PortalSource PortalBuilder::Source(const PortalPlan& plan,
                                   const std::shared_ptr<Belongings>& belongings) const {
  belongings->client = std::make_unique<ApiClient>(
      ApiClient::Portal{.key = plan.key, .version = api_.version, .base = BaseUrlOf(api_)},
      Wire{*belongings->transport, parts_.clock, *belongings->source_clock}, *belongings->tokens,
      *belongings->relay);
  ApiClient& client = *belongings->client;
  PortalSource source{client, client, client, client, *belongings->source_clock, belongings};
  if (!plan.write.enabled) return source;
  belongings->writer = std::make_unique<RecordWriter>(
      plan.key, api_.version, Wire{*belongings->transport, parts_.clock, *belongings->source_clock},
      *belongings->tokens, *belongings->relay);
  source.target = belongings->writer.get();
  return source;
}

PortalSink::Options PortalBuilder::SinkOptions(const PortalPlan& plan) const {
  PortalSink::Options options{
      .plan = plan, .instance = parts_.instance, .request_deadline = limits_.request};
  if (plan.write.enabled) {
    const std::string path = state_dir_ + "/write/" + plan.key;
    options.last_epoch = ReadNumber(path);
    // What cannot be kept is tried again with the next claim.
    options.on_claimed = [path](int64_t epoch) { KeepNumber(path, epoch); };
    options.on_ended = [tell = parts_.on_ended, plan](int64_t id) { tell(plan, id); };
  }
  if (!plan.feed.enabled) return options;
  const auto mark = std::make_shared<FeedMark>(state_dir_, plan.key);
  options.given_out = mark->number();
  options.on_entries = [tell = parts_.on_entries, plan, mark](int64_t last) {
    mark->Keep(last);
    tell(plan, last);
  };
  options.on_lost_entries = [&log = parts_.log, key = plan.key](int64_t stands, int64_t given_out) {
    log.Write({.level = LogLevel::kWarning,
               .event = "feed.lost_entries",
               .message = "PostgreSQL has entries of the change feed up to " +
                          std::to_string(stands) + " only; " + std::to_string(given_out) +
                          " had been written",
               .fields = {{"PORTAL", key}}});
  };
  return options;
}

PortalStore PortalBuilder::Store(const PortalSettings& portal) const {
  struct Kept {
    PortalSink sink;
    FeedUpkeep feed;
  };
  const auto kept = std::shared_ptr<Kept>(
      new Kept{.sink{parts_.pool, SinkOptions(portal.plan), parts_.clock, parts_.observer},
               .feed{parts_.pool, portal.plan, NamesOf(portal.webhooks)}});
  PortalSink& sink = kept->sink;
  PortalStore store{sink, sink, sink, sink, sink};
  if (portal.hash_key) store.hash_key = Reader(*portal.hash_key);
  store.flush_bytes = flush_bytes_;
  store.owner = kept;
  store.feed = &kept->feed;
  if (portal.plan.write.enabled) store.outbox = &sink;
  return store;
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
