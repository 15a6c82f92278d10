#pragma once

#include <string>
#include <vector>

#include "settings/settings.h"

namespace hubmirror {

/// One setting that a new configuration changes.
struct SettingChange {
  std::string path;    ///< `limits.workers`, `portals.acme`, `portals.acme.objects.deals.interval`
  std::string before;  ///< as the file would have it; `not set` for none
  std::string after;
  bool needs_restart = false;

  /// `limits.workers: auto -> 8 (needs a restart)`.
  std::string Text() const;
  friend bool operator==(const SettingChange&, const SettingChange&) = default;
};

/// What a reload would do: all of it or, when something needs a restart, nothing. The same two
/// settings always give the same plan. A secret that changed behind an unchanged reference is not
/// seen here.
struct ReloadPlan {
  std::vector<SettingChange> changes;  ///< in the order of the table, then portals by key
  std::vector<PortalKey> start;        ///< portals that are new or enabled now; by key
  std::vector<PortalKey> stop;         ///< portals that are gone or disabled now
  std::vector<PortalKey> replace;      ///< enabled portals that go on with other settings

  bool empty() const { return changes.empty(); }
  bool needs_restart() const;
  /// One line per change; `nothing changed` when there is none.
  std::string Text() const;
};

ReloadPlan DiffForReload(const Settings& before, const Settings& after);

}  // namespace hubmirror
