#pragma once

#include <string>

#include "store/crm_object.h"

namespace simulated_portal {

/// Appends the truth about the records with ids above `after`, one JSON object per line, at most
/// `limit` (0: all), where archived ones are `listed` or not. Returns the last id when there are
/// more, else 0.
RecordId AppendTruth(std::string& out, CrmObject& object, bool lists_archived, RecordId after,
                     size_t limit);

/// Appends all definitions, archived and sensitive ones too, as `{"results":[...]}`.
void AppendAllProperties(std::string& out, const PropertyCatalog& catalog);

}  // namespace simulated_portal
