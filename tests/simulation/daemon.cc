#include "simulation/daemon.h"

#include "postgres/portal_sink.h"
#include "simulation/memory_store.h"
#include "support/memory_history.h"
#include "support/no_references.h"

namespace hubmirror::simulation {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRequestDeadline = 25s;

/// The portal's client, its store and what they refer to; the last member goes first. Of histories
/// and reference tables it has none.
struct Belongings {
  std::shared_ptr<SourceClock> source_clock;
  std::unique_ptr<ExchangeRelay> relay;
  std::unique_ptr<StaticToken> tokens;
  std::unique_ptr<MemoryStore> memory;
  std::unique_ptr<PortalSink> postgres;
  std::unique_ptr<Gate> gate;
  std::unique_ptr<ApiClient> client;
  std::unique_ptr<RecordWriter> writer;
  testing::MemoryHistory histories;
  testing::NoReferences references;
};

/// The store of a life, in memory or in PostgreSQL.
Gate::Inner OpenStore(const DaemonLife::Parts& parts, const PortalPlan& plan,
                      Belongings& belongings) {
  if (parts.dsn.empty()) {
    belongings.memory = std::make_unique<MemoryStore>(parts.disk, parts.clock, kRequestDeadline);
    return {*belongings.memory, *belongings.memory, *belongings.memory, nullptr};
  }
  auto pool = std::make_shared<ConnectionPool>(
      ConnectionPool::Options{.target = {.dsn = parts.dsn}, .size = parts.setup.workers + 2},
      parts.clock, parts.observer);
  belongings.postgres = std::make_unique<PortalSink>(
      std::move(pool),
      PortalSink::Options{.plan = plan,
                          .instance = parts.instance,
                          .request_deadline = kRequestDeadline,
                          .last_epoch = parts.epoch,
                          .on_claimed = [&kept = parts.epoch](int64_t epoch) { kept = epoch; }},
      parts.clock, parts.observer);
  WriteSink* const outbox = plan.write.enabled ? belongings.postgres.get() : nullptr;
  return {*belongings.postgres, *belongings.postgres, *belongings.postgres, outbox};
}

}  // namespace

PortalPlan PlanOf(const Setup& setup, PortalId portal_id) {
  PortalPlan plan;
  plan.key = "acme";
  plan.portal_id = portal_id;
  plan.schema = "acme";
  plan.feed = {.enabled = true, .everything = true};
  plan.write = setup.write;
  for (const std::string& object : setup.objects) {
    StreamPlan stream = setup.plan;
    stream.object = *FindObjectType(object);
    if (plan.write.enabled) stream.write = WritingOf(object, setup);
    plan.streams.push_back(std::move(stream));
  }
  return plan;
}

DaemonLife::DaemonLife(const Parts& parts) : random_(parts.seed), schedule_(parts.clock) {
  const PortalPlan plan = PlanOf(parts.setup, parts.portal_id);
  auto belongings = std::make_shared<Belongings>();
  belongings->source_clock = std::make_shared<SourceClock>();
  auto governor =
      std::make_shared<RateGovernor>(RateGovernor::Options{.quota_share = plan.quota_share},
                                     belongings->source_clock, parts.clock.Now());
  belongings->relay = std::make_unique<ExchangeRelay>(governor, parts.observer);
  belongings->tokens = std::make_unique<StaticToken>(
      [token = parts.token] { return Result<Secret, std::string>(Secret(token)); },
      parts.portal_id);
  belongings->client = std::make_unique<ApiClient>(
      ApiClient::Portal{.key = plan.key, .version = "2026-09", .base = {}},
      Wire{parts.transport, parts.clock, *belongings->source_clock}, *belongings->tokens,
      *belongings->relay);
  belongings->gate =
      std::make_unique<Gate>(OpenStore(parts, plan, *belongings), parts.trouble, parts.clock,
                             parts.setup.slowest_commit, parts.seed + 1, parts.hooks);
  ApiClient& client = *belongings->client;
  Gate& gate = *belongings->gate;
  PortalSource source{
      client,    client, belongings->histories, belongings->references, *belongings->source_clock,
      belongings};
  PortalStore store{gate, gate, belongings->histories, belongings->references, gate};
  if (plan.write.enabled) {
    belongings->writer = std::make_unique<RecordWriter>(
        plan.key, "2026-09", Wire{parts.transport, parts.clock, *belongings->source_clock},
        *belongings->tokens, *belongings->relay);
    source.target = belongings->writer.get();
    store.outbox = &gate;
  }
  portal_ = std::make_shared<PortalSync>(
      plan, std::move(governor), std::move(source), std::move(store),
      PortalSync::Parts{parts.observer, parts.clock, parts.log, random_});
  schedule_.Add(portal_);
}

}  // namespace hubmirror::simulation
