#pragma once

#include <set>
#include <vector>

#include "endpoints/access_tokens.h"
#include "endpoints/rate_limits.h"
#include "faults/faults.h"
#include "faults/switches.h"
#include "store/crm_object.h"
#include "store/link_store.h"
#include "store/mutation_script.h"
#include "store/mutator.h"
#include "store/portal_settings.h"
#include "store/reference_store.h"
#include "store/write_journal.h"

namespace simulated_portal {

/// One simulated account with all its parts. The endpoints and the control endpoint work on the
/// parts directly. Owned by one thread.
struct Portal {
  /// Fills itself. Throws std::runtime_error for a switch that does not exist.
  Portal(const PortalSettings& portal_settings, Instant wall_now);
  Portal(const Portal&) = delete;
  Portal& operator=(const Portal&) = delete;

  void Apply(const LiveSettings& live);
  [[nodiscard]] Instant Now(Instant wall_now) const {
    return wall_now + settings.live.clock_offset;
  }
  /// Whether archived records of a type can be listed.
  [[nodiscard]] bool ListsArchived(const ObjectType& type) const;
  /// Index changes still on their way at `now`.
  size_t CatchUp(Instant now);

  PortalSettings settings;
  Switches switches;
  Random random;  ///< of answers: jitter, page sizes, correlation ids
  AccessTokens tokens;
  RateLimits limits;
  FaultPlan faults;
  LinkStore links;
  Mutator mutator;
  std::vector<CrmObject> objects;
  ReferenceStore reference;
  std::set<size_t> deleted_types;  ///< custom types that are gone
  /// What no record of a custom type is made without, by type.
  std::map<size_t, std::vector<std::string>> required_properties;
  MutationScript script;
  WriteJournal writes;
};

}  // namespace simulated_portal
