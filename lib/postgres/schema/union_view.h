#pragma once

#include <string>

#include "postgres/session/connection.h"

namespace hubmirror {

/// Views `hubmirror.<object>` over the `<object>_live` of every portal of this database whose
/// configuration names the object in `unions`: `portal`, then each portal's columns by their
/// names. A column that portals keep in different types is text; one that a portal does not have
/// is NULL there. Which portals ask for what stands in `hubmirror.portals`, so that daemons with
/// different portals build the same view.
///
/// The views take the rights of whoever reads them (PostgreSQL 15 and later), so everybody is
/// granted them: a role can read one when it may read every portal in it. On PostgreSQL 14 nobody
/// is granted anything.
///
/// Thread-safe: keeps nothing. Each call is inside a transaction of the caller's, and may wait for
/// another portal that is making its views.

/// Rebuilds the view of one object, or drops it if no portal asks for it any longer.
void RebuildUnion(Connection& connection, const std::string& object);
/// The same for every object that a portal asks for or that has a view; one that is in use stays as
/// it is.
void RebuildUnions(Connection& connection);
/// Gives its columns the comments that they have in the first portal with such a column.
void CommentUnion(Connection& connection, const std::string& object);
/// Drops the view while the views under it are rebuilt in the same transaction, which ends with
/// RebuildUnion. Throws StatementError 2BP01 if something is built on it.
void DropUnion(Connection& connection, const std::string& object);

}  // namespace hubmirror
