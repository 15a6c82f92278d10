#include "telemetry/series/portal_series.h"

#include "telemetry/series/seconds.h"

namespace hubmirror {
namespace {

// With the 15 fixed series, one for what stops the portal and one for replaced definitions, and an
// `other` for each of the 10 endpoints in the first two sets and one in the third, these make 60.
constexpr size_t kRequestSeries = 9;
constexpr size_t kFailureSeries = 8;
constexpr size_t kRetrySeries = 5;
constexpr size_t kEntryKinds = 13;

/// Whether HubSpot is not heard at all; nullopt where that cannot be told: it makes us wait.
std::optional<bool> IsUnheard(const std::optional<ApiErrorKind>& failure) {
  if (!failure) return false;
  switch (*failure) {
    case ApiErrorKind::kServer:
    case ApiErrorKind::kConnect:
    case ApiErrorKind::kTimeout:
    case ApiErrorKind::kDecode:
    case ApiErrorKind::kTooLarge:
      return true;
    case ApiErrorKind::kLocked:
    case ApiErrorKind::kMigrating:
    case ApiErrorKind::kBurstLimit:
    case ApiErrorKind::kSearchLimit:
    case ApiErrorKind::kDailyLimit:
      return std::nullopt;
    default:  // a refusal is an answer, and has alerts of its own
      return false;
  }
}

void SetIfKnown(GaugeSeries& gauge, const std::optional<int64_t>& value) {
  if (value) gauge.Set(static_cast<double>(*value));
}

}  // namespace

PortalSeries::Cycle::Cycle(MetricRegistry& registry, const PortalKey& portal, const char* of,
                           JobKind job)
    : table(of),
      last_complete(registry, MetricId::kJobLastCompleteTimestamp,
                    {portal, of, std::string(NameOf(job))}),
      target(registry, MetricId::kJobTarget, {portal, of, std::string(NameOf(job))}) {}

PortalSeries::PortalSeries(MetricRegistry& registry, const PortalKey& portal)
    : registry_(registry),
      portal_(portal),
      streams_(registry, MetricId::kStreamsConfigured, {portal}, 0),
      cycles_{Cycle(registry, portal, "owners", JobKind::kDirectory),
              Cycle(registry, portal, "lists", JobKind::kLists)},
      requests_(registry, MetricId::kApiRequests, {portal}, kRequestSeries),
      failures_(registry, MetricId::kApiRequestFailures, {portal}, kFailureSeries),
      bytes_(registry, MetricId::kApiResponseBytes, {portal}),
      retries_(registry, MetricId::kApiRetries, {portal}, kRetrySeries),
      broken_promises_(registry, MetricId::kBrokenPromises, {portal}),
      burst_limit_(registry, MetricId::kApiQuotaLimit, {portal, "burst"}),
      burst_remaining_(registry, MetricId::kApiQuotaRemaining, {portal, "burst"}),
      daily_limit_(registry, MetricId::kApiQuotaLimit, {portal, "daily"}),
      daily_remaining_(registry, MetricId::kApiQuotaRemaining, {portal, "daily"}),
      throttle_(registry, MetricId::kApiThrottle, {portal}),
      auth_valid_(registry, MetricId::kAuthValid, {portal}, 1),
      failing_since_(registry, MetricId::kApiFailingSinceTimestamp, {portal}),
      token_expiry_(registry, MetricId::kTokenExpiryTimestamp, {portal}),
      refresh_failures_(registry, MetricId::kTokenRefreshFailures, {portal}),
      entries_(registry, MetricId::kFeedEntries, {portal}, kEntryKinds) {}

void PortalSeries::SetStreams(size_t configured) {
  streams_.Set(static_cast<double>(configured));
}

void PortalSeries::SetAuthValid(bool valid) {
  auth_valid_.Set(valid ? 1 : 0);
}

void PortalSeries::SetStoppedBy(const std::string& reason) {
  if (reason == stopped_by_) return;
  stopped_by_ = reason;
  stopped_.reset();
  if (reason.empty()) return;
  stopped_ = std::make_unique<GaugeSeries>(registry_, MetricId::kPortalStopped,
                                           LabelValues{portal_, reason}, 1);
}

void PortalSeries::SetReference(const std::vector<ReferenceStatus>& tables) {
  for (Cycle& cycle : cycles_) {
    for (const ReferenceStatus& status : tables) {
      if (status.table != cycle.table) continue;
      cycle.target.Set(Seconds(status.target));
      if (status.last_complete_at) cycle.last_complete.Set(UnixSeconds(*status.last_complete_at));
    }
  }
}

void PortalSeries::SetFeed(const std::optional<FeedStatus>& feed, TimePoint now) {
  if (!feed) {
    feed_.reset();
    return;
  }
  if (!feed_) feed_ = std::make_unique<FeedSeries>(registry_, portal_);
  feed_->Set(*feed, now);
}

void PortalSeries::CountEntries(const std::map<std::string, int64_t>& by_op) {
  for (const auto& [op, count] : by_op) entries_.At({op}).Add(static_cast<double>(count));
}

void PortalSeries::CountWebhook(const std::string& webhook, const std::string& outcome) {
  if (feed_) feed_->CountWebhook(webhook, outcome);
}

WriteSeries& PortalSeries::Write() {
  if (!write_) write_ = std::make_unique<WriteSeries>(registry_, portal_);
  return *write_;
}

void PortalSeries::SetWrite(const std::optional<WriteStatus>& write) {
  if (write) Write().Set(*write);
}

void PortalSeries::CountWrites(const std::string& object, const WriteCounts& counts) {
  Write().Count(object, counts);
}

void PortalSeries::CountEchoes(const std::map<std::string, int64_t>& by_kind) {
  Write().CountEchoes(by_kind);
}

void PortalSeries::SetTokenExpiry(TimePoint expires_at) {
  token_expiry_.Set(UnixSeconds(expires_at));
}

void PortalSeries::CountExchange(const Exchange& exchange, TimePoint now) {
  if (const auto unheard = IsUnheard(exchange.failure); unheard && *unheard != failing_) {
    failing_ = *unheard;
    if (failing_) {
      failing_since_.Set(UnixSeconds(now));
    } else {
      failing_since_.Clear();
    }
  }
  const std::string endpoint(NameOf(exchange.endpoint));
  requests_.At({endpoint, std::to_string(exchange.status)}).Add();
  if (!WriteOpOf(exchange.endpoint).empty()) Write().CountRequest(exchange);
  if (exchange.failure) failures_.At({endpoint, std::string(ReasonOf(*exchange.failure))}).Add();
  bytes_.Add(static_cast<double>(exchange.body_bytes));
  if (exchange.replaced > 0) {
    if (!replaced_) {
      replaced_ = std::make_unique<CounterSeries>(registry_, MetricId::kValuesReplaced,
                                                  LabelValues{portal_, "definitions"});
    }
    replaced_->Add(static_cast<double>(exchange.replaced));
  }
  SetIfKnown(burst_limit_, exchange.rate.burst_limit);
  SetIfKnown(burst_remaining_, exchange.rate.burst_remaining);
  SetIfKnown(daily_limit_, exchange.rate.daily_limit);
  SetIfKnown(daily_remaining_, exchange.rate.daily_remaining);
}

void PortalSeries::CountThrottle(std::chrono::milliseconds waited) {
  if (waited.count() > 0) throttle_.Add(Seconds(waited));
}

void PortalSeries::CountBrokenPromise() {
  broken_promises_.Add();
}

void PortalSeries::CountRetry(const std::string& reason) {
  retries_.At({reason}).Add();
}

void PortalSeries::CountTokenRefreshFailure() {
  refresh_failures_.Add();
}

}  // namespace hubmirror
