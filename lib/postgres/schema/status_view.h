#pragma once

#include "postgres/session/connection.h"

namespace hubmirror {

/// Only one daemon or command changes layouts, and what is common to all portals, at a time: takes
/// that lock to the end of the transaction.
void LockLayouts(Connection& connection);
/// The same if the lock is free; false if it is not.
bool TryLockLayouts(Connection& connection);

/// Rebuilds the view `hubmirror.status` over all portals of the database, or drops it if there is
/// no portal. To be called with layouts locked.
void RebuildStatus(Connection& connection);

}  // namespace hubmirror
