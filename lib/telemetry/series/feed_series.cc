#include "telemetry/series/feed_series.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "telemetry/series/seconds.h"

namespace hubmirror {
namespace {

constexpr size_t kNamedConsumers = 8;
constexpr const char* kOther = "other";

void SetTime(GaugeSeries& gauge, const std::optional<TimePoint>& time) {
  if (time) {
    gauge.Set(UnixSeconds(*time));
  } else {
    gauge.Clear();
  }
}

/// Where consumers stand, by label.
std::map<std::string, FeedConsumer> ByLabel(const FeedStatus& feed, TimePoint now) {
  std::map<std::string, FeedConsumer> labelled;
  size_t named = 0;
  for (const FeedConsumer& consumer : feed.consumers) {
    const bool own = consumer.name != kOther && named < kNamedConsumers;
    if (own) ++named;
    const TimePoint since = consumer.waits_since.value_or(now);
    const auto [found, fresh] = labelled.try_emplace(own ? consumer.name : kOther, consumer);
    FeedConsumer& worst = found->second;
    worst.waits_since = fresh ? since : std::min(worst.waits_since.value_or(now), since);
    worst.lost = worst.lost || consumer.lost;
  }
  return labelled;
}

}  // namespace

FeedSeries::Consumer::Consumer(MetricRegistry& registry, const PortalKey& portal,
                               const std::string& name)
    : timestamp(registry, MetricId::kFeedConsumerTimestamp, {portal, name}),
      lost(registry, MetricId::kFeedConsumerLost, {portal, name}) {}

FeedSeries::Webhook::Webhook(MetricRegistry& registry, const PortalKey& portal,
                             const std::string& name)
    : ok(registry, MetricId::kWebhookRequests, {portal, name, "ok"}),
      ill(registry, MetricId::kWebhookRequests, {portal, name, "ill"}),
      refused(registry, MetricId::kWebhookRequests, {portal, name, "refused"}),
      last_success(registry, MetricId::kWebhookLastSuccessTimestamp, {portal, name}),
      dead(registry, MetricId::kWebhookDeadEntries, {portal, name}, 0),
      stopped(registry, MetricId::kWebhookStopped, {portal, name}, 0) {}

FeedSeries::FeedSeries(MetricRegistry& registry, const PortalKey& portal)
    : registry_(registry),
      portal_(portal),
      oldest_(registry, MetricId::kFeedOldestTimestamp, {portal}),
      last_(registry, MetricId::kFeedLastTimestamp, {portal}),
      bytes_(registry, MetricId::kFeedBytes, {portal}),
      size_max_(registry, MetricId::kFeedSizeMax, {portal}),
      keep_(registry, MetricId::kFeedKeep, {portal}) {}

void FeedSeries::Set(const FeedStatus& feed, TimePoint now) {
  SetTime(oldest_, feed.oldest_at);
  SetTime(last_, feed.last_at);
  bytes_.Set(static_cast<double>(feed.bytes));
  size_max_.Set(static_cast<double>(feed.size_max));
  keep_.Set(Seconds(feed.keep));
  const auto labelled = ByLabel(feed, now);
  std::erase_if(consumers_, [&](const auto& one) { return !labelled.contains(one.first); });
  for (const auto& [label, consumer] : labelled) {
    Consumer& series = consumers_.try_emplace(label, registry_, portal_, label).first->second;
    series.timestamp.Set(UnixSeconds(*consumer.waits_since));
    series.lost.Set(consumer.lost ? 1 : 0);
  }
  for (auto at = webhooks_.begin(); at != webhooks_.end();) {
    const bool named =
        std::ranges::find(feed.webhooks, at->first, &FeedWebhook::name) != feed.webhooks.end();
    // Requests may be counted before the first look that finds it.
    at = at->second.known && !named ? webhooks_.erase(at) : std::next(at);
  }
  for (const FeedWebhook& webhook : feed.webhooks) {
    Webhook& series = Of(webhook.name);
    series.known = true;
    SetTime(series.last_success, webhook.delivered_at);
    series.dead.Set(static_cast<double>(webhook.dead));
    series.stopped.Set(webhook.stopped || webhook.lost ? 1 : 0);
  }
}

FeedSeries::Webhook& FeedSeries::Of(const std::string& webhook) {
  return webhooks_.try_emplace(webhook, registry_, portal_, webhook).first->second;
}

void FeedSeries::CountWebhook(const std::string& webhook, const std::string& outcome) {
  Webhook& series = Of(webhook);
  (outcome == "ok" ? series.ok : outcome == "ill" ? series.ill : series.refused).Add();
}

}  // namespace hubmirror
