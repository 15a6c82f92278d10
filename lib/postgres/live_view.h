#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/mirror_table.h"

namespace hubmirror {

/// One of the views `<object>_live`, `<object>_live_2`, ...: the records that are not archived,
/// merged, erased or purged, with properties under their column names and of their types, wherever
/// the values are stored. The first also has created_at and updated_at; each has id.
struct LiveView {
  std::string name;
  std::string query;
  std::vector<const MirrorColumn*> columns;
};

/// At most this many properties a view (PostgreSQL ends at 1,664 columns of a query).
inline constexpr size_t kLiveViewProperties = 1500;

/// The views over a table. `arriving` names columns that exist already while the values of their
/// property are still moving out of `_overflow`: those are read from either. Pure; `columns` must
/// outlive the result.
std::vector<LiveView> LiveViewsOf(const std::string& schema, const std::string& object,
                                  const std::vector<MirrorColumn>& columns,
                                  const std::set<std::string>& arriving);

/// Condition of a live row; `alias` names the table.
std::string IsLive(const std::string& alias);

}  // namespace hubmirror
