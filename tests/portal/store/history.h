#pragma once

#include <string>
#include <vector>

#include "store/crm_object.h"
#include "store/instant.h"

namespace simulated_portal {

/// One value a property had, and where it came from.
struct PropertyVersion {
  std::string value;  ///< empty: it was cleared
  Instant since = 0;
  std::string_view source_type;
  std::string source_id;  ///< empty: none
  int64_t user = 0;       ///< 0: none
};

/// All values of one property of a record, newest first, as HubSpot shows them. A value that was
/// never set has no history.
std::vector<PropertyVersion> HistoryOf(const CrmObject& object, const Record& record,
                                       PropertyIndex property);

/// Appends `"propertiesWithHistory":{...}`. The modified stamp has no history at HubSpot.
void AppendHistory(std::string& out, const CrmObject& object, const Record& record,
                   const std::vector<PropertyIndex>& properties, InstantStyle style);

/// Appends one JSON object per record that has a history of these properties, gone ones too:
/// `{"id":"1","state":"live","history":{"name":[...]}}`.
void AppendHistoryTruth(std::string& out, CrmObject& object,
                        const std::vector<std::string_view>& names);

}  // namespace simulated_portal
