#include "postgres/writing/row_writer.h"

#include <algorithm>

#include "base/utf8.h"
#include "model/source/crash_point.h"
#include "postgres/session/copy_text.h"
#include "postgres/session/sql_text.h"
#include "postgres/writing/change_writer.h"

namespace hubmirror {
namespace {

// Below this many rows arrays are cheaper than a temporary table, which costs some milliseconds
// and a catalogue row for every column.
constexpr size_t kManyRows = 200;
// Pieces of this size keep client and server busy at the same time; far larger ones take turns.
constexpr size_t kPieceBytes = size_t{48} << 10;
constexpr size_t kQuarantineMax = 5;
// The first try moves what is long, the second whatever a record has.
constexpr size_t kLongValue = 500;

constexpr const char* kStage = "_hubmirror_stage";

}  // namespace

RowWriter::RowWriter(Transaction& transaction, const PortalSchema& schema, const MirrorTable& table,
                     const ChangeSelection* selection)
    : transaction_(transaction), schema_(schema), table_(table), selection_(selection) {}

void RowWriter::Write(const RowShape& shape, const std::vector<Planned>& rows) {
  const UpsertStatement upsert(shape, table_, schema_.Table(table_.name()));
  std::vector<Planned> fresh;
  std::vector<Planned> rest;
  for (const Planned& row : rows) {
    (row.is_new && upsert.fits() ? fresh : rest).push_back(row);
  }
  if (!fresh.empty() && !CopyNew(upsert, fresh))
    rest.insert(rest.end(), fresh.begin(), fresh.end());
  if (!rest.empty()) Upsert(upsert, rest);
  Reach(CrashPoint::kRowsWritten);
}

bool RowWriter::CopyNew(const UpsertStatement& upsert, Some rows) {
  // COPY is the fastest way in, but has no ON CONFLICT and fails as a whole at the first bad row
  // (https://www.postgresql.org/docs/current/sql-copy.html).
  try {
    transaction_.InSavepoint([&] { CopyLines(schema_.Table(table_.name()), upsert, rows); });
    return true;
  } catch (const StatementError& error) {
    // A bad record, or a row that someone else put there: the longer way sorts them out.
    if (!MayBeBadRow(error.sqlstate())) throw;
    return false;
  }
}

void RowWriter::CopyLines(const std::string& target, const UpsertStatement& upsert, Some rows) {
  Connection& connection = transaction_.connection();
  connection.BeginCopy(target, upsert.LineColumns());
  // Lines that follow each other in their batch go out as one piece, without copying them here.
  const RowBatch* batch = nullptr;
  size_t begin = 0;
  size_t end = 0;
  const auto send = [&] {
    if (end > begin)
      connection.CopyLines(std::string_view(batch->copy_text).substr(begin, end - begin));
  };
  for (const Planned& planned : rows) {
    const Row& row = *planned.row;
    if (planned.batch == batch && row.offset == end && end - begin < kPieceBytes) {
      end += row.length;
      continue;
    }
    send();
    batch = planned.batch;
    begin = row.offset;
    end = begin + row.length;
  }
  send();
  connection.EndCopy();
  Reach(CrashPoint::kRowsCopied);
}

void RowWriter::Upsert(const UpsertStatement& upsert, Some rows) {
  try {
    UpsertAndCompare(upsert, rows);
  } catch (const StatementError& error) {
    if (!MayBeBadRow(error.sqlstate())) throw;
    if (rows.size() == 1) return SetAside(upsert, rows.front(), error);
    const size_t half = rows.size() / 2;
    Upsert(upsert, rows.first(half));
    Upsert(upsert, rows.subspan(half));
  }
}

void RowWriter::UpsertAndCompare(const UpsertStatement& upsert, Some rows) {
  const size_t known = differences_.size();
  const bool any_stood =
      std::any_of(rows.begin(), rows.end(), [](const Planned& row) { return !row.is_new; });
  comparing_ = selection_ != nullptr && any_stood;
  try {
    transaction_.InSavepoint([&] { UpsertOnce(upsert, rows); });
  } catch (const ChangeFeedError& failed) {
    differences_.resize(known);
    if (!MayBeBadRow(failed.sqlstate())) throw;
    // The comparison reads the lines, too, and comes first: if they are bad the upsert says so.
    comparing_ = false;
    transaction_.InSavepoint([&] {
      UpsertOnce(upsert, rows);
      throw failed;
    });
  } catch (...) {
    differences_.resize(known);
    throw;
  }
}

void RowWriter::Compare(const UpsertStatement& upsert, const std::string& source,
                        const std::string& spill, const Params& params) {
  if (!comparing_) return;
  const Rows rows =
      ChangeWriter::Run(transaction_, upsert.Changes(source, spill, *selection_), params);
  const auto text = [&](size_t row, size_t column) {
    return rows.IsNull(row, column) ? Param() : Param(rows.Text(row, column));
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    differences_.push_back({.id = RecordId{rows.Int(i, 0)},
                            .was = std::string(rows.Text(i, 1)),
                            .becomes = std::string(rows.Text(i, 2)),
                            .merged_into = {},
                            .pipeline = text(i, 4),
                            .before = text(i, 5),
                            .after = text(i, 6)});
    if (!rows.IsNull(i, 3)) differences_.back().merged_into = RecordId{rows.Int(i, 3)};
  }
}

void RowWriter::UpsertOnce(const UpsertStatement& upsert, Some rows) {
  if (rows.size() < kManyRows) {
    UpsertArrays(upsert, rows);
  } else {
    UpsertStaged(upsert, rows);
  }
}

void RowWriter::UpsertStaged(const UpsertStatement& upsert, Some rows) {
  const std::string stage = std::string("pg_temp.") + kStage;
  transaction_.Run("CREATE TEMPORARY TABLE " + std::string(kStage) + " (" +
                   upsert.LineDeclarations() + ") ON COMMIT DROP");
  CopyLines(stage, upsert, rows);
  const auto existing =
      std::count_if(rows.begin(), rows.end(), [](const Planned& row) { return !row.is_new; });
  if (static_cast<size_t>(existing) >= kManyRows) CountLost(upsert, stage + " s");
  Compare(upsert, stage + " s", "", {});
  transaction_.Run(upsert.InsertFrom(stage + " s"));
  transaction_.Run("DROP TABLE " + stage);
}

void RowWriter::CountLost(const UpsertStatement& upsert, const std::string& source) {
  if (!upsert.Countable().empty()) {
    const Rows rows = transaction_.Run(upsert.CountLost(source));
    for (size_t i = 0; i < upsert.Countable().size(); ++i) {
      if (const int64_t lost = rows.Int(0, i); lost > 0)
        values_lost_[upsert.Countable()[i]] += lost;
    }
  }
  if (const std::string sql = upsert.CountLostOverflow(source); !sql.empty()) {
    const Rows rows = transaction_.Run(sql);
    for (size_t i = 0; i < rows.size(); ++i) {
      values_lost_[std::string(rows.Text(i, 0))] += rows.Int(i, 1);
    }
  }
}

void RowWriter::UpsertArrays(const UpsertStatement& upsert, Some rows) {
  std::vector<ArrayText> arrays;
  for (const Planned& planned : rows) {
    const auto fields = FieldsOfLine(planned.batch->Line(*planned.row));
    arrays.resize(fields.size());
    for (size_t i = 0; i < fields.size(); ++i) arrays[i].AddParam(fields[i]);
  }
  Params params;
  for (ArrayText& array : arrays) params.emplace_back(array.Take());
  Compare(upsert, upsert.FromArrays(), "", params);
  transaction_.Run(upsert.InsertFrom(upsert.FromArrays()), params);
}

void RowWriter::SetAside(const UpsertStatement& upsert, const Planned& row,
                         const StatementError& error) {
  // Too large for a row or an index: `_overflow` holds what a column cannot.
  const bool too_large = error.sqlstate() == "54000";
  if (too_large && (Spill(upsert, row, kLongValue) || Spill(upsert, row, 0))) return;
  if (quarantined_.size() == kQuarantineMax) {
    throw DatabaseError(DatabaseError::Kind::kSuspectRows, error.sqlstate(),
                        "more than " + std::to_string(kQuarantineMax) + " records of " +
                            table_.name() + " at once cannot be stored, the last of them " +
                            std::to_string(row.row->id.value) + ": " + error.what() +
                            "; look at constraints and triggers on the table");
  }
  const auto fields = FieldsOfLine(row.batch->Line(*row.row));
  const RowShape& shape = *row.batch->shape;
  std::vector<std::string> names = {"id",          "created_at", "updated_at", "archived",
                                    "archived_at", "_hash",      "_rejected",  "_overflow"};
  for (const size_t index : shape.columns) names.push_back(shape.table->columns[index].property());
  ArrayText values;
  ArrayText keys;
  const std::vector<std::string>& dropped = upsert.dropped();
  const auto may_keep = [&](size_t field) {
    const bool several = names[field] == "_rejected" || names[field] == "_overflow";
    return dropped.empty() ||
           (!several && std::find(dropped.begin(), dropped.end(), names[field]) == dropped.end());
  };
  for (size_t i = 0; i < fields.size() && i < names.size(); ++i) {
    if (!fields[i] || !may_keep(i)) continue;
    keys.Add(names[i]);
    values.Add(ValidUtf8(*fields[i]));
  }
  transaction_.Run("INSERT INTO " + schema_.Table("_quarantine") +
                       " AS q (object, id, sqlstate, reason, record)"
                       " VALUES ($1, $2, $3, $4, jsonb_object($5::text[], $6::text[]))"
                       " ON CONFLICT (object, id) DO UPDATE SET sqlstate = excluded.sqlstate,"
                       " reason = excluded.reason, record = excluded.record,"
                       " attempts = q.attempts + 1",
                   {table_.name(), std::to_string(row.row->id.value), error.sqlstate(),
                    ValidUtf8(error.detail()), keys.Take(), values.Take()});
  quarantined_.push_back(row.row->id);
}

bool RowWriter::Spill(const UpsertStatement& upsert, const Planned& row, size_t longest_kept) {
  auto fields = FieldsOfLine(row.batch->Line(*row.row));
  ArrayText keys;
  ArrayText values;
  for (size_t i = 0; i < upsert.line_properties().size(); ++i) {
    const std::string& property = upsert.line_properties()[i];
    Param& field = fields[UpsertStatement::kEnvelopeFields + i];
    const bool stays = property.empty() || property == table_.object.modified_property;
    if (stays || !field || field->size() <= longest_kept) continue;
    keys.Add(property);
    values.Add(*field);
    field.reset();
  }
  Params params;
  for (const Param& field : fields) {
    ArrayText one;
    one.AddParam(field);
    params.emplace_back(one.Take());
  }
  const std::string first = std::to_string(params.size() + 1);
  const std::string second = std::to_string(params.size() + 2);
  params.emplace_back(keys.Take());
  params.emplace_back(values.Take());
  const std::string spill = "jsonb_object($" + first + "::text[], $" + second + "::text[])";
  const size_t known = differences_.size();
  comparing_ = selection_ != nullptr && !row.is_new;
  try {
    transaction_.InSavepoint([&] {
      Compare(upsert, upsert.FromArrays(), spill, params);
      transaction_.Run(upsert.InsertFromWithSpill(upsert.FromArrays(), spill), params);
    });
    return true;
  } catch (const StatementError& error) {
    differences_.resize(known);
    if (!MayBeBadRow(error.sqlstate())) throw;
    return false;
  }
}

}  // namespace hubmirror
