#pragma once

#include <string>

namespace hubmirror::testing {

/// A status document with a stream of each kind that matters to its readers.
inline const std::string kSampleStatus = R"({
  "generated_at": "2026-10-01T10:00:00.000Z", "version": "0.1.0", "ready": false,
  "config_loaded": true, "last_reload_accepted": false, "database_up": true, "added_later": [1],
  "portals": {
    "acme": {
      "portal_id": 1234567, "auth_valid": true, "message": "",
      "quota": {"burst": {"limit": 190, "remaining": 12},
                "daily": {"limit": 625000, "remaining": 600000, "share": 312500,
                          "used_by_us": 1204}},
      "changes": {"found": 3900, "requests": 1204},
      "streams": {
        "contacts": {
          "state": "backfilling", "reason": "", "message": "", "caught_up": false, "rows": 11316,
          "pending": 3, "quarantined": 0, "verified_until": null, "age_s": null,
          "freshness_target_s": 300,
          "backfill": {"running": true, "done": 11316, "expected": 27600, "eta_s": 8},
          "jobs": {}
        },
        "deals": {
          "state": "current", "reason": "", "message": "", "caught_up": true, "rows": 4600,
          "pending": 0, "quarantined": 2, "verified_until": "2026-10-01T09:59:48.000Z",
          "age_s": 12, "freshness_target_s": 300,
          "backfill": {"running": false, "done": 4600, "expected": 4600, "eta_s": null},
          "jobs": {
            "changes": {"last_complete_at": "2026-10-01T09:59:48.000Z", "next_at": null,
                        "last_error": "gone by now",
                        "last_error_at": "2026-10-01T09:00:00.000Z", "target_s": 60}
          }
        },
        "emails": {
          "state": "blocked", "reason": "scope", "message": "grant sales-email-read to the app",
          "caught_up": false, "rows": 0, "pending": 0, "quarantined": 0, "verified_until": null,
          "age_s": null, "freshness_target_s": 300,
          "backfill": {"running": false, "done": 0, "expected": 0, "eta_s": null},
          "jobs": {
            "sweep": {"last_complete_at": null, "next_at": null, "last_error": "403 \u001b[2J",
                      "last_error_at": "2026-10-01T09:58:00.000Z", "target_s": 86400}
          }
        }
      }
    },
    "beta": {"portal_id": 7654321, "auth_valid": false, "message": "the token was refused",
             "quota": {"burst": {"limit": null, "remaining": null},
                       "daily": {"limit": null, "remaining": null, "share": null,
                                 "used_by_us": 0}},
             "streams": {}}
  }
})";

}  // namespace hubmirror::testing
