#pragma once

#include <map>
#include <string>

#include "faults/switches.h"
#include "store/crm_object.h"
#include "store/link_store.h"
#include "store/value_maker.h"

namespace simulated_portal {

/// How long the search index takes to notice.
struct IndexDelay {
  Duration change = 0;   ///< at most, for a new or changed record
  Duration removal = 0;  ///< at most, for one that is gone
  double late_share = 0;
  Duration late = 0;  ///< at most, for the unlucky share
};

/// New raw values by property; an empty one clears.
using Changes = std::map<PropertyIndex, std::string>;

/// Changes the records of one portal, each change as HubSpot makes it: which stamps move, who
/// vanishes from where, what the index hears and when. Callers see to it that a record is in the
/// state a change needs. Owned by one thread.
class Mutator {
 public:
  Mutator(const Switches& switches, LinkStore& links, Random random)
      : switches_(switches), links_(links), random_(random), values_(Random(random.Next())) {}

  void SetDelay(const IndexDelay& delay) { delay_ = delay; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] LinkStore& links() { return links_; }

  /// A live record made at `created` and last changed at `stamp` (the same, for one made now).
  Record& Create(CrmObject& object, RecordId id, Changes values, Instant created, Instant stamp);
  /// Values for a new record that look like all the others.
  Changes DrawRecordValues(const CrmObject& object, Instant created, Instant now);
  /// A few new or cleared values, of calculated properties or of all others.
  Changes DrawChanges(const CrmObject& object, bool calculated, Instant now);

  /// Other values for the same properties.
  void Redraw(const CrmObject& object, Changes& changes, Instant now);

  /// Moves the stamp to `now`, or by one millisecond where `now` is not later: a record never
  /// changes twice on one stamp.
  void Update(CrmObject& object, Record& record, const Changes& changes, Instant now);
  /// Changes values and leaves the stamp alone.
  void Calculate(CrmObject& object, Record& record, const Changes& changes, Instant now);
  void Archive(CrmObject& object, Record& record, Instant now);
  void Restore(CrmObject& object, Record& record, Instant now);
  /// Two different live records become one; returns the survivor.
  Record& Merge(CrmObject& object, Record& primary, Record& loser, Instant now);
  /// The record is in no list any more: erased for privacy, or purged.
  void Remove(CrmObject& object, Record& record, RecordState state, Instant now);
  /// Gives a share of all live records a value of one property, without moving stamps.
  void Fill(CrmObject& object, PropertyIndex property, double share, Instant now);

 private:
  VersionRef MakeVersion(const CrmObject& object, const Record& record, Changes changes,
                         Instant stamp, Instant updated);
  Changes SurvivorValues(const CrmObject& object, const Record& survivor, const Record& primary,
                         const Record& loser);
  /// What every change ends with.
  void Publish(CrmObject& object, Record& record, VersionRef version, std::string_view change,
               Instant now);
  void Withdraw(CrmObject& object, Record& record, Instant now);
  Instant IndexDue(Duration longest, Instant now);

  const Switches& switches_;
  LinkStore& links_;
  Random random_;
  ValueMaker values_;
  IndexDelay delay_;
};

}  // namespace simulated_portal
