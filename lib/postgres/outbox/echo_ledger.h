#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/store/write_sink.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// The table `_echo`: what rows of `outbox` have written, or may have, and nobody has seen since.
/// By it the change feed tells our changes from those of others (rule W14). It holds hashes, never
/// values; each is used once, and forgotten after a day. Works inside transactions of the owner.
/// Thread-safe: keeps nothing.
class EchoLedger {
 public:
  explicit EchoLedger(const PortalSchema& schema) : schema_(schema) {}

  /// With the claim of `rows`, which are some of `claims`.
  void Claim(Transaction& transaction, const std::vector<OutboxClaim>& claims,
             const std::vector<OutboxId>& rows) const;
  /// With what has become of rows: the record that one has made is known, HubSpot has made another
  /// value of one sent, nothing came of it.
  void Change(Transaction& transaction, const std::vector<OutboxChange>& changes) const;
  /// Nothing of what these rows wrote will be seen any more that was not seen.
  void Forget(Transaction& transaction, const std::vector<OutboxId>& rows) const;
  /// The same for erased records, but that they were archived.
  void ForgetValues(Transaction& transaction, const std::string& object,
                    const std::vector<RecordId>& records) const;
  /// Drops what nobody has seen for a day; returns how many.
  int64_t Expire(Transaction& transaction) const;

  /// What an entry of the feed says that happened.
  struct Seen {
    std::string object;
    RecordId id;
    bool fresh = false;   ///< the record was not known before
    Param after = {};     ///< values by property, as JSON
    Param archived = {};  ///< an Echo's value, where the record was archived or is gone
    Param link = {};      ///< the same of a link
  };
  /// Whose doing it was.
  struct Origin {
    std::string name = "hubspot";  ///< or `own`, or `mixed`: some of it is
    std::vector<OutboxId> rows = {};
  };
  /// For each of `seen`, in their order. What is known by it is used up. Counts into `counts`, see
  /// FeedWritten::echoes.
  std::vector<Origin> Recognise(Transaction& transaction, const std::vector<Seen>& seen,
                                std::map<std::string, int64_t>& counts) const;

 private:
  struct Known;
  struct Shown;
  /// What there is of the records of `seen`, by the place in it; under nullopt what there is of
  /// records that are being made.
  std::map<std::optional<size_t>, std::vector<Known>> Look(Transaction& transaction,
                                                           const std::vector<Seen>& seen) const;
  std::map<size_t, std::vector<Shown>> Hash(Transaction& transaction, const std::vector<Seen>& seen,
                                            const std::vector<size_t>& places) const;
  void UseUp(Transaction& transaction, const std::vector<Known>& used) const;
  std::string Table() const { return schema_.Table("_echo"); }

  const PortalSchema& schema_;
};

}  // namespace hubmirror
