#include "postgres/live_view.h"

#include "postgres/sql_text.h"

namespace hubmirror {
namespace {

std::string ValueOf(const MirrorColumn& column, const std::set<std::string>& arriving) {
  const std::string name = QuoteName(column.column_name);
  // Leaving it out would make the view anew, which views of others forbid.
  if (column.excluded) return "NULL::" + std::string(SqlName(column.type)) + " AS " + name;
  const std::string value = "t." + name;
  if (column.storage == Storage::kColumn) return value;
  const std::string spilled = "(t._overflow->>" + QuoteLiteral(column.property()) +
                              ")::" + std::string(SqlName(column.type));
  if (!arriving.contains(column.column_name)) return spilled + " AS " + name;
  return "coalesce(" + value + ", " + spilled + ") AS " + name;
}

}  // namespace

std::vector<LiveView> LiveViewsOf(const std::string& schema, const std::string& object,
                                  const std::vector<MirrorColumn>& columns,
                                  const std::set<std::string>& arriving) {
  std::vector<LiveView> views;
  for (size_t begin = 0; begin == 0 || begin < columns.size(); begin += kLiveViewProperties) {
    LiveView view;
    view.name = object + "_live";
    if (begin > 0) view.name += "_" + std::to_string(views.size() + 1);
    view.query = begin == 0 ? "SELECT t.id, t.created_at, t.updated_at" : "SELECT t.id";
    for (size_t i = begin; i < columns.size() && i < begin + kLiveViewProperties; ++i) {
      view.query += ", " + ValueOf(columns[i], arriving);
      view.columns.push_back(&columns[i]);
    }
    view.query += " FROM " + QuoteName(schema, object) + " t WHERE " + IsLive("t");
    views.push_back(std::move(view));
  }
  return views;
}

std::string IsLive(const std::string& alias) {
  return "NOT " + alias + ".archived AND " + alias + ".merged_into IS NULL AND " + alias +
         ".erased_at IS NULL AND " + alias + ".purged_at IS NULL";
}

}  // namespace hubmirror
