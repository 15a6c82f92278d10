#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/portal/portal_plan.h"
#include "model/store/write_sink.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// What stops writing until a person looks (rule W20): a mass of rows, a mass of refusals, a copy
/// of the database, a database that went back, a list that was widened while rows waited, and a
/// pause. What holds is stored, so it survives restarts. Calls are made in transactions of the
/// owner, one at a time; the caller guards the object.
class OutboxBrakes {
 public:
  explicit OutboxBrakes(const PortalSchema& schema) : schema_(schema) {}

  /// Who claims the portal: `instance` must be one that may write, and the database must not be
  /// older than what it knows: it was at `found` before this claim, and once at `known`.
  void Enter(Transaction& transaction, const std::string& instance, int64_t found, int64_t known);

  /// Whether nothing of the object may be sent. Rows that wait are marked on the way, some at each
  /// call, so that they say so themselves.
  bool Holds(Transaction& transaction, const std::string& object);
  /// Leaves out of `claims` what would be too much within the hour, and holds the object for it.
  void Bound(Transaction& transaction, const std::string& object, std::vector<OutboxClaim>& claims);
  /// Rows ended: `taken` by HubSpot, others refused, by reason.
  void Count(Transaction& transaction, const std::string& object, int64_t taken,
             const std::map<std::string, int64_t>& refused);
  /// What may be written is as `before` no longer: an object of which rows wait that may only now
  /// be sent is held.
  void HoldWidened(Transaction& transaction, const std::string& object,
                   const std::vector<std::string>& before);
  /// What may be written of an object now, for HoldWidened.
  std::vector<std::string> Allowed(Transaction& transaction, const std::string& object) const;

 private:
  void Hold(Transaction& transaction, const std::string& object, const std::string& reason,
            const std::string& message) const;
  /// What holds it, as one text; empty: nothing does.
  std::string HoldsOf(Transaction& transaction, const std::string& object) const;
  void Mark(Transaction& transaction, const std::string& object, int64_t& above) const;
  int64_t MostOf(const std::string& op) const;
  std::string Table(const std::string& name) const { return schema_.Table(name); }

  const PortalSchema& schema_;
  /// The turn up to which rows say that they are held, and by what.
  struct Marked {
    std::string holds;
    int64_t above = -1;
  };
  std::map<std::string, Marked> marked_;  ///< by object
};

/// Lets a daemon write that has seen another one own the portal: it works on the same database and
/// on no copy. Where nothing may be written it does nothing.
void EnrolBesideOwner(Transaction& transaction, const PortalSchema& schema,
                      const std::string& instance);

}  // namespace hubmirror
