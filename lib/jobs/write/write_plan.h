#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/store/mirror_table.h"
#include "model/store/write_sink.h"

namespace hubmirror {

/// What HubSpot holds of the record that a row is about.
struct TargetNow {
  RecordId id;                            ///< a survivor's, where the one asked for was merged
  std::vector<PropertyText> values = {};  ///< of the properties concerned; those left out are empty
  std::optional<TimePoint> modified = {};
};

/// What is to become of a row.
struct PlannedRow {
  enum class Verdict {
    kSend,      ///< what is in `send`
    kEqual,     ///< HubSpot holds it already, or what it holds is to stay
    kConflict,  ///< somebody changed what the row was based on
    kRejected,  ///< never sent: not allowed, or certain to be refused
    kGone,      ///< there is no such record
    kExists,    ///< somebody else's record has the value by which the new one would be known
    kDoubt,     ///< nothing tells whether an earlier attempt made the record: a person decides
    kLater,     ///< another row of the same record goes first
    kTried,     ///< ends here: what is in `send` would be sent, were it not a dry run
  };
  Verdict verdict = Verdict::kSend;
  RecordId record;  ///< to be written: the survivor; of kExists: the other's
  std::vector<PropertyText> send = {};
  PropertyText unique = {};                   ///< see WriteInput
  std::vector<WriteDifference> differs = {};  ///< values of HubSpot's that stay
  /// kEqual: an earlier attempt of this row had sent what HubSpot holds, so it counts as its work.
  bool by_itself = false;
  std::string reason = {};   ///< of kRejected: a fixed word
  std::string message = {};  ///< for people, with the next step; names no values
  /// Of kDoubt: the row is not looked at again before then, whatever is known.
  std::chrono::milliseconds again_in{0};
};

/// What rows are judged by.
struct WriteTerms {
  const MirrorTable& table;
  const std::vector<std::string>& update;  ///< patterns of what may be written (rule W1)
  bool check = true;                       ///< what HubSpot holds is read before it is written over
  ConflictRule on_conflict = ConflictRule::kHold;  ///< where neither the row nor `rules` says
  /// The property that hubmirror alone writes, by which new records are known; empty: none (W8).
  std::string key_property = {};
  bool unguarded = false;  ///< records may be made that nothing tells from others
  bool create = false;     ///< records may be made at all
  bool archive = false;    ///< and archived
  /// By property, where the row does not say.
  std::map<std::string, ConflictRule> rules = {};
  /// When HubSpot made the property by which rows that may have been carried out were looked for,
  /// asked after the look. Absent: it does not say, or need not.
  std::optional<TimePoint> looked_by_made = {};
};

/// Whether a row can only be planned with what HubSpot holds (rule W6): where the operator has not
/// turned that off, and else for rows that were sent before, or that add to what is there.
bool NeedsReading(const OutboxRow& row, const WriteTerms& terms);

/// Decides from values alone what becomes of rows of one object (rules W1, W2 and W5 to W7), in the
/// order of `rows`. `targets` is what was read, by the id that the row names; a row without one
/// there is gone. Absent: nothing was read, and no row needs it. Pure.
std::vector<PlannedRow> PlanRows(const std::vector<OutboxRow>& rows,
                                 const std::optional<std::map<RecordId, TargetNow>>& targets,
                                 const WriteTerms& terms);

/// The same for one row, whose record shows `now`; null: it was not read.
PlannedRow PlanRow(const OutboxRow& row, const TargetNow* now, const WriteTerms& terms);

/// The same for rows that archive records (rule W18): `archived` are those that are in the recycle
/// bin already. A record that was merged away is not followed: nobody asked for the survivor.
std::vector<PlannedRow> PlanArchives(const std::vector<OutboxRow>& rows,
                                     const std::map<RecordId, TargetNow>& targets,
                                     const std::set<RecordId>& archived, const WriteTerms& terms);

/// Ends rows that are only tried where their request would leave (rule W25). One that an earlier
/// attempt has carried out goes on as any other. Pure.
void EndTried(const std::vector<OutboxRow>& rows, std::vector<PlannedRow>& plans);
void EndTried(const OutboxRow& row, PlannedRow& plan);

/// What a written row asked for and a primary read of the record does not show (rule W12).
std::vector<WriteDifference> DifferencesOf(const std::vector<PropertyText>& sent,
                                           const std::vector<PropertyText>& shown,
                                           const MirrorTable& table);

}  // namespace hubmirror
