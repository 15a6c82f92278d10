#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/portal/portal_plan.h"
#include "postgres/session/transaction.h"

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
  /// Of an object's history, in the same way.
  std::string HistoryTable(const std::string& object) const { return Table(HistoryName(object)); }
  static std::string HistoryName(const std::string& object) { return object + "_history"; }
  /// The object whose history `table` holds; nullopt: it is no history.
  static std::optional<std::string> ObjectOfHistory(std::string_view table);

  /// Creates or migrates the schema, and takes ownership, all in the given transaction. Refuses
  /// by DatabaseError: kForeign (another portal's, not ours, newer), kPassive (a live daemon owns
  /// it), kPrivilege (with the SQL that mends it).
  void Claim(Transaction& transaction) const;

  /// What a writing transaction begins with: renews our ownership, and answers whether the status
  /// view is missing. It locks the row of `_owner`, so writers of a portal run one after the other.
  std::string RenewSql() const;
  /// Throws kPassive when a transaction begun with RenewSql found another owner.
  void CheckOwned(const Transaction& transaction) const;

  /// Lets those roles of `readers:` that exist read every table and view of ours but the internal
  /// ones.
  void GrantReaders(Transaction& transaction) const;
  /// The same for schema `hubmirror`, which all portals share: with the layouts locked.
  void GrantCommon(Transaction& transaction) const;
  /// Those roles of `readers:` that do not exist.
  std::vector<std::string> MissingReaders(Transaction& transaction) const;

  /// Makes the views of schema `hubmirror` again after somebody dropped `status` (they go with the
  /// schema of any portal), unless another daemon is about to.
  void RestoreStatus(Transaction& transaction) const;

 private:
  void CheckEncoding(Transaction& transaction) const;
  void EnsureSchemas(Transaction& transaction) const;
  /// Whether it changed.
  bool EnsureCommonLayout(Transaction& transaction) const;
  void EnsurePortalLayout(Transaction& transaction) const;
  void TakeOwnership(Transaction& transaction) const;
  bool Register(Transaction& transaction) const;

  const PortalPlan plan_;
  const std::string instance_;
};

/// Those of `roles` that do not exist.
std::vector<std::string> MissingRoles(Connection& connection,
                                      const std::vector<std::string>& roles);

/// Name of the schema that holds what is common to all portals.
inline constexpr const char* kCommonSchema = "hubmirror";

}  // namespace hubmirror
