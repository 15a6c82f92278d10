#include "simulation/daemon.h"

#include "postgres/portal_sink.h"
#include "simulation/memory_store.h"

namespace hubmirror::simulation {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRequestDeadline = 25s;

/// What the portal's client and store refer to; the last member goes first.
struct Belongings {
  std::shared_ptr<SourceClock> source_clock;
  std::unique_ptr<ExchangeRelay> relay;
  std::unique_ptr<StaticToken> tokens;
  std::unique_ptr<MemoryStore> memory;
  std::unique_ptr<PortalSink> postgres;
};

/// The store of a life, in memory or in PostgreSQL.
Gate::Inner OpenStore(const DaemonLife::Parts& parts, const PortalPlan& plan,
                      Belongings& belongings) {
  if (parts.dsn.empty()) {
    belongings.memory = std::make_unique<MemoryStore>(parts.disk, parts.clock, kRequestDeadline);
    return {*belongings.memory, *belongings.memory, *belongings.memory};
  }
  auto pool = std::make_shared<ConnectionPool>(
      ConnectionPool::Options{.target = {.dsn = parts.dsn}, .size = parts.setup.workers + 2},
      parts.clock, parts.observer);
  belongings.postgres = std::make_unique<PortalSink>(
      std::move(pool),
      PortalSink::Options{
          .plan = plan, .instance = "simulation", .request_deadline = kRequestDeadline},
      parts.clock, parts.observer);
  return {*belongings.postgres, *belongings.postgres, *belongings.postgres};
}

}  // namespace

PortalPlan PlanOf(const Setup& setup, PortalId portal_id) {
  PortalPlan plan;
  plan.key = "acme";
  plan.portal_id = portal_id;
  plan.schema = "acme";
  for (const std::string& object : setup.objects) {
    StreamPlan stream = setup.plan;
    stream.object = *FindObjectType(object);
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
  const Gate::Inner store = OpenStore(parts, plan, *belongings);
  auto source = std::make_unique<ApiClient>(
      ApiClient::Portal{.key = plan.key, .version = "2026-09", .base = {}},
      Wire{parts.transport, parts.clock, *belongings->source_clock}, *belongings->tokens,
      *belongings->relay);
  auto sink = std::make_unique<Gate>(store, parts.trouble, parts.clock, parts.setup.slowest_commit,
                                     parts.seed + 1, parts.hooks);
  LinkSource* const link_source = source.get();
  LinkSink* const link_sink = sink.get();
  VerifySink* const verify_sink = sink.get();
  auto source_clock = belongings->source_clock;
  portal_ = std::make_shared<PortalSync>(plan, std::move(governor), std::move(source_clock),
                                         PortalSync::Ports{.belongings = std::move(belongings),
                                                           .source = std::move(source),
                                                           .sink = std::move(sink),
                                                           .link_source = link_source,
                                                           .link_sink = link_sink,
                                                           .observer = parts.observer,
                                                           .clock = parts.clock,
                                                           .log = parts.log,
                                                           .random = random_,
                                                           .verify_sink = verify_sink});
  schedule_.Add(portal_);
}

}  // namespace hubmirror::simulation
