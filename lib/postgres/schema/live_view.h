#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/portal/portal_plan.h"
#include "model/store/mirror_table.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// One of the views over a table: the records that are not archived, merged, erased or purged, with
/// properties under their column names. The first of a kind also has created_at and updated_at;
/// each has id.
struct LiveView {
  std::string name;
  std::string query;
  std::vector<const MirrorColumn*> columns;
};

/// At most this many properties a view (PostgreSQL ends at 1,664 columns of a query).
inline constexpr size_t kLiveViewProperties = 1500;

/// `<object>_live`, `_live_2`, ...: values of their own types, wherever they are stored; and
/// `<object>_readable`, `_readable_2`, ...: the same with the labels that people know in place of
/// the ids of owners, pipelines and stages and of the values of enumerations. `arriving` names
/// columns that exist already while the values of their property are still moving out of
/// `_overflow`: those are read from either. Pure; `columns` must outlive the result.
std::vector<LiveView> LiveViewsOf(const std::string& schema, const std::string& object,
                                  const std::vector<MirrorColumn>& columns,
                                  const std::set<std::string>& arriving);

/// The same records with `id` and `shown` alone, in the types of the table.
std::string WriteViewQuery(const std::string& schema, const std::string& object,
                           const std::vector<MirrorColumn>& shown,
                           const std::set<std::string>& arriving);

/// The names of these.
std::vector<std::string> LiveViewNames(const std::string& schema, const std::string& object,
                                       const std::vector<MirrorColumn>& columns);

/// Condition of a live row; `alias` names the table.
std::string IsLive(const std::string& alias);

// `<object>_write`: a view of live records with their id, the properties by whose values a record
// is known and those that may be changed. Whoever writes into it inserts into `outbox`, and nothing
// else: steps/write/04_views.sql has what its trigger does. A relation of that name that is not
// known by one of these comments is somebody else's, and stays as it is.

inline constexpr const char* kWriteView =
    "Live records with what may be written of them: to write into it is to insert into outbox";
/// It is granted to nobody.
inline constexpr const char* kStaleWriteView =
    "Not what may be written any more: something is built on it, which must be dropped first";
/// The name of its trigger.
inline constexpr const char* kWriteTrigger = "outbox_write";

std::string WriteViewName(const std::string& object);

/// Whether HubSpot takes values of a property and the mirror can compare them (rule W1).
bool CanBeWritten(const ObjectType& object, const MirrorColumn& column);

/// The columns that the view shows beside `id`: those by which records are known, then those that
/// may be changed; no more than fit into a view. Pure.
std::vector<MirrorColumn> WriteViewColumns(const StreamPlan& plan,
                                           const std::vector<MirrorColumn>& columns);

/// Whether there is one of ours.
bool HasWriteView(Transaction& transaction, const std::string& schema, const std::string& object);

/// The statements that grant again, once it is made anew of `columns`, what others have of the view
/// and of columns that it keeps.
std::vector<std::string> WriteViewGrants(Transaction& transaction, const PortalSchema& schema,
                                         const std::string& object,
                                         const std::vector<MirrorColumn>& columns);

/// Makes the view what the plan asks for, or drops it. One that others have built something on
/// cannot be dropped: it is granted to nobody from then on. `arriving` as in LiveViewsOf. Throws
/// StatementError if it cannot get a lock.
void KeepWriteView(Transaction& transaction, const PortalSchema& schema, const std::string& object,
                   const std::vector<MirrorColumn>& columns, const std::set<std::string>& arriving);

/// Drops the views of objects of which the plan lets nothing be written; grants to nobody what
/// cannot be dropped now.
void DropOtherWriteViews(Transaction& transaction, const PortalPlan& plan);

}  // namespace hubmirror
