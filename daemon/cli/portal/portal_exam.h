#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "hubspot/api_client.h"
#include "hubspot/auth/scopes.h"
#include "model/portal/portal_plan.h"
#include "model/source/object_type.h"
#include "model/source/page_source.h"

namespace hubmirror {

/// What HubSpot answered when one object type was asked for, by list and by search.
struct ObjectFinding {
  std::string object;
  std::optional<ApiError> failure;  ///< absent: both work
};

/// Whether the token may write what the configuration allows.
struct WriteFinding {
  std::vector<ScopeNeed> missing;
  std::string untold;  ///< why HubSpot did not say what the token may do; empty: it did

  bool good() const { return missing.empty(); }
  /// For a person: what is missing, or that nobody knows; empty: all is there.
  std::string Said() const;
  /// What to do about it; empty: nothing.
  std::string Next() const;
};

/// Whether a portal can be mirrored with the token it was asked with.
struct PortalFinding {
  std::optional<Account> account;
  std::optional<ApiError> failure;  ///< why there is no account
  bool wrong_portal = false;        ///< the token's portal is not the configured one
  std::vector<ObjectFinding> objects;
  std::optional<WriteFinding> writing;  ///< absent: nothing may be written, or that was not asked

  bool good() const;
};

/// Asks HubSpot: one request for the account, two per object type, slowly enough for the few
/// searches a second that the whole account has. Stops after the account when that fails or is
/// another portal's: nothing of a foreign portal is read.
PortalFinding ExaminePortal(PageSource& source, const Clock& clock,
                            std::optional<PortalId> configured,
                            const std::vector<ObjectType>& objects);

/// Holds the scopes that the token was granted against those that writing needs: a request, and
/// none where nothing may be written. Not a trial: nothing is written to find out.
void ExamineWriting(ApiClient& source, const PortalPlan& plan, PortalFinding& finding);

/// The findings as lines for people, `key` naming the portal.
std::string PortalFindingText(const PortalFinding& finding, const PortalKey& key);
/// `{"portal": ..., "portal_id": ..., "ok": ..., "objects": {"contacts": {"ok": true}, ...}}`, and
/// `"write": {"ok": ..., "missing_scopes": [...]}` where something may be written.
std::string PortalFindingJson(const PortalFinding& finding, const PortalKey& key);
/// 0, 1 (something must be done at HubSpot or in the configuration) or 69 (HubSpot was not reached,
/// asks to wait, or makes no sense).
int ExitCodeOf(const PortalFinding& finding);
/// What to do about the first thing that is wrong; empty when nothing is.
std::string NextStepOf(const PortalFinding& finding);

}  // namespace hubmirror
