#include "daemon/cli/check_online.h"

#include <map>
#include <utility>

#include "daemon/cli/hubspot.h"
#include "jobs/reference/wanted_layout.h"
#include "model/portal/custom_type.h"

namespace hubmirror {
namespace {

ConfigProblem Unasked(const PortalKey& portal, const std::string& path, const ApiError& error) {
  return {.severity = Severity::kWarning,
          .path = path,
          .what = "HubSpot could not be asked: " + error.message,
          .next = "`hubmirror portal test " + portal + "` says what the token lacks"};
}

/// Such as a missing scope: other types may be answered for.
bool ConcernsOneType(const ApiError& error) {
  return error.kind == ApiErrorKind::kForbidden || error.kind == ApiErrorKind::kNotFound ||
         error.kind == ApiErrorKind::kBadRequest;
}

}  // namespace

OnlineCheck CheckOnline(PageSource& source, ReferenceSource& references, PortalPlan plan) {
  OnlineCheck check;
  const std::string portal = "portals." + plan.key;
  const auto unasked = [&](const std::string& path, const ApiError& error) {
    check.problems.push_back(Unasked(plan.key, path, error));
    if (check.next.empty()) check.next = check.problems.back().next;
    return ConcernsOneType(error);
  };
  if (AsksForCustomTypes(plan)) {
    const auto types = ReadCustomTypes(references);
    if (types) {
      plan = WithTypes(std::move(plan), *types);
    } else if (!unasked(portal + ".objects", types.error())) {
      return check;
    }
  }
  size_t streams = 0;
  std::map<std::pair<std::string, std::string>, size_t> without;
  for (const StreamPlan& stream : plan.streams) {
    const std::string path = portal + ".objects." + stream.object.name;
    const auto known = ReadProperties(source, stream);
    if (!known) {
      if (unasked(path, known.error())) continue;
      return check;
    }
    ++streams;
    for (NameComplaint& complaint : ComplainOfNames(stream, known->definitions, known->unlisted)) {
      if (complaint.shared) {
        ++without[{complaint.key, complaint.name}];
        continue;
      }
      check.problems.push_back({.severity = Severity::kWarning,
                                .path = path + "." + complaint.key,
                                .what = std::move(complaint.said),
                                .next = std::move(complaint.next)});
    }
  }
  for (const auto& [named, count] : without) {
    if (count < streams) continue;
    check.problems.push_back(
        {.severity = Severity::kWarning,
         .path = portal + "." + named.first,
         .what = "names " + named.second + ", which matches no property of any object",
         .next = "correct the name, or remove it"});
  }
  return check;
}

}  // namespace hubmirror
