#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/store/mirror_table.h"
#include "postgres/schema/live_view.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/schema/table_catalog.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// Brings tables, columns and views to what is wanted, as far as locks and objects of others allow.
/// No statement that takes an exclusive lock waits longer than 200 ms for it, so that nobody's
/// queries queue up behind us; what could not be done is noted in the columns returned and tried
/// again at the next call. Thread-safe: keeps nothing.
///
/// Values of a property that is now excluded, or hashed in another way, are taken out of the table
/// and the quarantine in the same transaction. What was changed is written to `schema_changes`.
///
/// A property whose column could not be added comes back with storage `overflow` and a text in
/// `blocked_by`; one whose type is held by someone's view or index comes back with its old type.
class SchemaWriter {
 public:
  explicit SchemaWriter(const PortalSchema& schema) : schema_(schema) {}

  struct Change {
    std::vector<MirrorColumn> columns;  ///< what there is now
    std::vector<std::string> changes;   ///< create_table, add_column, retype_column
    /// Columns that came late: their values are still in `_overflow`, see Arrive.
    std::vector<std::string> arriving;
    bool created = false;
  };

  /// Something that is taken out of the rows: before a column is made that somebody dropped, or
  /// whose values go, so that what is read next is stored though nothing else is new (rule R9).
  struct Clearing {
    std::string set;
    std::string where;
    std::vector<std::string> properties = {};  ///< what is still asked for loses these values
  };
  /// What Apply would take out of all rows.
  std::vector<Clearing> Clearings(Transaction& transaction, const MirrorTable& wanted) const;
  /// Notes that the values of these are not all there, before the first are taken out: rows without
  /// one are none that HubSpot has no value for. The columns, where that was not noted yet.
  std::optional<std::vector<MirrorColumn>> BeginClearing(
      Transaction& transaction, const std::string& object,
      const std::vector<Clearing>& clearings) const;
  /// Takes it out of the next few rows above `above`; returns the last of them, nullopt at the end.
  std::optional<RecordId> ClearPiece(Transaction& transaction, const std::string& object,
                                     const Clearing& clearing, std::optional<RecordId> above) const;

  /// Creates the table, or adds and retypes columns; writes `properties`. Creating a table forgets
  /// everything stored of its stream. Takes long where Clearings were not taken out before.
  Change Apply(Transaction& transaction, const MirrorTable& wanted) const;

  /// Moves the values of a late column from `_overflow` into it, and says so in `properties`.
  /// Takes as long as a walk over the table.
  std::vector<MirrorColumn> Arrive(Transaction& transaction, const std::string& object,
                                   const std::string& property) const;

  /// Rebuilds the views, with what may be read from a column and what from `_overflow`, and grants
  /// them to the readers. Throws StatementError if it cannot get a lock.
  void ReplaceViews(Transaction& transaction, const std::string& object,
                    const std::vector<MirrorColumn>& columns) const;
  /// Comments on the table, its views and history, and on their columns what HubSpot says of the
  /// properties. Throws StatementError if it cannot get a lock.
  void Comment(Transaction& transaction, const std::string& object,
               const std::vector<MirrorColumn>& columns) const;

  /// Makes the indexes that the operator asks for, and drops those no longer asked for. Takes as
  /// long as a walk over the table. Throws StatementError if it cannot get a lock.
  void Index(Transaction& transaction, const std::string& object,
             const std::vector<MirrorColumn>& columns) const;

  /// Whether the table is there.
  bool Exists(Transaction& transaction, const std::string& object) const;

 private:
  std::set<std::string> Arriving(Transaction& transaction, const std::string& object,
                                 const std::vector<MirrorColumn>& columns) const;
  void CreateTable(Transaction& transaction, const MirrorTable& wanted) const;
  void ForgetStream(Transaction& transaction, const std::string& object) const;
  using Stored = std::unordered_map<std::string_view, const MirrorColumn*>;  ///< by property

  /// A wanted layout may have been made from one that is older than the end of a fill, or than what
  /// was taken out for a layout that nobody wants any more.
  static void KeepStates(const Stored& stored, std::vector<MirrorColumn>& columns);
  void AddColumns(Transaction& transaction, const std::string& object,
                  const PhysicalColumns& physical, const Stored& stored, Change& change) const;
  /// The views over the table that are ours.
  std::vector<std::string> ViewsOf(Transaction& transaction, const std::string& object,
                                   const std::vector<MirrorColumn>& columns) const;
  void Retype(Transaction& transaction, const std::string& object, MirrorColumn& column,
              const MirrorColumn& stored, Change& change) const;
  /// Puts the values of a property into `_overflow`, and into `_rejected` what is no id.
  void SetValuesAside(Transaction& transaction, const std::string& object,
                      const MirrorColumn& stored) const;
  void SwapColumn(Transaction& transaction, const std::string& object, const MirrorColumn& column,
                  const MirrorColumn& stored, const std::vector<MirrorColumn>& columns) const;
  void Clear(Transaction& transaction, const std::string& object, const Clearing& clearing) const;
  void ForgetValues(Transaction& transaction, const ObjectType& object, const Stored& stored,
                    std::vector<MirrorColumn>& columns) const;
  void ForgetQuarantined(Transaction& transaction, const std::string& object,
                         const std::vector<std::string>& properties) const;
  void ForgetHistory(Transaction& transaction, const std::string& object,
                     const std::vector<std::string>& properties) const;
  void CreateView(Transaction& transaction, const std::string& object, const LiveView& view) const;

  const PortalSchema& schema_;
};

}  // namespace hubmirror
