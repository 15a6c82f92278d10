#pragma once

#include "model/portal/controls.h"
#include "model/portal/portal_plan.h"

namespace hubmirror {

/// What the cost of an operation depends on in one stream, as it is now.
struct StreamSize {
  int64_t rows = 0;     ///< live
  int64_t pending = 0;  ///< records in `_pending`
};

/// What an operation asks of HubSpot for one stream, job by job. Pure.
std::vector<OperationCost::Part> CostOfOperation(OperationKind kind, const PortalPlan& plan,
                                                 const StreamPlan& stream, const StreamSize& size);

/// What it asks for the portal as a whole, beside its streams.
std::vector<OperationCost::Part> CostBesideStreams(OperationKind kind);

}  // namespace hubmirror
