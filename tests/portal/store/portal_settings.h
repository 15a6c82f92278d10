#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "endpoints/access_tokens.h"
#include "endpoints/json_fields.h"
#include "endpoints/rate_limits.h"
#include "faults/faults.h"
#include "store/id_shape.h"
#include "store/mutator.h"
#include "store/object_type.h"
#include "store/reference_store.h"

namespace simulated_portal {

/// What may change while a portal runs. README.md, "Scenario file", says what each means.
struct LiveSettings {
  Duration latency = 0;
  Duration jitter = 0;
  LimitSettings limits;
  OtherApp other_app;
  IndexDelay index;
  bool removal_delay_given = false;  ///< else six times the change delay
  Duration clock_offset = 0;
  bool gzip = false;
  int64_t uri_limit = 16'384;
  double close_after_answer = 0;
  double close_on_request = 0;
};

/// A number for each of kObjectTypes.
using ObjectCounts = std::array<size_t, kObjectTypes.size()>;

struct PortalSettings {
  PortalId portal_id = 1'234'567;
  uint64_t seed = 1;
  ObjectCounts records{};
  ObjectCounts properties{};
  std::array<IdShape, kObjectTypes.size()> ids{};
  ReferenceStore::Sizes reference;
  std::vector<std::pair<std::string, Scopes>> tokens;
  std::optional<OAuthSettings> oauth;
  Duration utc_offset = -5L * 3600 * kSecond;
  std::string time_zone = "US/Eastern";
  LiveSettings live;
  std::vector<std::pair<std::string, std::string>> switches;  ///< overrides
  std::vector<Fault> faults;
};

struct Scenario {
  std::string version = "2026-09";
  std::vector<PortalSettings> portals;
};

/// A portal with the defaults of README.md and `records` spread over the six types.
PortalSettings PlainPortal(uint64_t seed, size_t records);
/// 46,000 as 27,600 contacts, 6,440 companies, and so on.
void SpreadRecords(PortalSettings& settings, size_t records);

/// Throws std::runtime_error naming the key that is wrong.
Scenario ParseScenario(std::string_view text, uint64_t seed);

/// Reads the keys of LiveSettings that are there.
void ReadLiveSettings(JsonFields& fields, LiveSettings& live);
Fault ReadFault(JsonFields fields);

}  // namespace simulated_portal
