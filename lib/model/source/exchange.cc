#include "model/source/exchange.h"

namespace hubmirror {

std::string_view NameOf(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kList:
      return "list";
    case Endpoint::kArchivedList:
      return "archived_list";
    case Endpoint::kSearch:
      return "search";
    case Endpoint::kBatchRead:
      return "batch_read";
    case Endpoint::kBatchUpdate:
      return "batch_update";
    case Endpoint::kProperties:
      return "properties";
    case Endpoint::kAccount:
      return "account";
    case Endpoint::kToken:
      return "token";
    case Endpoint::kAssociations:
      return "associations";
    case Endpoint::kAssociationLabels:
      return "association_labels";
    case Endpoint::kReference:
      return "reference";
  }
  return "list";
}

Lane LaneOf(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kSearch:
      return Lane::kSearch;
    case Endpoint::kToken:
      return Lane::kFree;
    case Endpoint::kAssociations:
    case Endpoint::kAssociationLabels:
      return Lane::kAssociations;
    default:
      return Lane::kBurst;
  }
}

}  // namespace hubmirror
