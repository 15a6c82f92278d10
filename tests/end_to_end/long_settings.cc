#include "long_settings.h"

namespace hubmirror::testing {

PortalOptions RealPortal(uint64_t seed, int64_t records) {
  return {.seed = seed, .records = records, .latency = "100ms", .index_delay = "20s"};
}

DaemonSettings BriskSettings() {
  DaemonSettings settings;
  settings.defaults = {{"interval", "5s"},        {"archived", "{every: 20s}"},
                       {"confirm_after", "5s"},   {"freshness_target", "5m"},
                       {"overlap", "1m"},         {"deep_overlap", "1h"},
                       {"quota_share", "0.5"},    {"sweep", "{every: 24h}"},
                       {"catalog", "{every: 5m}"}};
  return settings;
}

}  // namespace hubmirror::testing
