#pragma once

#include <map>
#include <optional>
#include <string>

#include "mirror/copy_fields.h"
#include "mirror/page_builder.h"
#include "mirror/row_mapper.h"

namespace hubmirror::testing {

/// The cells of one row of a batch by column name, as PostgreSQL would read its line.
class WrittenRow {
 public:
  WrittenRow(const RowBatch& batch, size_t row) {
    const auto fields = CopyFields(batch.Line(batch.rows.at(row)));
    std::vector<std::string> names = {"id",          "created_at", "updated_at", "archived",
                                      "archived_at", "_hash",      "_rejected",  "_overflow"};
    for (const size_t i : batch.shape->columns) {
      names.push_back(batch.shape->table->columns[i].column_name);
    }
    if (fields.size() != names.size()) throw std::runtime_error("wrong number of fields");
    for (size_t i = 0; i < names.size(); ++i) cells_.emplace(names[i], fields[i]);
  }

  /// The text of a cell, `NULL`, or `no such column`.
  std::string operator[](const std::string& column) const {
    const auto found = cells_.find(column);
    if (found == cells_.end()) return "no such column";
    return found->second.value_or("NULL");
  }

 private:
  std::map<std::string, std::optional<std::string>> cells_;
};

/// Maps a page under the set it was asked with.
inline RowBatch MapPage(const MirrorTablePtr& table, const Page& page) {
  RowBatch batch;
  RowMapper(table, page.properties).Append(page, batch);
  return batch;
}

/// Maps one record read whole.
inline RowBatch MapWhole(const MirrorTablePtr& table, int64_t id,
                         const PageBuilder::Values& values) {
  return MapPage(table, PageBuilder(WholeSet(*table)).Add(id, values).Build());
}

}  // namespace hubmirror::testing
