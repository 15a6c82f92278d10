#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/portal/portal_plan.h"
#include "model/portal/webhook_plan.h"
#include "model/source/property.h"
#include "model/source/reference.h"
#include "settings/text/problem.h"

namespace hubmirror {

/// What HubSpot has of an object type, as far as the rules of webhooks may name it.
struct NamedByRules {
  bool answered = false;  ///< false: HubSpot did not say, so nothing is known
  std::vector<PropertyDefinition> properties;
  /// The stages of each pipeline, by ids; empty: there are none, or it was not asked.
  std::map<std::string, std::set<std::string>> pipelines;
};

/// Whether a rule names a pipeline or a stage of one of this type.
bool NamePipelines(const std::vector<WebhookPlan>& webhooks, const ObjectType& type);

/// Takes a page of pipelines.
void TakePipelines(const ReferencePage& page, NamedByRules& named);

/// Warnings of what no entry of the change feed can ever fit: objects that are not mirrored,
/// properties that are not there or stay out of the feed, options, stages and pipelines that do not
/// exist. `objects` by the names of their tables; `all`: there are no others. Pure.
ConfigProblems CheckRules(const PortalPlan& plan, const std::vector<WebhookPlan>& webhooks,
                          const std::map<std::string, NamedByRules>& objects, bool all);

}  // namespace hubmirror
