#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "model/source/history.h"
#include "model/store/mirror_table.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// The tables `<object>_history` and what is due for them. Thread-safe: keeps nothing; every call
/// works in the transaction it is given.
class HistoryWriter {
 public:
  explicit HistoryWriter(const PortalSchema& schema) : schema_(schema) {}

  /// Has the history of this record be asked for at once, whenever that was meant to be.
  static void AskNow(Connection& connection, const std::string& schema, const std::string& object,
                     RecordId id);

  bool Exists(Transaction& transaction, const std::string& object) const;
  void Create(Transaction& transaction, const std::string& object) const;

  std::vector<RecordId> Block(Transaction& transaction, const std::string& object, bool archived,
                              std::optional<RecordId> above, size_t limit) const;
  HistoryDue Due(Transaction& transaction, const std::string& object, size_t limit) const;

  /// Adds what is not there yet and may be stored in the portal of `table` as it is now.
  int64_t Add(Transaction& transaction, const MirrorTable& table,
              const HistoryCommit& commit) const;

  /// Notes that these records changed.
  void PutDue(Transaction& transaction, const std::string& object,
              const std::vector<RecordId>& ids) const;
  void RemoveDue(Transaction& transaction, const std::string& object,
                 const std::vector<RecordId>& ids) const;
  /// Lets those of these that were put off be asked for now.
  void Hasten(Transaction& transaction, const std::string& object,
              const std::vector<RecordId>& ids) const;
  /// Notes that these must be asked for again after `in`, and not before, if they are still as live
  /// or archived as they were when they were asked for.
  void PutOff(Transaction& transaction, const std::string& object, const std::vector<RecordId>& ids,
              std::chrono::seconds in, bool asked_archived) const;
  /// Both return how many records that concerned.
  int64_t SetAside(Transaction& transaction, const std::string& object,
                   const std::vector<UnreadableRecord>& records) const;
  int64_t Release(Transaction& transaction, const std::string& object,
                  const std::vector<RecordId>& ids) const;
  /// For objects without history no record is due, and what was read is no longer complete.
  void KeepOnly(Transaction& transaction, const std::vector<std::string>& objects) const;

 private:
  const PortalSchema& schema_;
};

}  // namespace hubmirror
