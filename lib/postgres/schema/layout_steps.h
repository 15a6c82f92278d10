#pragma once

#include <span>
#include <string>
#include <string_view>

#include "postgres/session/transaction.h"

namespace hubmirror {

/// One change of our own tables. Steps are never edited once released: a new version is a new step.
struct LayoutStep {
  int version = 0;       ///< 1, 2, 3, ... without a gap
  std::string_view sql;  ///< statements; `@schema@` stands for the quoted schema
};

/// The steps of a portal's schema and of the common schema `hubmirror`.
std::span<const LayoutStep> PortalSteps();
std::span<const LayoutStep> CommonSteps();

/// Runs every step above `stored` in order and returns the version that stands then. Refuses, by
/// DatabaseError kForeign, a schema newer than the last step.
int RunSteps(Transaction& transaction, const std::string& schema, int stored,
             std::span<const LayoutStep> steps);

}  // namespace hubmirror
