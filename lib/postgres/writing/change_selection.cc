#include "postgres/writing/change_selection.h"

#include <utility>

#include "postgres/session/sql_text.h"

namespace hubmirror {

ChangeSelection::ChangeSelection(const FeedPlan& feed, const MirrorTable& table,
                                 std::string quarantine)
    : table_(table),
      value_max_(std::to_string(feed.value_max)),
      quarantine_(std::move(quarantine)) {
  for (const MirrorColumn& column : table.columns) {
    const std::string& name = column.property();
    const bool fills = column.state == PropertyState::kFilling;
    const bool filling = fills && !feed.everything;
    const bool stamp = name == table.object.modified_property || name == "hs_object_id";
    if (stamp || filling || column.excluded || FitsAny(name, feed.exclude)) left_out_.insert(name);
    if (fills && Has(name)) filling_.push_back(name);
  }
  if (table.object.has_pipelines) {
    pipeline_ = table.object.name == "deals" ? "pipeline" : "hs_pipeline";
    if (!Has(pipeline_)) pipeline_.clear();
  }
}

std::string ChangeSelection::PipelineOf(const std::string& alias,
                                        const std::string& overflow) const {
  for (const MirrorColumn& column : table_.columns) {
    if (column.property() != pipeline_) continue;
    return column.storage == Storage::kColumn
               ? alias + "." + QuoteName(column.column_name) + "::text"
               : "(" + overflow + ")->>" + QuoteLiteral(pipeline_);
  }
  return "NULL::text";
}

std::string ChangeSelection::StateOf(const std::string& alias) {
  std::string sql = "CASE";
  for (const auto& [column, state] :
       {std::pair("erased_at IS NOT NULL", "erased"),
        std::pair("merged_into IS NOT NULL", "merged"),
        std::pair("purged_at IS NOT NULL", "purged"), std::pair("archived", "archived")}) {
    sql.append(" WHEN ").append(alias).append(".").append(column);
    sql.append(" THEN '").append(state).append("'");
  }
  return sql + " ELSE 'live' END";
}

std::string ChangeSelection::HasKey(const std::string& key) const {
  return key + " <> ALL (" + QuoteLiteral(NameArray({left_out_.begin(), left_out_.end()})) +
         "::text[])";
}

std::string ChangeSelection::KnowsNone(const std::string& name, const std::string& id,
                                       const std::string& was) const {
  std::string sql = was + " = 'live'";
  if (!filling_.empty()) {
    sql += " AND " + name + " <> ALL (" + QuoteLiteral(NameArray(filling_)) + "::text[])";
  }
  if (!quarantine_.empty()) {
    sql += " AND NOT EXISTS (SELECT FROM " + quarantine_ +
           " q WHERE q.object = " + QuoteLiteral(table_.name()) + " AND q.id = " + id + ")";
  }
  return sql;
}

std::string ChangeSelection::Shown(const std::string& text) const {
  return "CASE WHEN octet_length(" + text + ") > " + value_max_ +
         " THEN jsonb_build_object('cut', true, 'bytes', octet_length(" + text +
         "), 'sha256', encode(sha256(convert_to(" + text + ", 'UTF8')), 'hex')) ELSE to_jsonb(" +
         text + ") END";
}

std::string ChangeSelection::Standing(const std::string& table) const {
  std::vector<std::string> names;
  std::vector<std::string> values;
  for (const MirrorColumn& column : table_.columns) {
    if (column.storage != Storage::kColumn || !Has(column.property())) continue;
    names.push_back(column.property());
    values.push_back("t." + QuoteName(column.column_name) + "::text");
  }
  // A value that was moved out of its column counts as the column's.
  return "SELECT t.id, " + EpochOf("t.created_at") + ", " + StateOf("t") + ", " +
         PipelineOf("t", "t._overflow") + ", (SELECT jsonb_object_agg(v.name, " + Shown("v.value") +
         ")::text FROM (SELECT name, value FROM unnest(" + QuoteLiteral(NameArray(names)) +
         "::text[], ARRAY[" + Join(values) +
         "]::text[]) c(name, value) WHERE value IS NOT NULL"
         " UNION ALL SELECT key, value FROM jsonb_each_text(t._overflow) o WHERE " +
         HasKey("key") + ") v) FROM " + table + " t WHERE t.id = ANY ($1::bigint[])";
}

}  // namespace hubmirror
