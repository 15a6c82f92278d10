#include "endpoints/api.h"

#include "endpoints/account_endpoints.h"
#include "endpoints/error_answers.h"
#include "endpoints/link_endpoints.h"
#include "endpoints/record_endpoints.h"
#include "endpoints/reference_endpoints.h"
#include "endpoints/search.h"
#include "faults/fault_effects.h"
#include "http/compression.h"
#include "writes/link_writes.h"
#include "writes/record_writes.h"

namespace simulated_portal {
namespace {

constexpr size_t kSmallestCompressed = 1024;

HttpResponse CallEndpoint(const Call& call) {
  Random& random = call.portal.random;
  const Endpoint endpoint = call.route.endpoint;
  const bool about_object = endpoint >= Endpoint::kList && endpoint <= Endpoint::kPipelines;
  const bool about_two =
      (endpoint >= Endpoint::kLinks && endpoint <= Endpoint::kUnlink) ||
      (endpoint >= Endpoint::kLinkOneDefault && endpoint <= Endpoint::kUnlinkOne);
  if ((about_object && call.route.object == kObjectTypes.size()) ||
      (about_two && call.route.other == kObjectTypes.size())) {
    return ValidationError("Unable to infer object type from the path", random);
  }
  for (const size_t object : {call.route.object, call.route.other}) {
    if (!about_object || !call.portal.deleted_types.contains(object)) continue;
    if (call.portal.switches.Is(Setting::kDeletedTypeNotFound)) {
      return ErrorAnswer(404, "OBJECT_NOT_FOUND", "Object type is not defined", random);
    }
    return ValidationError(
        "Unable to infer object type from: " + std::string(kObjectTypes[object].type_id), random);
  }
  const bool get = call.request.method == "GET";
  const bool post = call.request.method == "POST";
  if (!call.route.any_method && !(call.route.get ? get : post)) {
    return ErrorAnswer(405, "VALIDATION_ERROR", "Method not allowed", random);
  }
  switch (endpoint) {
    case Endpoint::kList:
      return ListRecords(call);
    case Endpoint::kGet:
      return GetRecord(call);
    case Endpoint::kBatchRead:
      return BatchRead(call);
    case Endpoint::kCreate:
      return CreateRecord(call);
    case Endpoint::kUpdate:
      return UpdateRecord(call);
    case Endpoint::kArchive:
      return ArchiveRecord(call);
    case Endpoint::kBatchCreate:
    case Endpoint::kBatchUpdate:
    case Endpoint::kBatchUpsert:
    case Endpoint::kBatchArchive:
      return WriteBatch(call);
    case Endpoint::kSearch:
      return SearchRecords(call);
    case Endpoint::kProperties:
      return ListProperties(call);
    case Endpoint::kProperty:
      return GetProperty(call);
    case Endpoint::kMakeProperty:
      return MakeProperty(call);
    case Endpoint::kGroups:
      return ListGroups(call);
    case Endpoint::kLinks:
      return ReadLinks(call);
    case Endpoint::kLinkLabels:
      return ListLinkLabels(call);
    case Endpoint::kLinkDefault:
    case Endpoint::kLinkCreate:
    case Endpoint::kUnlabel:
    case Endpoint::kUnlink:
      return WriteLinks(call);
    case Endpoint::kLinkOneDefault:
    case Endpoint::kLinkOne:
    case Endpoint::kUnlinkOne:
      return WriteLink(call);
    case Endpoint::kPipelines:
      return ListPipelines(call);
    case Endpoint::kOwners:
      return ListOwners(call);
    case Endpoint::kTeams:
      return ListTeams(call);
    case Endpoint::kUsers:
      return ListUsers(call);
    case Endpoint::kLists:
      return SearchLists(call);
    case Endpoint::kMembers:
      return ListMembers(call);
    case Endpoint::kSchemas:
      return ListSchemas(call);
    case Endpoint::kEvents:
      return ListEvents(call);
    case Endpoint::kCurrencies:
      return ListCurrencies(call);
    case Endpoint::kAccount:
      return AccountDetails(call);
    case Endpoint::kUsage:
      return ApiUsage(call);
    case Endpoint::kTokenInfo:
      return TokenInfo(call);
    default:
      return EdgePage(404, "404 Not Found");
  }
}

bool IsRefusalOfOurs(int status) {
  return status == 400 || status == 404 || status == 405 || status == 414;
}

/// HubSpot's tokens say their region; anything else does not even get past the edge.
bool LooksLikeToken(std::string_view token) {
  return token.starts_with("pat-") || token.starts_with("na1-") || token.starts_with("eu1-");
}

std::string_view BearerToken(const HttpRequest& request) {
  std::string_view header = request.Header("authorization");
  if (!header.starts_with("Bearer ")) return {};
  return header.substr(7);
}

HttpResponse RefuseToken(AccessTokens::Standing standing, std::string_view token, Portal& portal) {
  const Switches& switches = portal.switches;
  if (standing == AccessTokens::Standing::kUnknown && !token.empty() && !LooksLikeToken(token) &&
      switches.Is(Setting::kMalformedToken530)) {
    return EdgePage(530, "Error 1016");
  }
  const bool expired = standing == AccessTokens::Standing::kExpired;
  const bool says_so = expired && switches.Is(Setting::kExpiredTokenExpired);
  return ErrorAnswer(401, says_so ? "EXPIRED_AUTHENTICATION" : "INVALID_AUTHENTICATION",
                     expired ? "The OAuth token used to make this call expired."
                             : "Authentication credentials not found or not valid.",
                     portal.random);
}

RateLimits::Lane LaneOf(Endpoint endpoint) {
  if (endpoint == Endpoint::kSearch) return RateLimits::Lane::kSearch;
  // Single writes of links count as any other request.
  const bool links = endpoint >= Endpoint::kLinks && endpoint <= Endpoint::kUnlink;
  return links ? RateLimits::Lane::kLinks : RateLimits::Lane::kGeneral;
}

/// `apart`: search and associations have limits of their own and do not tell the general one.
void AddLimitHeaders(const RateLimits::Verdict& verdict, const Portal& portal, bool apart,
                     bool oauth, HttpResponse& response) {
  const LimitSettings& limits = portal.limits.settings();
  const auto add = [&response](const char* name, int64_t value) {
    response.headers.emplace_back(name, std::to_string(value));
  };
  if (!apart && limits.burst > 0) {
    add("X-HubSpot-RateLimit-Max", limits.burst);
    add("X-HubSpot-RateLimit-Remaining", verdict.burst_remaining);
    add("X-HubSpot-RateLimit-Interval-Milliseconds", limits.burst_window);
  }
  const bool daily = !oauth && (!apart || portal.switches.Is(Setting::kSearchDailyHeadersPresent));
  if (daily && limits.daily > 0) {
    add("X-HubSpot-RateLimit-Daily", limits.daily);
    add("X-HubSpot-RateLimit-Daily-Remaining", verdict.daily_remaining);
  }
}

/// Headers, framing, latency and connection of every answer of a portal.
void Dress(Portal& portal, const HttpRequest& request, Instant wall_now, HttpResponse& response) {
  const LiveSettings& live = portal.settings.live;
  const Switches& switches = portal.switches;
  Random& random = portal.random;
  response.headers.emplace_back("X-HubSpot-Correlation-Id", DrawCorrelationId(random));
  response.headers.emplace_back("CF-Ray", DrawCorrelationId(random).substr(0, 8) + "-BOS");
  response.headers.emplace_back("Server", "cloudflare");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  const bool wants_gzip = request.Header("accept-encoding").find("gzip") != std::string_view::npos;
  if (live.gzip && wants_gzip && response.body.size() >= kSmallestCompressed) {
    response.body = Gzip(response.body);
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
  response.chunked = switches.Is(Setting::kBodyFramingChunked) && response.status != 204;
  response.lower_case_names = switches.Is(Setting::kHeaderCaseLower);
  response.clock_offset = live.clock_offset;
  if (switches.Is(Setting::kDateHeaderStart)) response.date = portal.Now(wall_now);
  response.delay += live.latency + (live.jitter > 0 ? random.Between(0, live.jitter) : 0);
  if (response.delivery == Delivery::kWhole) {
    if (random.Chance(live.close_after_answer)) response.delivery = Delivery::kCloseAfter;
  }
}

}  // namespace

Api::Caller Api::FindCaller(const HttpRequest& request, Instant wall_now) const {
  const std::string_view token = BearerToken(request);
  for (const auto& portal : portals_) {
    const AccessTokens::Holder holder = portal->tokens.Check(token, portal->Now(wall_now));
    if (holder.standing != AccessTokens::Standing::kUnknown) return {portal.get(), holder};
  }
  // Nobody's token is answered in the manner of the first portal.
  return {portals_.front().get(), {}};
}

HttpResponse Api::Answer(const HttpRequest& request, Instant wall_now) {
  const Route route = ForMethod(ParseRoute(request.path, version_), request.method);
  const bool oauth = route.endpoint >= Endpoint::kToken;
  if (oauth) return AnswerOAuth(route, request, wall_now);
  const Caller caller = FindCaller(request, wall_now);
  Portal& portal = *caller.portal;
  const bool drops = request.number_on_connection > 0 &&
                     portal.random.Chance(portal.settings.live.close_on_request);
  HttpResponse response;
  if (drops) {
    response.status = 0;
    response.delivery = Delivery::kNothing;
  } else {
    response = AnswerFor(caller, route, request, wall_now);
    Dress(portal, request, wall_now, response);
  }
  const bool known = caller.holder.standing != AccessTokens::Standing::kUnknown;
  stats_.Count(known ? portal.settings.portal_id : 0,
               EndpointName(route, request.Query("archived") == "true"), response.status);
  return response;
}

void Api::DoLateWork(Instant wall_now) {
  for (size_t i = 0; i < late_.size();) {
    if (late_[i].due > wall_now) {
      ++i;
      continue;
    }
    const LateWork work = std::move(late_[i]);
    late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(i));
    const Caller caller = FindCaller(work.request, work.due);
    if (caller.holder.standing != AccessTokens::Standing::kValid) continue;
    const Route route = ForMethod(ParseRoute(work.request.path, version_), work.request.method);
    CallEndpoint({work.request, route, *caller.portal, caller.portal->Now(work.due),
                  *caller.holder.scopes, caller.holder.oauth});
  }
}

HttpResponse Api::AnswerOAuth(const Route& route, const HttpRequest& request, Instant wall_now) {
  // Faults of every portal may strike here: before the answer nobody knows whose grant it is.
  for (const auto& portal : portals_) {
    const auto fault = portal->faults.Strike(request.method, request.path, portal->random);
    if (!fault) continue;
    if (auto replaced = ReplaceAnswer(*fault, *portal)) {
      Dress(*portal, request, wall_now, *replaced);
      stats_.Count(portal->settings.portal_id, EndpointName(route, false), replaced->status);
      return *replaced;
    }
  }
  OAuthAnswer answer;
  if ((request.method == "GET") != route.get) {
    answer.response =
        ErrorAnswer(405, "VALIDATION_ERROR", "Method not allowed", portals_.front()->random);
  } else if (route.endpoint == Endpoint::kAuthorize) {
    answer = Authorize(portals_, route, request, wall_now);
  } else {
    answer = AnswerToken(portals_, route, request, wall_now);
  }
  Portal& portal = answer.portal != nullptr ? *answer.portal : *portals_.front();
  Dress(portal, request, wall_now, answer.response);
  stats_.Count(answer.portal != nullptr ? portal.settings.portal_id : 0, EndpointName(route, false),
               answer.response.status);
  return std::move(answer.response);
}

HttpResponse Api::AnswerFor(const Caller& caller, const Route& route, const HttpRequest& request,
                            Instant wall_now) {
  Portal& portal = *caller.portal;
  const auto fault = portal.faults.Strike(request.method, request.path, portal.random);
  if (fault) {
    if (fault->kind == "late_work") late_.push_back({wall_now + fault->seconds, request});
    if (auto replaced = ReplaceAnswer(*fault, portal)) return *replaced;
  }
  if (request.target.size() > static_cast<size_t>(portal.settings.live.uri_limit)) {
    stats_.CountUnexpected(request.method, request.target, "414");
    return EdgePage(414, "414 Request-URI Too Large");
  }
  if (caller.holder.standing != AccessTokens::Standing::kValid) {
    return RefuseToken(caller.holder.standing, BearerToken(request), portal);
  }
  const bool overtaken = fault && fault->kind == "overtaken";
  HttpResponse response =
      AnswerWithinLimits(caller, route, request, portal.Now(wall_now), overtaken);
  if (fault) SpoilAnswer(*fault, request, response);
  const auto poison =
      portal.faults.StrikeAnswer(request.method, request.path, response.body, portal.random);
  if (!poison) return response;
  if (auto replaced = ReplaceAnswer(*poison, portal)) return *replaced;
  SpoilAnswer(*poison, request, response);
  return response;
}

HttpResponse Api::AnswerWithinLimits(const Caller& caller, const Route& route,
                                     const HttpRequest& request, Instant now, bool overtaken) {
  Portal& portal = *caller.portal;
  const RateLimits::Lane lane = LaneOf(route.endpoint);
  const RateLimits::Verdict verdict = portal.limits.Take(caller.holder.app, lane, now);
  HttpResponse response;
  if (verdict.exceeded != RateLimits::Exceeded::kNothing) {
    CountRefusal(verdict);
    response = Throttled(verdict.exceeded, verdict.wait, portal.switches, portal.random);
  } else {
    response = CallEndpoint(
        {request, route, portal, now, *caller.holder.scopes, caller.holder.oauth, overtaken});
    if (IsRefusalOfOurs(response.status)) {
      stats_.CountUnexpected(request.method, request.target,
                             std::to_string(response.status) + " " + response.body);
    }
  }
  AddLimitHeaders(verdict, portal, lane != RateLimits::Lane::kGeneral, caller.holder.oauth,
                  response);
  return response;
}

void Api::CountRefusal(const RateLimits::Verdict& verdict) {
  switch (verdict.exceeded) {
    case RateLimits::Exceeded::kBurst:
      stats_.CountViolation("burst");
      return;
    case RateLimits::Exceeded::kLinks:
      stats_.CountViolation("associations");
      return;
    case RateLimits::Exceeded::kSearch:
      stats_.CountViolation(verdict.shared ? "search_shared" : "search");
      return;
    default:
      stats_.CountViolation(verdict.shared ? "daily_shared" : "daily");
      return;
  }
}

}  // namespace simulated_portal
