#pragma once

#include "postgres/session/connection.h"

namespace hubmirror {

/// Only one daemon or command changes layouts, and what is common to all portals, at a time: takes
/// that lock to the end of the transaction.
void LockLayouts(Connection& connection);
/// The same if nobody has it; false when somebody has.
bool TryLockLayouts(Connection& connection);

/// Makes the view `hubmirror.status` over all portals of the database anew, or drops it when there
/// is none. To be called with layouts locked.
void RebuildStatus(Connection& connection);

}  // namespace hubmirror
