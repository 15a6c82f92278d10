#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/store/write_sink.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// What a change of rows has led to.
struct OutboxMoves {
  WriteCounts counts;
  int64_t last_ended = 0;                  ///< the highest id of a row that has ended; 0: none
  int64_t taken = 0;                       ///< rows that HubSpot has carried out
  std::map<std::string, int64_t> refused;  ///< rows that it has not, by reason
};

/// The table `outbox` and its log. Rows that somebody else has locked are passed over everywhere,
/// so that nobody can stall the mirror (rule W3). Works inside transactions of the owner.
/// Thread-safe: keeps nothing.
class OutboxStore {
 public:
  explicit OutboxStore(const PortalSchema& schema) : schema_(schema) {}

  /// See WriteSink::Pick. Rows that wait for one before them are parked on the way: they leave the
  /// index of those whose turn may be, until that one ends (rule W4).
  std::vector<OutboxRow> Pick(Transaction& transaction, const std::string& object,
                              const OutboxPick& pick) const;
  struct Claimed {
    std::vector<OutboxId> rows;
    int64_t again = 0;  ///< of these, those that an earlier attempt may have carried out
  };
  /// See WriteSink::Claim; the transaction is as durable as its commit must be.
  Claimed Claim(Transaction& transaction, const std::string& object,
                const std::vector<OutboxClaim>& claims, TimePoint sent_at) const;
  /// See WriteSink::Change.
  OutboxMoves Change(Transaction& transaction, const std::string& object,
                     const std::vector<OutboxChange>& changes) const;
  /// See WriteSink::Written.
  std::vector<WrittenRow> Written(Transaction& transaction, const std::string& object,
                                  size_t limit) const;

 private:
  std::vector<OutboxId> Settled(Transaction& transaction, const std::string& object,
                                const OutboxPick& pick) const;
  std::vector<OutboxId> Ready(Transaction& transaction, const std::string& object,
                              size_t limit) const;
  /// `reason` is why they wait: `order`, or `depends`.
  void Park(Transaction& transaction, const std::vector<OutboxId>& rows,
            const std::vector<OutboxId>& blockers, const std::string& reason) const;
  /// The links that rows ask for, to the records that stand for those they name.
  std::map<OutboxId, std::vector<WantedLink>> Links(Transaction& transaction,
                                                    const std::vector<OutboxId>& ids) const;
  std::vector<OutboxRow> Read(Transaction& transaction, const std::string& object,
                              const std::vector<OutboxId>& ids) const;
  /// SQL for the ids by which the record of a row is known after merges, as an array.
  std::string SameAs(const std::string& object, const std::string& record) const;
  /// SQL for what comes before a candidate `c` of the rows of which `same` is true: under way, or
  /// queued with an earlier turn.
  std::string Before(const std::string& same) const;
  std::string Outbox() const { return schema_.Table("outbox"); }
  std::string Function(const std::string& name) const { return schema_.Table(name); }

  const PortalSchema& schema_;
};

}  // namespace hubmirror
