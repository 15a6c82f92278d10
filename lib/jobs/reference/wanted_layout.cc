#include "jobs/reference/wanted_layout.h"

#include "mirror/property_selector.h"
#include "mirror/table_layout.h"
#include "model/store/index_key.h"

namespace hubmirror {

std::vector<PropertiesRequest> DefinitionRequests(const StreamPlan& stream) {
  std::vector<PropertiesRequest> requests(1);
  if (stream.selection.sensitive) {
    requests.push_back({.archived = false, .data_sensitivity = "sensitive"});
    requests.push_back({.archived = false, .data_sensitivity = "highly_sensitive"});
  }
  requests.emplace_back().archived = true;
  return requests;
}

Result<std::vector<PropertyDefinition>, ApiError> ReadDefinitions(
    PageSource& source, const ObjectType& object, const PropertiesRequest& request) {
  auto answer = source.Properties(object, request);
  if (answer || request.data_sensitivity == PropertiesRequest{}.data_sensitivity) return answer;
  const bool refused = answer.error().kind == ApiErrorKind::kForbidden ||
                       answer.error().kind == ApiErrorKind::kBadRequest;
  if (!refused) return answer;
  return std::vector<PropertyDefinition>{};
}

MirrorTable WantedLayout(const StreamPlan& stream,
                         const std::vector<PropertyDefinition>& definitions,
                         const MirrorTable* standing, const std::string& hashed_with) {
  std::vector<std::string> forced = stream.columns;
  for (const std::string& text : stream.indexes) {
    const auto key = ParseIndexKey(text);
    if (key && !key->of_envelope()) forced.push_back(key->name);
  }
  return PlanLayout(stream.object, definitions, standing, forced,
                    PropertySelector(stream.object, stream.selection, hashed_with));
}

}  // namespace hubmirror
