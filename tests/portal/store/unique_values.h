#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/record.h"

namespace simulated_portal {

/// Who holds which value of a property that HubSpot keeps unique. Values are found whatever their
/// case; whoever asks looks at the records, since one that is gone holds its value no more. Owned
/// by one thread.
class UniqueValues {
 public:
  /// A record goes from one version (null: it is new) to another.
  void Note(const PropertyCatalog& catalog, RecordId id, const RecordVersion* before,
            const RecordVersion& after);
  [[nodiscard]] std::vector<RecordId> HoldersOf(PropertyIndex property,
                                                std::string_view value) const;

 private:
  std::multimap<std::pair<PropertyIndex, std::string>, RecordId> holders_;
};

struct CrmObject;
class Switches;

/// The record in `state` that has the value, or into which one that had it was merged; null: none.
Record* FindByUnique(CrmObject& object, const Switches& switches, PropertyIndex property,
                     std::string_view value, RecordState state);

}  // namespace simulated_portal
