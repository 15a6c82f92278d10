#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jobs/write/write_plan.h"

namespace hubmirror {

/// A value that only the record of one create has: HubSpot refuses a second one, and shows by it
/// whether the first was made (rule W8).
struct CreateGuard {
  std::string property;
  std::string value;
  /// Nobody but hubmirror writes the property, so what has the value is ours, whenever it was made.
  bool ours = false;
};

/// The guard of a row that makes a record; nullopt: nothing tells its record from others.
std::optional<CreateGuard> GuardOf(const OutboxRow& row, const WriteTerms& terms);

/// The unique value by which it is found what became of a row: that of its record where it is an
/// upsert, and else the guard that it was sent with, whatever the configuration says by now, or is
/// to be sent with. What HubSpot no longer keeps unique, or no longer has, finds nothing: then
/// another unique value of the row does, or nullopt.
std::optional<CreateGuard> FoundBy(const OutboxRow& row, const WriteTerms& terms);

/// A record that has the value of a guard, archived ones included.
struct MadeRecord {
  RecordId id;
  std::optional<TimePoint> created = {};
  std::vector<PropertyText> values = {};  ///< of the properties of the row
  /// HubSpot refuses to be asked for it, in these words: nothing is known of it.
  std::string unasked = {};
};

/// Whether HubSpot is asked for the record of a row before it is sent: a create that was sent
/// before, or is only tried, and an upsert, as its values are compared.
bool NeedsFinding(const OutboxRow& row, const WriteTerms& terms);

/// Whether a row may have made its record already, for all that is known here: it was sent.
bool MayBeMade(const OutboxRow& row);

/// How many of `rows`, from the first on, go in one request with it: of one operation, and new
/// records by one property; a new record without a guard goes alone. The others are taken out.
void KeepTogether(std::vector<OutboxRow>& rows, const WriteTerms& terms);

/// Decides from values alone what becomes of rows that make records (rules W1, W2, W8, W10 and
/// W11), in their order. `found` has what was found of those that NeedsFinding names.
std::vector<PlannedRow> PlanCreates(const std::vector<OutboxRow>& rows,
                                    const std::map<OutboxId, MadeRecord>& found,
                                    const WriteTerms& terms);

}  // namespace hubmirror
