#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "daemon/cli/status_document.h"
#include "model/source/page_source.h"
#include "postgres/session/connection.h"
#include "settings/settings.h"
#include "settings/text/environment.h"

namespace hubmirror {

/// What one check of `hubmirror doctor` found.
struct Finding {
  enum class Verdict { kGood, kLook, kMend, kSkipped };

  std::string area;   ///< `host`, `daemon`, `database`, or the key of a portal
  std::string check;  ///< `disk`
  Verdict verdict = Verdict::kGood;
  std::string said;  ///< what was seen
  std::string fix;   ///< what to do; empty when good
};

/// The findings of one area, in the order they were made.
class Findings {
 public:
  explicit Findings(std::string area) : area_(std::move(area)) {}

  void Good(std::string check, std::string said);
  /// Something that a person should check; nothing is broken yet.
  void Look(std::string check, std::string said, std::string fix);
  void Mend(std::string check, std::string said, std::string fix);
  /// Could not be checked, and why.
  void Skip(std::string check, std::string why, std::string fix = {});
  /// Good or one of the others.
  void Judge(bool good, Finding::Verdict otherwise, std::string check, std::string said,
             std::string fix);

  const std::vector<Finding>& list() const { return list_; }

 private:
  void Add(Finding::Verdict verdict, std::string check, std::string said, std::string fix);

  std::string area_;
  std::vector<Finding> list_;
};

/// The findings in the order in which to tackle them: areas with something to fix first, what
/// weighs most (a token, then the database, the portal's id, scopes) before the small things;
/// likewise within an area.
std::vector<Finding> ByWeight(std::vector<Finding> findings);

/// State directory, disk, descriptors, memory of this host, for this user.
Findings ExamineHost(const Settings& settings, const std::string& config_path);

/// Whether the daemon runs, is this version, and what its streams say. `failure` says why there is
/// no status.
Findings ExamineDaemon(const std::optional<ShownStatus>& status, const std::string& failure,
                       const Settings& settings, std::string_view version);

/// What PostgreSQL allows the daemon's role to do, and what obstructs it. `now` is this host's.
Findings ExamineDatabase(Connection& connection, const Settings& settings, TimePoint now);

/// Properties of each object type, those that the configuration names among them, and the clock of
/// HubSpot; `source` is asked one request for the account and a handful per object type.
Findings ExamineProperties(PageSource& source, const PortalPlan& plan, TimePoint now);

/// How long HubSpot supports a dated version (`2026-09`): 18 months from its release (HubSpot's
/// page on versioning).
Finding ExamineVersion(const PortalKey& portal, std::string_view version, TimePoint now);

}  // namespace hubmirror
