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

  struct Claimed {
    int64_t epoch;  ///< which no other claim has, not even one of a daemon with the same id
    int64_t found;  ///< the epoch before; told only where the portal may be written to
    bool outbox;    ///< the tables for writing back are there, even if nothing may be written now
    bool waits;     ///< portals have yet to be taken into the views over all portals
  };
  /// Creates or migrates the schema, and takes ownership, all in the given transaction. Refuses
  /// by DatabaseError: kForeign (another portal's, not ours, newer), kPassive (a live daemon owns
  /// it), kPrivilege (with the SQL that grants it).
  /// `held` is the epoch of our claim before, if there was one: an owner with our id and a later
  /// epoch is another daemon, as after copying a state directory.
  Claimed Claim(Transaction& transaction, std::optional<int64_t> held) const;

  /// What a writing transaction begins with. It locks the row of `_owner`, so writers of a portal
  /// run one after the other, and renews it from time to time: were it written by every commit, all
  /// would walk over its dead versions for as long as someone holds an old snapshot. Returns
  /// whether the status view is missing, and since when the server has run.
  std::string OwnSql(int64_t epoch) const;
  /// Throws kPassive when a transaction begun with OwnSql found another owner.
  void CheckOwned(const Transaction& transaction) const;

  /// Lets those roles of `readers:` that exist read every table and view of ours but the internal
  /// ones, those of `feed.roles` be consumers of the feed where there is one, and those of
  /// `write.writers` put rows into `outbox`.
  void GrantReaders(Transaction& transaction) const;
  /// The same for schema `hubmirror`, which all portals share: with the layouts locked.
  void GrantCommon(Transaction& transaction) const;
  /// Those of all these roles that do not exist.
  std::vector<std::string> MissingReaders(Transaction& transaction) const;

  /// Recreates the views of schema `hubmirror` after `status` was dropped (they go with the schema
  /// of any portal), unless another daemon is about to.
  void RestoreStatus(Transaction& transaction) const;

  /// Takes portals that wait into the views over all portals, when no other portal has come for a
  /// few seconds or one has waited for a minute. Whether some still wait. `few`: with no more
  /// portals than this, at once.
  bool StillWaits(Transaction& transaction, int64_t few = 0) const;

 private:
  void CheckEncoding(Transaction& transaction) const;
  void EnsureSchemas(Transaction& transaction) const;
  void RebuildCommonViews(Transaction& transaction) const;
  /// Whether it changed.
  bool EnsureCommonLayout(Transaction& transaction) const;
  Claimed EnsurePortalLayout(Transaction& transaction, std::optional<int64_t> held) const;
  /// What writing back needs, where it is allowed; and nobody may write who is no writer any more.
  void EnsureWriteLayout(Transaction& transaction, int stored) const;
  /// The layout may be of before there were epochs.
  void CheckMayOwn(Transaction& transaction, int layout, std::optional<int64_t> held) const;
  int64_t TakeOwnership(Transaction& transaction, std::optional<int64_t> held) const;
  bool Register(Transaction& transaction) const;

  const PortalPlan plan_;
  const std::string instance_;
};

/// Those of `roles` that do not exist.
std::vector<std::string> MissingRoles(Connection& connection,
                                      const std::vector<std::string>& roles);

/// SQL that tells which start of which server is answering. A promoted standby gives a different
/// answer, even if PgBouncer keeps our session alive across the change.
inline constexpr const char* kServerSql =
    "(extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint";

/// Name of the schema that holds what is common to all portals.
inline constexpr const char* kCommonSchema = "hubmirror";

}  // namespace hubmirror
