#include "http/route.h"

#include <algorithm>
#include <vector>

namespace simulated_portal {
namespace {

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    if (end > 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

using Parts = std::vector<std::string_view>;

Endpoint BatchEndpoint(std::string_view name) {
  if (name == "read") return Endpoint::kBatchRead;
  if (name == "create") return Endpoint::kBatchCreate;
  if (name == "update") return Endpoint::kBatchUpdate;
  if (name == "upsert") return Endpoint::kBatchUpsert;
  return name == "archive" ? Endpoint::kBatchArchive : Endpoint::kUnknown;
}

/// Parts from `{t}` on.
Route ObjectRoute(const Parts& parts) {
  Route route;
  if (parts.empty()) return route;
  route.object = FindObjectType(parts[0]);
  if (parts.size() == 1) {
    route.endpoint = Endpoint::kList;
  } else if (parts.size() == 2 && parts[1] == "search") {
    route.endpoint = Endpoint::kSearch;
    route.get = false;
  } else if (parts.size() == 2) {
    route.endpoint = Endpoint::kGet;
    route.name = parts[1];
  } else if (parts.size() == 3 && parts[1] == "batch") {
    route.endpoint = BatchEndpoint(parts[2]);
    route.get = false;
  } else if (parts.size() >= 5 && parts[2] == "associations") {
    const bool by_default = parts.size() == 6 && parts[3] == "default";
    if (!by_default && parts.size() != 5) return {};
    route.endpoint = by_default ? Endpoint::kLinkOneDefault : Endpoint::kLinkOne;
    route.name = parts[1];
    route.other = FindObjectType(parts[parts.size() - 2]);
    route.other_name = parts.back();
  }
  return route;
}

Route PropertyRoute(const Parts& parts) {
  Route route;
  if (parts.empty() || parts.size() > 2) return route;
  route.object = FindObjectType(parts[0]);
  route.endpoint = Endpoint::kProperties;
  if (parts.size() == 2) {
    route.endpoint = parts[1] == "groups" ? Endpoint::kGroups : Endpoint::kProperty;
    route.name = parts[1];
  }
  return route;
}

Endpoint LinkBatchEndpoint(std::string_view name) {
  if (name == "read") return Endpoint::kLinks;
  if (name == "create") return Endpoint::kLinkCreate;
  if (name == "archive") return Endpoint::kUnlink;
  if (name == "associate/default") return Endpoint::kLinkDefault;
  return name == "labels/archive" ? Endpoint::kUnlabel : Endpoint::kUnknown;
}

/// Parts from `{from}` on.
Route LinkRoute(const Parts& parts) {
  Route route;
  if (parts.size() < 3) return route;
  route.object = FindObjectType(parts[0]);
  route.other = FindObjectType(parts[1]);
  if (parts.size() == 4 && parts[2] == "batch") {
    route.endpoint = LinkBatchEndpoint(parts[3]);
    route.get = false;
  } else if (parts.size() == 5 && parts[2] == "batch") {
    const std::string both = std::string(parts[3]) + "/" + std::string(parts[4]);
    route.endpoint = LinkBatchEndpoint(both);
    route.get = false;
  }
  if (parts.size() == 3 && parts[2] == "labels") route.endpoint = Endpoint::kLinkLabels;
  return route;
}

Route OAuthRoute(const Parts& parts, std::string_view version) {
  Route route;
  if (parts.size() == 5 && parts[1] == "v2" && parts[2] == "private-apps" && parts[3] == "get" &&
      parts[4] == "access-token-info") {
    route.endpoint = Endpoint::kTokenInfo;
    route.get = false;
    return route;
  }
  if (parts.back() == "authorize" && parts.size() <= 3) {
    route.endpoint = Endpoint::kAuthorize;
    if (parts.size() == 3) route.name = parts[1];
    return route;
  }
  const bool known = parts.size() >= 3 && parts[2] == "token" &&
                     (parts[1] == version || parts[1] == "v1" || parts[1] == "v3");
  if (!known) return route;
  route.get = false;
  if (parts.size() == 3) route.endpoint = Endpoint::kToken;
  if (parts.size() == 4 && parts[3] == "introspect") route.endpoint = Endpoint::kIntrospect;
  if (parts.size() == 4 && parts[3] == "revoke") route.endpoint = Endpoint::kRevoke;
  return route;
}

Route ListRoute(const Parts& parts) {
  Route route;
  if (parts.size() == 1 && parts[0] == "search") {
    route.endpoint = Endpoint::kLists;
    route.get = false;
  }
  if (parts.size() == 2 && parts[1] == "memberships") {
    route.endpoint = Endpoint::kMembers;
    route.name = parts[0];
  }
  return route;
}

/// Paths that are not about records.
Route ReferenceRoute(const Parts& parts, std::string_view version) {
  Route route;
  const auto is = [&parts](std::string_view first, std::string_view second, size_t size) {
    return parts.size() == size && parts[0] == first && parts[1] == second;
  };
  const bool dated = parts.size() > 2 && parts[2] == version;
  if (is("crm-object-schemas", version, 3) && parts[2] == "schemas") {
    route.endpoint = Endpoint::kSchemas;
  }
  const bool owners =
      (is("crm", "owners", 3) && dated) || (is("crm", "v3", 3) && parts[2] == "owners");
  if (owners) route.endpoint = Endpoint::kOwners;
  if (is("settings", "users", 3) && parts[2] == "2026-03") route.endpoint = Endpoint::kUsers;
  if (is("settings", "users", 4) && parts[2] == "2026-03" && parts[3] == "teams") {
    route.endpoint = Endpoint::kTeams;
  }
  if (is("marketing", "marketing-events", 3) && dated) route.endpoint = Endpoint::kEvents;
  if (is("settings", "currencies", 4) && dated && parts[3] == "exchange-rates") {
    route.endpoint = Endpoint::kCurrencies;
  }
  const bool pipelines =
      (is("crm", "pipelines", 4) && dated) || (is("crm", "v3", 4) && parts[2] == "pipelines");
  if (pipelines) {
    route.endpoint = Endpoint::kPipelines;
    route.object = FindObjectType(parts[3]);
  }
  return route;
}

Route AccountRoute(const Parts& parts) {
  Route route;
  if (parts.size() == 1 && parts[0] == "details") route.endpoint = Endpoint::kAccount;
  if (parts.size() == 3 && parts[0] == "api-usage") route.endpoint = Endpoint::kUsage;
  return route;
}

}  // namespace

Route ParseRoute(std::string_view path, std::string_view version) {
  const Parts parts = Split(path);
  if (parts.size() < 2) return {};
  if (parts[0] == "oauth") return OAuthRoute(parts, version);
  const auto rest = [&parts](size_t from) {
    return Parts(parts.begin() + static_cast<std::ptrdiff_t>(from), parts.end());
  };
  if (parts[0] == "account-info" && (parts[1] == version || parts[1] == "v3")) {
    return AccountRoute(rest(2));
  }
  if (Route route = ReferenceRoute(parts, version); route.endpoint != Endpoint::kUnknown) {
    return route;
  }
  if (parts[0] != "crm" || parts.size() < 4) return {};
  const bool dated = parts[2] == version;
  const bool legacy = parts[1] == "v3" || (parts[1] == "v4" && parts[2] == "associations");
  if (!dated && !legacy) return {};
  const std::string_view area = legacy ? parts[2] : parts[1];
  if (area == "objects") return ObjectRoute(rest(3));
  if (area == "properties") return PropertyRoute(rest(3));
  if (area == "associations") return LinkRoute(rest(3));
  if (area == "lists") return ListRoute(rest(3));
  return {};
}

Route ForMethod(Route route, std::string_view method) {
  Endpoint wanted = Endpoint::kUnknown;
  if (route.endpoint == Endpoint::kList && method == "POST") wanted = Endpoint::kCreate;
  if (route.endpoint == Endpoint::kProperties && method == "POST") wanted = Endpoint::kMakeProperty;
  if (route.endpoint == Endpoint::kGet && method == "PATCH") wanted = Endpoint::kUpdate;
  if (route.endpoint == Endpoint::kGet && method == "DELETE") wanted = Endpoint::kArchive;
  if (route.endpoint == Endpoint::kLinkOne && method == "DELETE") wanted = Endpoint::kUnlinkOne;
  const bool put = method == "PUT" && (route.endpoint == Endpoint::kLinkOne ||
                                       route.endpoint == Endpoint::kLinkOneDefault);
  if (put) wanted = route.endpoint;
  if (wanted == Endpoint::kUnknown) return route;
  route.endpoint = wanted;
  route.any_method = true;
  return route;
}

std::string EndpointName(const Route& route, bool archived) {
  const std::string object =
      route.object < kObjectTypes.size() ? std::string(kObjectTypes[route.object].name) : "other";
  const std::string kind = archived ? "archived " : "";
  switch (route.endpoint) {
    case Endpoint::kList:
      return "list " + kind + object;
    case Endpoint::kGet:
      return "get " + object;
    case Endpoint::kBatchRead:
      return "batch read " + kind + object;
    case Endpoint::kCreate:
      return "create " + object;
    case Endpoint::kUpdate:
      return "update " + object;
    case Endpoint::kArchive:
      return "archive " + object;
    case Endpoint::kBatchCreate:
      return "batch create " + object;
    case Endpoint::kBatchUpdate:
      return "batch update " + object;
    case Endpoint::kBatchUpsert:
      return "batch upsert " + object;
    case Endpoint::kBatchArchive:
      return "batch archive " + object;
    case Endpoint::kSearch:
      return "search " + object;
    case Endpoint::kProperties:
    case Endpoint::kProperty:
      return "properties " + object;
    case Endpoint::kMakeProperty:
      return "make property " + object;
    case Endpoint::kGroups:
      return "groups " + object;
    case Endpoint::kLinks:
      return "links " + object;
    case Endpoint::kLinkDefault:
    case Endpoint::kLinkOneDefault:
    case Endpoint::kLinkCreate:
    case Endpoint::kLinkOne:
      return "link " + object;
    case Endpoint::kUnlabel:
      return "unlabel " + object;
    case Endpoint::kUnlink:
    case Endpoint::kUnlinkOne:
      return "unlink " + object;
    case Endpoint::kLinkLabels:
      return "link labels " + object;
    case Endpoint::kPipelines:
      return "pipelines " + object;
    case Endpoint::kOwners:
      return "owners";
    case Endpoint::kTeams:
      return "teams";
    case Endpoint::kUsers:
      return "settings users";
    case Endpoint::kLists:
      return "lists";
    case Endpoint::kMembers:
      return "list members";
    case Endpoint::kSchemas:
      return "schemas";
    case Endpoint::kEvents:
      return "marketing events";
    case Endpoint::kCurrencies:
      return "currencies";
    case Endpoint::kAccount:
      return "account";
    case Endpoint::kUsage:
      return "usage";
    case Endpoint::kTokenInfo:
      return "token info";
    case Endpoint::kToken:
      return "token";
    case Endpoint::kIntrospect:
      return "introspect";
    case Endpoint::kRevoke:
      return "revoke";
    case Endpoint::kAuthorize:
      return "authorize";
    case Endpoint::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace simulated_portal
