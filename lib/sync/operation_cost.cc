#include "sync/operation_cost.h"

#include "sync/plan_estimate.h"

namespace hubmirror {
namespace {

constexpr int64_t kBatch = 100;

using Parts = std::vector<OperationCost::Part>;

Parts CostOfSettle(const std::string& object, const StreamCost& cost) {
  return {{object, "property definitions", cost.catalog},
          {object, "search page, and a batch read for each 100 changed", 1},
          {object, "list pages of 100", cost.sweep},
          {object, "archived pages of 100, about", cost.archived},
          {object, "batches of 1,000 for links", cost.links}};
}

}  // namespace

std::vector<OperationCost::Part> CostOfOperation(OperationKind kind, const PortalPlan& plan,
                                                 const StreamPlan& stream, const StreamSize& size) {
  const std::string& object = stream.object.name;
  const StreamCost cost = CostOfStream(plan, stream, size.rows);
  switch (kind) {
    case OperationKind::kPoll:
      return {{object, "search page, and a batch read for each 100 changed", 1}};
    case OperationKind::kBackfill:
    case OperationKind::kVerify:
      return {{object, "list pages of 100", cost.sweep}};
    case OperationKind::kSettle:
      return CostOfSettle(object, cost);
    case OperationKind::kResolve:
      // Live and archived ones are asked for apart.
      return {
          {object, "batch reads of pending records", 2 * ((size.pending + kBatch - 1) / kBatch)}};
    case OperationKind::kRefresh:
      return {{object, "batch reads, live and archived", 2}};
    case OperationKind::kApplySchema:
      return {{object, "property definitions", cost.catalog}};
  }
  return {};
}

std::vector<OperationCost::Part> CostBesideStreams(OperationKind kind) {
  if (kind != OperationKind::kSettle) return {};
  return {{"", "owners, teams, users, custom types", 5}, {"", "lists, marketing events", 2}};
}

}  // namespace hubmirror
