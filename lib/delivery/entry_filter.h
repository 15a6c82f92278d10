#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/portal/webhook_plan.h"
#include "model/store/webhook.h"

namespace hubmirror {

/// The values of one side of an entry.
struct EntryValues {
  /// nullopt: none. A value that was cut for its length is there with no text that it could equal.
  std::map<std::string, std::optional<std::string>> texts;
  std::vector<std::string> cut;
  bool given = false;  ///< it is a JSON object

  bool Has(const std::string& property) const;
};
/// From what an entry says before or after; nothing of a text that is no JSON object.
EntryValues ReadEntryValues(std::string_view json);

/// Which entries a webhook is sent.
struct EntryFilter {
  std::vector<WebhookRule> rules;  ///< see WebhookPlan::when
  bool own = true;                 ///< also those that say nothing but what was written from here
};

/// Whether the entry is sent. A record that is new to the mirror counts as a change of every
/// property it has.
bool IsNamed(const EntryFilter& filter, const WebhookEntry& entry);

}  // namespace hubmirror
