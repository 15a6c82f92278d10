#include "postgres/writing/verify_writer.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "postgres/session/copy_text.h"
#include "postgres/session/sql_text.h"
#include "postgres/writing/upsert_statement.h"

namespace hubmirror {
namespace {

using FoundKind = VerifyFinding::Kind;

// What HubSpot's index shows late is looked for again this long.
constexpr auto kSlack = std::chrono::minutes(2);

/// Names as UpsertStatement::Differences joins them.
std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\x1f'), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

}  // namespace

VerifyReport VerifyWriter::Compare(const VerifyRequest& request) {
  std::vector<RecordId> ids;
  for (const RowBatch& batch : page_.rows) {
    for (const Row& row : batch.rows) ids.push_back(row.id);
  }
  const std::string table = stream_.schema.Table(page_.object.name);
  const StoredRows stored(transaction_, table, *stream_.table, ids, page_.ranges);
  const auto is_due = [&](const Row& row) {
    return request.watermark && row.modified && *row.modified + kSlack < *request.watermark;
  };
  for (const RowBatch& batch : page_.rows) {
    std::vector<const Row*> same;
    for (const Row& row : batch.rows) {
      ++report_.checked;
      const StoredRow* found = stored.Find(row.id);
      if (found == nullptr || !found->live()) {
        if (!is_due(row) || stream_.recent.MarkedSince(row.id, row.sent_at)) continue;
        if (found != nullptr && found->archived && !found->gone) {
          // Restored, which moves no stamp: the next walk of the archived list tells.
          ++report_.unstamped;
          continue;
        }
        ++report_.missing;
        report_.Note(FoundKind::kMissing, row.id);
        continue;
      }
      if (stream_.recent.MayBeOlder(row.id, row.sent_at)) continue;
      const bool stamped = row.modified && found->modified;
      if (stamped && *row.modified < *found->modified) continue;
      if (stamped && *row.modified > *found->modified) {
        if (!is_due(row)) continue;
        ++report_.stale;
        report_.Note(FoundKind::kStale, row.id);
      } else if (found->hash && *found->hash != row.hash) {
        ++report_.unstamped;
      } else {
        same.push_back(&row);
      }
    }
    for (const RecordId id : FindDifferent(batch, same)) edited_.push_back(id);
  }
  report_.different = static_cast<int64_t>(edited_.size());
  for (const StoredRows::Suspect& suspect : stored.absent()) {
    if (stream_.recent.WrittenSince(suspect.id, suspect.sent_at)) continue;
    report_.absent.push_back(suspect.id);
  }
  report_.left = request.repair ? 0 : report_.found();
  return report_;
}

std::vector<RecordId> VerifyWriter::FindDifferent(const RowBatch& batch,
                                                  const std::vector<const Row*>& rows) {
  // Lines made for another layout than today's are compared the next time.
  if (rows.empty() || batch.shape->table->version != stream_.table->version) return {};
  const UpsertStatement upsert(*batch.shape, *stream_.table,
                               stream_.schema.Table(page_.object.name));
  std::vector<ArrayText> arrays;
  for (const Row* row : rows) {
    const auto fields = FieldsOfLine(batch.Line(*row));
    arrays.resize(fields.size());
    for (size_t i = 0; i < fields.size(); ++i) arrays[i].AddParam(fields[i]);
  }
  Params params;
  for (ArrayText& array : arrays) params.emplace_back(array.Take());
  const Rows found = transaction_.Run(upsert.Differences(upsert.FromArrays()), params);
  std::vector<RecordId> ids;
  for (size_t i = 0; i < found.size(); ++i) {
    ids.push_back(RecordId{found.Int(i, 0)});
    report_.Note(FoundKind::kDifferent, ids.back(), Split(found.Text(i, 1)));
  }
  return ids;
}

void VerifyWriter::ForgetHashes() {
  if (edited_.empty()) return;
  transaction_.Run("UPDATE " + stream_.schema.Table(page_.object.name) +
                       " SET _hash = NULL WHERE id = ANY ($1::bigint[])",
                   {IdArray(edited_)});
}

int64_t VerifyWriter::CountLeft() {
  int64_t left = 0;
  for (const RowBatch& batch : page_.rows) {
    std::vector<const Row*> rows;
    for (const Row& row : batch.rows) {
      if (std::find(edited_.begin(), edited_.end(), row.id) != edited_.end()) rows.push_back(&row);
    }
    left += static_cast<int64_t>(FindDifferent(batch, rows).size());
  }
  return left;
}

}  // namespace hubmirror
