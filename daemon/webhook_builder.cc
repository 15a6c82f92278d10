#include "daemon/webhook_builder.h"

#include "base/check.h"
#include "daemon/webhook_parts.h"
#include "model/source/crash_point.h"
#include "postgres/feed/webhook_tables.h"

namespace hubmirror {
namespace {

/// A death right after an answer: what delivers knows no such places.
class MortalTransport final : public HttpTransport {
 public:
  MortalTransport(const TransportSettings& settings, const Clock& clock)
      : there_(settings, clock) {}

  Result<ClientAnswer, HttpFailure> Send(const ClientRequest& request) override {
    auto answer = there_.Send(request);
    Reach(CrashPoint::kWebhookAnswered);
    return answer;
  }

 private:
  PooledTransport there_;
};

}  // namespace

std::vector<std::shared_ptr<Courier>> WebhookBuilder::Build(const PortalSettings& portal) {
  std::vector<std::shared_ptr<Courier>> couriers;
  const PortalPlan& plan = portal.plan;
  if (!plan.feed.enabled || portal.webhooks.empty()) return couriers;
  const auto store = std::make_shared<WebhookTables>(parts_.pool, plan.schema, parts_.instance);
  for (const WebhookSettings& webhook : portal.webhooks) {
    const auto url = ParseRequestUrl(webhook.plan.url);
    CHECK_THAT(url);
    couriers.push_back(std::make_shared<Courier>(
        Courier::Options{.plan = webhook.plan,
                         .sender = {.portal = plan.key,
                                    .webhook = webhook.plan.name,
                                    .url_of = RecordPages(api_, plan)},
                         .target = url->target,
                         .secrets = [&source = parts_.secrets,
                                     refs = webhook.secrets] { return ReadSecrets(source, refs); }},
        Courier::Parts{.store = store,
                       .transport = Transport(url->base),
                       .observer = parts_.observer,
                       .clock = parts_.clock,
                       .log = parts_.log,
                       .random = parts_.random}));
  }
  return couriers;
}

std::shared_ptr<HttpTransport> WebhookBuilder::Transport(const BaseUrl& base) {
  if (!trust_) trust_ = std::make_shared<const TrustStore>(api_.ca_file);
  return std::make_shared<MortalTransport>(TransportToReceiver(api_, base, trust_), parts_.clock);
}

}  // namespace hubmirror
