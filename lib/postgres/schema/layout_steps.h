#pragma once

#include <span>
#include <string>
#include <string_view>

#include "postgres/session/transaction.h"

namespace hubmirror {

/// A change of our own tables: statements in which `@schema@` stands for the quoted schema. Each is
/// a file of schema/steps, numbered from 1; the version of a layout is the number of its last step.
/// Steps are never edited once released: a new version is a new step.
using LayoutStep = std::string_view;

/// The steps of a portal's schema, of what is beside it where the portal may be written to, and of
/// the common schema `hubmirror`.
std::span<const LayoutStep> PortalSteps();
std::span<const LayoutStep> WriteSteps();
std::span<const LayoutStep> CommonSteps();

/// Runs every step above `stored` in order and returns the version that stands then. Refuses, by
/// DatabaseError kForeign, a schema newer than the last step.
int RunSteps(Transaction& transaction, const std::string& schema, int stored,
             std::span<const LayoutStep> steps);

}  // namespace hubmirror
