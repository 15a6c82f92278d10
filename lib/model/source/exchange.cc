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
    case Endpoint::kBatchWrite:
      return "batch_write";
    case Endpoint::kLinkWrite:
      return "association_write";
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
    case Endpoint::kLinkWrite:
      return Lane::kAssociations;
    default:
      return Lane::kBurst;
  }
}

std::string_view WriteOpOf(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kBatchWrite:
      return "records";
    case Endpoint::kLinkWrite:
      return "links";
    case Endpoint::kList:
    case Endpoint::kArchivedList:
    case Endpoint::kSearch:
    case Endpoint::kBatchRead:
    case Endpoint::kProperties:
    case Endpoint::kAccount:
    case Endpoint::kToken:
    case Endpoint::kAssociations:
    case Endpoint::kAssociationLabels:
    case Endpoint::kReference:
      return {};
  }
  return {};
}

}  // namespace hubmirror
