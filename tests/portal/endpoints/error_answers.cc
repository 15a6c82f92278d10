#include "endpoints/error_answers.h"

#include <algorithm>

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

void AppendMember(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out += ',';
  AppendJsonString(out, name);
  out += ':';
  AppendJsonString(out, value);
}

}  // namespace

std::string DrawCorrelationId(Random& random) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string id = "00000000-0000-4000-8000-000000000000";
  uint64_t bits = 0;
  for (size_t i = 0; i < id.size(); ++i) {
    if (i % 16 == 0) bits = random.Next();
    if (id[i] == '0') id[i] = kHex[bits & 15U];
    bits >>= 4U;
  }
  return id;
}

HttpResponse ErrorAnswer(int status, std::string_view category, std::string_view message,
                         Random& random) {
  HttpResponse response;
  response.status = status;
  std::string& body = response.body;
  body = "{";
  AppendMember(body, "status", "error");
  AppendMember(body, "message", message);
  AppendMember(body, "correlationId", DrawCorrelationId(random));
  AppendMember(body, "category", category);
  body += '}';
  return response;
}

HttpResponse ValidationError(std::string_view message, Random& random) {
  return ErrorAnswer(400, "VALIDATION_ERROR", message, random);
}

HttpResponse MissingScopes(const std::vector<std::string>& scopes, Random& random) {
  HttpResponse response =
      ErrorAnswer(403, "MISSING_SCOPES", "This app lacks a scope that this call needs.", random);
  std::string& body = response.body;
  body.pop_back();
  body +=
      ",\"errors\":[{\"message\":\"One or more of the following scopes are required.\","
      "\"context\":{\"requiredGranularScopes\":[";
  for (size_t i = 0; i < scopes.size(); ++i) {
    if (i > 0) body += ',';
    AppendJsonString(body, scopes[i]);
  }
  body += "]}}],\"links\":{\"scopes\":\"https://developers.hubspot.com/scopes\"}}";
  return response;
}

HttpResponse EdgePage(int status, std::string_view title) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/html; charset=UTF-8";
  response.body.append("<!DOCTYPE html>\n<html><head><title>").append(title);
  response.body.append("</title></head>\n<body><center><h1>").append(title);
  response.body += "</h1></center><hr><center>cloudflare</center></body></html>\n";
  return response;
}

HttpResponse Throttled(RateLimits::Exceeded limit, Duration wait, const Switches& switches,
                       Random& random) {
  HttpResponse response;
  response.status = 429;
  std::string& body = response.body;
  body = "{";
  AppendMember(body, "status", "error");
  AppendMember(body, switches.Is(Setting::kThrottleIdRequest) ? "requestId" : "correlationId",
               DrawCorrelationId(random));
  if (limit == RateLimits::Exceeded::kSearch) {
    AppendMember(body, "message", "You have reached your secondly limit.");
    AppendMember(body, "category", "RATE_LIMITS");
  } else if (limit == RateLimits::Exceeded::kDaily) {
    AppendMember(body, "message", "You have reached your daily limit.");
    AppendMember(body, "errorType", "RATE_LIMIT");
    AppendMember(body, "policyName", "DAILY");
  } else {
    AppendMember(body, "message", "You have reached your ten_secondly_rolling limit.");
    AppendMember(body, "errorType", "RATE_LIMIT");
    AppendMember(body, "policyName", "TEN_SECONDLY_ROLLING");
    AppendMember(body, "groupName", "publicapi:private_app-api-calls-ten-secondly:simulated");
  }
  body += '}';
  if (switches.Is(Setting::kRetryAfterPresent)) {
    response.headers.emplace_back("Retry-After",
                                  std::to_string(std::max<int64_t>(1, (wait + 999) / kSecond)));
  }
  return response;
}

HttpResponse OAuthError(std::string_view status, std::string_view error, std::string_view message) {
  HttpResponse response;
  response.status = 400;
  std::string& body = response.body;
  body = "{";
  AppendMember(body, "error", error);
  AppendMember(body, "error_description", message);
  AppendMember(body, "status", status);
  AppendMember(body, "message", message);
  body += '}';
  return response;
}

}  // namespace simulated_portal
