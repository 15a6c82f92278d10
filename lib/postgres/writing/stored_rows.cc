#include "postgres/writing/stored_rows.h"

#include <algorithm>

#include "postgres/schema/live_view.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

// A range may span more rows than a commit names, when much has vanished: then the server
// compares, so that memory stays bounded.
constexpr size_t kSpareRows = 5000;
// A list that ends far too early would make a suspect of every row above: more than a statement has
// time for. Later walks find the rest.
constexpr size_t kSuspectsMost = 100'000;

enum Flag : int64_t { kArchived = 1, kMerged = 2, kGone = 4 };

std::string FieldsOf(const MirrorTable& mirror) {
  return "t.id, t._hash, " + EpochOf(ModifiedOf(mirror, "t")) +
         ", t.archived::int + 2 * (t.merged_into IS NOT NULL)::int +"
         " 4 * (t.erased_at IS NOT NULL OR t.purged_at IS NOT NULL)::int";
}

bool Names(const ProvenRange& range, RecordId id) {
  return std::binary_search(range.present.begin(), range.present.end(), id);
}

}  // namespace

std::string ModifiedOf(const MirrorTable& table, const std::string& alias) {
  for (const MirrorColumn& column : table.columns) {
    if (column.property() != table.object.modified_property) continue;
    if (column.storage != Storage::kColumn || column.type != ColumnType::kTimestamp) break;
    return alias + "." + QuoteName(column.column_name);
  }
  return "NULL::timestamptz";
}

StoredRows::StoredRows(Transaction& transaction, const std::string& table,
                       const MirrorTable& mirror, const std::vector<RecordId>& ids,
                       const std::vector<ProvenRange>& ranges)
    : transaction_(transaction), table_(table), fields_(FieldsOf(mirror)) {
  std::vector<const ProvenRange*> live;
  std::vector<const ProvenRange*> archived;
  for (const ProvenRange& range : ranges) {
    (range.archived_list ? archived : live).push_back(&range);
  }
  const bool covered = !live.empty() && LookUpRanges(live, ids.size() + kSpareRows);
  std::vector<RecordId> rest;
  for (const RecordId id : ids) {
    const bool looked_at = covered && std::any_of(live.begin(), live.end(), [&](const auto* range) {
                             return range->from <= id && id <= range->to;
                           });
    if (!looked_at) rest.push_back(id);
  }
  if (!rest.empty()) LookUpIds(rest);
  if (covered) {
    FindAbsent(live);
  } else if (!live.empty()) {
    AskUnnamed(live, IsLive("t"), absent_);
  }
  if (!archived.empty()) {
    AskUnnamed(archived,
               "t.archived AND t.merged_into IS NULL AND t.erased_at IS NULL AND t.purged_at IS "
               "NULL",
               unarchived_);
  }
}

const StoredRow* StoredRows::Find(RecordId id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : &found->second;
}

bool StoredRows::LookUpRanges(const std::vector<const ProvenRange*>& ranges, size_t limit) {
  ArrayText from;
  ArrayText to;
  for (const ProvenRange* range : ranges) {
    from.Add(range->from.value);
    to.Add(range->to.value);
  }
  // OFFSET 0 keeps the planner from joining the other way round, with a scan of the whole table.
  const Rows rows = transaction_.Run(
      "SELECT f.* FROM unnest($1::bigint[], $2::bigint[]) r(low, high), LATERAL (SELECT " +
          fields_ + " FROM " + table_ +
          " t WHERE t.id BETWEEN r.low AND r.high OFFSET 0) f LIMIT $3",
      {from.Take(), to.Take(), std::to_string(limit)});
  if (rows.size() >= limit) return false;
  Take(rows);
  return true;
}

void StoredRows::LookUpIds(const std::vector<RecordId>& ids) {
  Take(transaction_.Run(
      "SELECT " + fields_ + " FROM " + table_ + " t WHERE t.id = ANY ($1::bigint[])",
      {IdArray(ids)}));
}

void StoredRows::Take(const Rows& rows) {
  rows_.reserve(rows_.size() + rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    StoredRow row;
    if (!rows.IsNull(i, 1)) row.hash = rows.Int(i, 1);
    row.modified = rows.Time(i, 2);
    const int64_t flags = rows.Int(i, 3);
    row.archived = (flags & kArchived) != 0;
    row.merged = (flags & kMerged) != 0;
    row.gone = (flags & kGone) != 0;
    rows_.emplace(RecordId{rows.Int(i, 0)}, row);
  }
}

void StoredRows::FindAbsent(const std::vector<const ProvenRange*>& ranges) {
  std::vector<const ProvenRange*> by_id = ranges;
  std::sort(by_id.begin(), by_id.end(),
            [](const auto* a, const auto* b) { return a->from < b->from; });
  for (const auto& [id, row] : rows_) {
    if (!row.live()) continue;
    const auto after = std::upper_bound(
        by_id.begin(), by_id.end(), id,
        [](RecordId wanted, const ProvenRange* range) { return wanted < range->from; });
    if (after == by_id.begin()) continue;
    const ProvenRange& range = **std::prev(after);
    if (id <= range.to && !Names(range, id)) absent_.push_back({id, range.sent_at});
  }
}

void StoredRows::AskUnnamed(const std::vector<const ProvenRange*>& ranges,
                            const std::string& condition, std::vector<Suspect>& suspects) {
  for (const ProvenRange* range : ranges) {
    const Rows rows = transaction_.Run(
        "SELECT t.id FROM " + table_ + " t WHERE t.id BETWEEN $1 AND $2 AND " + condition +
            " AND NOT EXISTS (SELECT FROM unnest($3::bigint[]) p WHERE p = t.id)"
            " ORDER BY t.id LIMIT $4",
        {std::to_string(range->from.value), std::to_string(range->to.value),
         IdArray(range->present), std::to_string(kSuspectsMost)});
    for (size_t i = 0; i < rows.size(); ++i) {
      suspects.push_back({RecordId{rows.Int(i, 0)}, range->sent_at});
    }
  }
}

}  // namespace hubmirror
