#include "jobs/reference/wanted_layout.h"

#include "mirror/property_selector.h"
#include "mirror/table_layout.h"
#include "model/store/index_key.h"

namespace hubmirror {

bool WantsSensitiveDefinitions(const StreamPlan& stream,
                               const std::vector<PropertyDefinition>& live) {
  return stream.selection.sensitive || !FindUnlisted(stream, live).empty();
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

Result<KnownProperties, ApiError> ReadProperties(PageSource& source, const StreamPlan& stream) {
  KnownProperties known;
  std::vector<PropertyDefinition>& all = known.definitions;
  const auto read = [&](const PropertiesRequest& request) -> std::optional<ApiError> {
    const auto answer = ReadDefinitions(source, stream.object, request);
    if (!answer) return answer.error();
    all.insert(all.end(), answer->begin(), answer->end());
    return std::nullopt;
  };
  std::vector<PropertiesRequest> requests;
  if (const auto failure = read({})) return *failure;
  if (WantsSensitiveDefinitions(stream, all)) {
    requests.push_back({.archived = false, .data_sensitivity = "sensitive"});
    requests.push_back({.archived = false, .data_sensitivity = "highly_sensitive"});
  }
  requests.emplace_back().archived = true;
  for (const PropertiesRequest& request : requests) {
    if (const auto failure = read(request)) return *failure;
  }
  auto unlisted = AskForUnlisted(source, stream.object, FindUnlisted(stream, all));
  if (!unlisted) return unlisted.error();
  known.unlisted = std::move(*unlisted);
  return known;
}

MirrorTable WantedLayout(const StreamPlan& stream, const KnownProperties& known,
                         const MirrorTable* standing, const std::string& hashed_with) {
  std::vector<std::string> forced = stream.columns;
  for (const std::string& text : stream.indexes) {
    const auto key = ParseIndexKey(text);
    if (key && !key->of_envelope()) forced.push_back(key->name);
  }
  return PlanLayout(stream.object, known.definitions, standing, forced,
                    PropertySelector(stream.object, SelectionOf(stream), hashed_with),
                    {.asked = known.unlisted.Asked(), .shown = known.unlisted.shown});
}

}  // namespace hubmirror
