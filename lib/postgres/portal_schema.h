#pragma once

#include <string>

#include "model/portal_plan.h"
#include "postgres/transaction.h"

namespace hubmirror {

/// The schema of one portal as a whole: whose it is, which layout it has, which daemon owns it.
/// Thread-safe: holds only what never changes.
class PortalSchema {
 public:
  PortalSchema(PortalPlan plan, std::string instance);

  const std::string& name() const { return plan_.schema; }
  const PortalPlan& plan() const { return plan_; }

  /// `"schema"."table"`.
  std::string Table(const std::string& table) const;

  /// Creates or migrates the schema, and takes ownership, all in the given transaction. Refuses
  /// by DatabaseError: kForeign (another portal's, not ours, newer), kPassive (a live daemon owns
  /// it), kPrivilege (with the SQL that mends it).
  void Claim(Transaction& transaction) const;

  /// Begins a transaction that renews our ownership first; throws kPassive when it is lost. As
  /// the renewal locks the row of `_owner`, writers of one portal run one after the other.
  void CheckOwned(const Transaction& transaction) const;
  std::string RenewSql() const;

  /// Makes view `hubmirror.status` anew over all portals there are.
  void RebuildStatus(Transaction& transaction) const;

 private:
  void EnsureSchemas(Transaction& transaction) const;
  void EnsureCommonLayout(Transaction& transaction) const;
  void EnsurePortalLayout(Transaction& transaction) const;
  void TakeOwnership(Transaction& transaction) const;
  bool Register(Transaction& transaction) const;
  void GrantReaders(Transaction& transaction) const;

  const PortalPlan plan_;
  const std::string instance_;
};

/// Name of the schema that holds what is common to all portals.
inline constexpr const char* kCommonSchema = "hubmirror";

}  // namespace hubmirror
