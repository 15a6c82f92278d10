#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/store/row.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/database_failure.h"
#include "postgres/session/transaction.h"
#include "postgres/writing/upsert_statement.h"

namespace hubmirror {

/// Writes rows of one commit into one table. New ones are copied straight in; changed ones go
/// through arrays (few) or a temporary table (many) and one INSERT ... ON CONFLICT. A record the
/// database refuses is found by halving and set aside whole in `_quarantine`, at most five in one
/// commit (rule R11). Owned by one thread.
class RowWriter {
 public:
  struct Planned {
    const RowBatch* batch = nullptr;
    const Row* row = nullptr;
    bool is_new = false;  ///< nothing is stored under its id
  };

  /// What the change feed says of a row that was there: see UpsertStatement::Changes.
  struct Difference {
    RecordId id;
    std::string was;
    std::string becomes;
    std::optional<RecordId> merged_into;
    Param pipeline;
    Param before;
    Param after;
  };

  /// `selection`: null where nobody asks what differs. It must outlive the writer.
  RowWriter(Transaction& transaction, const PortalSchema& schema, const MirrorTable& table,
            const ChangeSelection* selection = nullptr);

  /// All rows have lines of one shape. Throws DatabaseError kSuspectRows at the sixth bad record.
  void Write(const RowShape& shape, const std::vector<Planned>& rows);

  const std::vector<RecordId>& quarantined() const { return quarantined_; }
  /// Of the rows that were there and were written.
  const std::vector<Difference>& differences() const { return differences_; }
  /// By property: rows that had a value and lost it; counted where many rows change at once.
  const std::map<std::string, int64_t>& values_lost() const { return values_lost_; }

 private:
  using Some = std::span<const Planned>;

  bool CopyNew(const UpsertStatement& upsert, Some rows);
  void Upsert(const UpsertStatement& upsert, Some rows);
  void UpsertAndCompare(const UpsertStatement& upsert, Some rows);
  void UpsertOnce(const UpsertStatement& upsert, Some rows);
  /// What an upsert that follows changes. Throws ChangeFeedError.
  void Compare(const UpsertStatement& upsert, const std::string& source, const std::string& spill,
               const Params& params);
  void UpsertStaged(const UpsertStatement& upsert, Some rows);
  void UpsertArrays(const UpsertStatement& upsert, Some rows);
  void CountLost(const UpsertStatement& upsert, const std::string& source);
  void CopyLines(const std::string& target, const UpsertStatement& upsert, Some rows);
  void SetAside(const UpsertStatement& upsert, const Planned& row, const StatementError& error);
  bool Spill(const UpsertStatement& upsert, const Planned& row, size_t longest_kept);

  Transaction& transaction_;
  const PortalSchema& schema_;
  const MirrorTable& table_;
  const ChangeSelection* const selection_;
  bool comparing_ = false;
  std::vector<Difference> differences_;
  std::vector<RecordId> quarantined_;
  std::map<std::string, int64_t> values_lost_;
};

}  // namespace hubmirror
