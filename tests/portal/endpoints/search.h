#pragma once

#include <vector>

#include "endpoints/search_request.h"
#include "store/crm_object.h"

namespace simulated_portal {

/// What a search found in the index, which must have caught up before.
struct SearchResult {
  struct Hit {
    RecordId id;
    VersionRef version;  ///< the one that matched
  };
  size_t total = 0;
  std::vector<Hit> hits;  ///< the page asked for, in order
};
SearchResult RunSearch(const CrmObject& object, const SearchRequest& request);

/// `POST /crm/objects/V/{t}/search`.
HttpResponse SearchRecords(const Call& call);

}  // namespace simulated_portal
