#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/store/mirror_table.h"

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

/// The names of these.
std::vector<std::string> LiveViewNames(const std::string& schema, const std::string& object,
                                       const std::vector<MirrorColumn>& columns);

/// Condition of a live row; `alias` names the table.
std::string IsLive(const std::string& alias);

}  // namespace hubmirror
