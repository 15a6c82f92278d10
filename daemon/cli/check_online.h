#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/named_properties.h"
#include "model/portal/portal_plan.h"
#include "model/portal/webhook_plan.h"
#include "model/source/page_source.h"
#include "model/source/reference.h"
#include "settings/text/problem.h"

namespace hubmirror {

/// What `config check --online` finds in one portal.
struct OnlineCheck {
  ConfigProblems problems;  ///< all of them warnings
  /// What to do so that HubSpot answers for everything; empty: it did.
  std::string next;
};

/// Why HubSpot's property cannot be a `key_property` (rule W8); empty: it can.
std::string UnfitAsKey(const PropertyDefinition& property);

struct KeyComplaint {
  std::string said;  ///< `names hubmirror_key, which ...`
  std::string next;
};
/// What is wrong with the `key_property` of the stream: without it no record is made.
std::optional<KeyComplaint> ComplainOfKey(const PortalKey& portal, const StreamPlan& stream,
                                          const std::vector<PropertyDefinition>& definitions);

/// Holds what the configuration names against what HubSpot lists and answers with: properties, also
/// those that may be written and that records are known by, and what the rules of webhooks name. A
/// list that several objects have is complained of where none of them has what it names. What keeps
/// HubSpot from answering at all, and not for one type, is said once. Blocks for a handful of
/// requests per object type, one more where a rule names its pipelines or stages, and one where the
/// plan asks for custom types.
OnlineCheck CheckOnline(PageSource& source, ReferenceSource& references, PortalPlan plan,
                        const std::vector<WebhookPlan>& webhooks);

}  // namespace hubmirror
