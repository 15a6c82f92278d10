#include "hubspot/read/error_reading.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/time_text.h"
#include "hubspot/read/error_body.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Kind = ApiErrorKind;

constexpr std::chrono::milliseconds kLongestWait = 24h;  // HubSpot's own bound for 477

/// What an error means, before its particulars are filled in.
struct Meaning {
  Kind kind;
  std::string message;
};

std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string Join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) {
    if (!joined.empty()) joined += " or ";
    joined += word;
  }
  return joined;
}

std::string Quoted(const ErrorBody& body) {
  std::string text = body.category;
  if (!body.message.empty()) text += (text.empty() ? "" : ": ") + body.message;
  return text.empty() ? std::string() : " (" + text + ")";
}

/// Headers may be missing on edge pages, so without one a body that starts like JSON passes.
bool CallsItselfJson(const ClientAnswer& answer) {
  const std::string_view type = answer.Header("Content-Type");
  if (!type.empty()) return type.find("json") != std::string_view::npos;
  return answer.body.starts_with('{');
}

bool IsWithin(std::optional<int64_t> number, int64_t least, int64_t most) {
  return number && *number >= least && *number <= most;
}

/// Without what HubSpot cannot have said: a header that something on the way made up could silence
/// a portal for a day. The bounds leave room around the limits of
/// https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines.
RateHeaders Plausible(RateHeaders rate) {
  if (!IsWithin(rate.burst_limit, 10, 1000)) rate.burst_limit.reset();
  if (!IsWithin(rate.burst_remaining, 0, rate.burst_limit.value_or(-1))) {
    rate.burst_remaining.reset();
  }
  if (rate.burst_window && (*rate.burst_window < 1s || *rate.burst_window > 60s)) {
    rate.burst_window.reset();
  }
  if (!IsWithin(rate.daily_limit, 10'000, 1'000'000'000)) rate.daily_limit.reset();
  if (!IsWithin(rate.daily_remaining, 0, rate.daily_limit.value_or(-1))) {
    rate.daily_remaining.reset();
  }
  return rate;
}

/// An id that means something to HubSpot's support; anything else in its place may be anyone's
/// text.
bool IsId(std::string_view text) {
  return text.size() <= 100 && std::all_of(text.begin(), text.end(),
                                           [](char c) { return IsLetterOrDigit(c) || c == '-'; });
}

Meaning Throttled(Endpoint endpoint, const ErrorBody& body) {
  const bool daily = body.policy.find("DAILY") != std::string::npos ||
                     body.message.find("daily") != std::string::npos;
  // The token endpoint has no lane of its own; its 429 is just a server that is busy.
  if (endpoint == Endpoint::kToken) {
    return {Kind::kServer, "HubSpot's token endpoint is busy (429)"};
  }
  if (daily) return {Kind::kDailyLimit, "the account's daily request limit is used up"};
  // Told by the path: the bodies of the two differ by text only and have changed before.
  if (endpoint == Endpoint::kSearch) {
    return {Kind::kSearchLimit, "the account's searches per second are used up"};
  }
  return {Kind::kBurstLimit, "the app's requests per ten seconds are used up"};
}

Meaning Forbidden(const ErrorBody& body) {
  if (!body.json) {
    return {Kind::kServer, "refused by something before HubSpot (403, a web page)"};
  }
  if (!body.scopes.empty()) {
    // The scope that HubSpot names has been seen to be another than the one that is missing.
    return {Kind::kForbidden, "the token lacks a scope, HubSpot names " + Join(body.scopes) +
                                  ": add it to the app or the key in HubSpot"};
  }
  if (body.category.find("PERMISSION") != std::string::npos) {
    return {Kind::kForbidden,
            "the user behind the token lacks a permission: check that user's rights in HubSpot" +
                Quoted(body)};
  }
  return {Kind::kForbidden,
          "refused: a scope is missing or the account's plan lacks this" + Quoted(body)};
}

/// What 5xx codes mean: https://developers.hubspot.com/docs/api-reference/error-handling; those
/// from 520 on are the edge's
/// (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/).
Meaning ServerTrouble(int status) {
  if (status == 524) return {Kind::kServer, "HubSpot took over 100 s (524)"};
  if (status == 522 || status == 525 || status == 526) {
    return {Kind::kServer, "the edge cannot reach HubSpot (" + std::to_string(status) + ")"};
  }
  return {Kind::kServer, "HubSpot is in trouble (" + std::to_string(status) + ")"};
}

/// An unknown type is told by 400 and text alone: by id "Invalid object or event type id: 2-9", by
/// name "Unable to infer object type from: ...".
bool SaysNoSuchType(std::string_view message) {
  return message.find("infer object type") != std::string_view::npos ||
         message.find("Invalid object or event type id") != std::string_view::npos;
}

/// Some types, meetings among them, have no archived list: "Paging through deleted objects is not
/// yet supported".
bool SaysNoArchivedList(std::string_view message) {
  return message.find("aging through deleted objects") != std::string_view::npos;
}

/// A batch of which no record exists comes as a 207 without results, or as this 404.
bool SaysNoneOfBatch(Endpoint endpoint, const ClientAnswer& answer) {
  if (endpoint != Endpoint::kBatchRead || answer.status != 404) return false;
  const ErrorBody body = ReadErrorBody(answer);
  return body.category == "OBJECT_NOT_FOUND" &&
         body.message.find("bject type") == std::string::npos;
}

/// The status decides, not the body: HubSpot promises none of a body's fields, and has changed
/// their wording (https://developers.hubspot.com/docs/api-reference/error-handling).
Meaning ClientError(Endpoint endpoint, int status, const ErrorBody& body) {
  switch (status) {
    case 401:
      return {Kind::kUnauthorized, "HubSpot refuses the token"};
    case 403:
      return Forbidden(body);
    case 407:
      return {Kind::kConnect, "the proxy wants a login (407): use one that needs none"};
    case 408:
      return {Kind::kServer, "HubSpot gave up waiting for the request (408)"};
    case 414:
      return {Kind::kUrlTooLong, "the address was too long (414)"};
    case 423:
      return {Kind::kLocked, "the records are locked by a large write (423)"};
    case 429:
      return Throttled(endpoint, body);
    case 477:
      return {Kind::kMigrating, "the account is being moved between data centres (477)"};
    default:
      break;
  }
  if (!body.json) {
    return {Kind::kServer, "a web page where JSON was due (" + std::to_string(status) + ")"};
  }
  if (status == 404) return {Kind::kNotFound, "not found" + Quoted(body)};
  if (status == 400 && SaysNoSuchType(body.message)) {
    return {Kind::kNotFound, "HubSpot knows no such object type" + Quoted(body)};
  }
  if (status == 400 && SaysNoArchivedList(body.message)) {
    return {Kind::kUnsupported, "HubSpot has no archived list of this type" + Quoted(body)};
  }
  return {Kind::kBadRequest,
          "HubSpot refuses the request, " + std::to_string(status) + Quoted(body)};
}

/// RFC 6749 errors under HubSpot's own names. Only two of them mean that the grant is gone; taking
/// a wrong client secret for a revocation would throw away good grants.
Meaning TokenRefusal(int status, const ErrorBody& body) {
  const std::string& name = body.oauth_status;
  if (name == "BAD_REFRESH_TOKEN" || name == "invalid_grant") {
    return {Kind::kGrantRevoked,
            "the refresh token was revoked or has expired: run `hubmirror portal authorize`"};
  }
  if (name == "BAD_HUB" || name == "access_denied") {
    return {Kind::kGrantRevoked,
            "HubSpot no longer knows this account, or the app was uninstalled there (" + name +
                "): run `hubmirror portal authorize`"};
  }
  if (name == "BAD_AUTH_CODE" || name == "BAD_CODE_VERIFIER") {
    return {Kind::kBadRequest, "the code was used already or is too old: authorize again"};
  }
  if (name == "BAD_CLIENT_ID" || name == "BAD_CLIENT_SECRET" || name == "invalid_client") {
    return {Kind::kAppConfig, "HubSpot does not accept the app (" + name +
                                  "): check oauth.client_id and "
                                  "oauth.client_secret"};
  }
  if (name == "BAD_REDIRECT_URI") {
    return {Kind::kAppConfig, "the redirect address is not one of the app's: add it to the app"};
  }
  const std::string shown = name.empty() ? std::string() : " " + name;
  return {Kind::kAppConfig, "HubSpot refuses the token request (" + std::to_string(status) + shown +
                                "): check the app's settings"};
}

Meaning MeaningOf(Endpoint endpoint, const ClientAnswer& answer, const ErrorBody& body) {
  const int status = answer.status;
  if (status == 530) {
    return {Kind::kUnauthorized, "the token is malformed (530): copy it again, whole"};
  }
  if (status >= 500) return ServerTrouble(status);
  const bool token = endpoint == Endpoint::kToken;
  if (token && body.json && (status == 400 || status == 401 || status == 403)) {
    return TokenRefusal(status, body);
  }
  if (status >= 400) return ClientError(endpoint, status, body);
  if (status >= 300) {
    return {Kind::kServer, "a redirect (" + std::to_string(status) +
                               "), which is never followed: check api.base_url"};
  }
  return {Kind::kServer,
          "an answer without JSON where JSON was due (" + std::to_string(status) + ")"};
}

}  // namespace

std::optional<ApiError> ErrorOf(Endpoint endpoint, const ClientAnswer& answer) {
  // Which of the 2xx comes with an answer has changed overnight, and back: 201 for batches.
  const bool good = answer.status / 100 == 2;
  // A write is answered by nothing, and that does not say of what type it is.
  const bool writes = !WriteOpOf(endpoint).empty();
  const bool silent = writes && answer.status == 204 && answer.body.empty();
  if (good && (silent || CallsItselfJson(answer))) return std::nullopt;
  if (SaysNoneOfBatch(endpoint, answer)) return std::nullopt;
  const ErrorBody body = ReadErrorBody(answer);
  Meaning meaning = MeaningOf(endpoint, answer, body);
  ApiError error{.kind = meaning.kind,
                 .status = answer.status,
                 .message = std::move(meaning.message),
                 .correlation_id = CorrelationId(answer),
                 .retry_after = ReadRetryAfter(answer)};
  if (error.correlation_id.empty()) error.correlation_id = body.correlation_id;
  if (error.kind == Kind::kForbidden) error.missing_scopes = body.scopes;
  return error;
}

ApiError DecodeError(std::string_view what) {
  return {.kind = Kind::kDecode, .message = "the answer cannot be read: " + std::string(what)};
}

RateHeaders ReadRateHeaders(const ClientAnswer& answer) {
  const auto number = [&](std::string_view name) {
    auto value = Number(answer.Header(name));
    return value && *value >= 0 ? value : std::nullopt;
  };
  RateHeaders rate{.burst_limit = number("X-HubSpot-RateLimit-Max"),
                   .burst_remaining = number("X-HubSpot-RateLimit-Remaining"),
                   .daily_limit = number("X-HubSpot-RateLimit-Daily"),
                   .daily_remaining = number("X-HubSpot-RateLimit-Daily-Remaining")};
  if (const auto window = number("X-HubSpot-RateLimit-Interval-Milliseconds")) {
    rate.burst_window = std::chrono::milliseconds(*window);
  }
  return Plausible(rate);
}

std::optional<std::chrono::milliseconds> ReadRetryAfter(const ClientAnswer& answer) {
  const std::string_view text = answer.Header("Retry-After");
  std::chrono::milliseconds wait{0};
  if (const auto seconds = Number(text)) {
    wait = std::chrono::seconds(std::clamp<int64_t>(*seconds, 0, kLongestWait / 1s));
  } else {
    const auto until = ParseHttpDate(text);
    const auto now = ParseHttpDate(answer.Header("Date"));
    if (!until || !now) return std::nullopt;
    wait = *until - *now;
  }
  return std::clamp(wait, std::chrono::milliseconds(0), kLongestWait);
}

std::string CorrelationId(const ClientAnswer& answer) {
  for (const char* const name : {"X-HubSpot-Correlation-Id", "CF-Ray"}) {
    const std::string_view id = answer.Header(name);
    if (!id.empty() && IsId(id)) return std::string(id);
  }
  return "";
}

}  // namespace hubmirror
