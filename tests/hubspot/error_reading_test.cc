#include "hubspot/read/error_reading.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Kind = ApiErrorKind;

ClientAnswer Json(int status, std::string body) {
  return {
      .status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

ClientAnswer Html(int status) {
  return {.status = status,
          .headers = {{"Content-Type", "text/html; charset=UTF-8"}},
          .body = "<html><body>" + std::to_string(status) + "</body></html>"};
}

ApiError Error(const ClientAnswer& answer, Endpoint endpoint = Endpoint::kList) {
  const auto error = ErrorOf(endpoint, answer);
  REQUIRE(error.has_value());
  return *error;
}

constexpr char kBurstBody[] =
    R"({"status":"error","message":"You have reached your ten_secondly_rolling limit.",
        "errorType":"RATE_LIMIT","correlationId":"c1","policyName":"TEN_SECONDLY_ROLLING",
        "groupName":"publicapi:private_app-api-calls-ten-secondly:1"})";
constexpr char kDailyBody[] =
    R"({"status":"error","message":"You have reached your daily limit.","errorType":"RATE_LIMIT",
        "correlationId":"c2","policyName":"DAILY"})";
constexpr char kSearchBody[] =
    R"({"status":"error","message":"You have reached your secondly limit.","correlationId":"c3",
        "category":"RATE_LIMITS"})";

TEST_CASE("error reading: any 2xx with JSON can be read") {
  // https://github.com/HubSpot/hubspot-api-nodejs/issues/656: 201 overnight, and 200 again.
  CHECK_FALSE(ErrorOf(Endpoint::kBatchRead, Json(201, "{}")));
  CHECK_FALSE(ErrorOf(Endpoint::kList, Json(200, "{}")));
  CHECK_FALSE(ErrorOf(Endpoint::kBatchRead, Json(207, "{}")));
  CHECK_FALSE(ErrorOf(Endpoint::kList, {.status = 200, .body = "{}"}));
}

TEST_CASE("error reading: a web page where JSON was due is trouble of the server") {
  for (const int status : {200, 207, 400, 403, 404, 409, 500, 502}) {
    CHECK(Error(Html(status)).kind == Kind::kServer);
  }
}

TEST_CASE("error reading: a 2xx without an answer in it is none") {
  CHECK_FALSE(ErrorOf(Endpoint::kBatchWrite, {.status = 204}));
  CHECK(Error({.status = 204}).kind == Kind::kServer);
  CHECK(Error(Html(201)).kind == Kind::kServer);
}

TEST_CASE("error reading: each status has its kind") {
  struct Case {
    int status;
    Kind kind;
  };
  for (const Case& c :
       {Case{400, Kind::kBadRequest}, {401, Kind::kUnauthorized}, {403, Kind::kForbidden},
        {404, Kind::kNotFound},       {405, Kind::kBadRequest},   {407, Kind::kConnect},
        {408, Kind::kServer},         {409, Kind::kBadRequest},   {414, Kind::kUrlTooLong},
        {423, Kind::kLocked},         {429, Kind::kBurstLimit},   {477, Kind::kMigrating},
        {500, Kind::kServer},         {502, Kind::kServer},       {503, Kind::kServer},
        {504, Kind::kServer},         {521, Kind::kServer},       {522, Kind::kServer},
        {523, Kind::kServer},         {524, Kind::kServer},       {525, Kind::kServer},
        {530, Kind::kUnauthorized},   {301, Kind::kServer},       {302, Kind::kServer}}) {
    const ApiError error = Error(Json(c.status, R"({"status":"error"})"));
    CAPTURE(c.status);
    CHECK(error.kind == c.kind);
    CHECK(error.status == c.status);
    CHECK_FALSE(error.message.empty());
    CHECK_FALSE(error.message.ends_with("."));
  }
}

TEST_CASE("error reading: statuses that come as web pages keep their kind") {
  CHECK(Error(Html(401)).kind == Kind::kUnauthorized);
  CHECK(Error(Html(414)).kind == Kind::kUrlTooLong);
  CHECK(Error(Html(429)).kind == Kind::kBurstLimit);
  CHECK(Error(Html(530)).kind == Kind::kUnauthorized);
}

TEST_CASE("error reading: the limit that was hit is told by policy and path") {
  CHECK(Error(Json(429, kBurstBody)).kind == Kind::kBurstLimit);
  CHECK(Error(Json(429, kDailyBody)).kind == Kind::kDailyLimit);
  CHECK(Error(Json(429, kSearchBody), Endpoint::kSearch).kind == Kind::kSearchLimit);
  CHECK(Error(Json(429, kDailyBody), Endpoint::kSearch).kind == Kind::kDailyLimit);
  CHECK(Error(Html(429), Endpoint::kSearch).kind == Kind::kSearchLimit);
  CHECK(Error(Html(429), Endpoint::kToken).kind == Kind::kServer);
}

TEST_CASE("error reading: the correlation id comes from header, body or edge") {
  ClientAnswer answer = Json(500, R"({"correlationId":"from-body"})");
  CHECK(Error(answer).correlation_id == "from-body");
  answer.headers.emplace_back("cf-ray", "from-edge");
  CHECK(Error(answer).correlation_id == "from-edge");
  answer.headers.emplace_back("x-hubspot-correlation-id", "from-header");
  CHECK(Error(answer).correlation_id == "from-header");
  CHECK(Error(Json(429, R"({"requestId":"r"})")).correlation_id == "r");
}

TEST_CASE("error reading: limits beyond all likelihood are not told") {
  const auto rates = [](const char* max, const char* remaining, const char* window,
                        const char* daily, const char* left) {
    return ReadRateHeaders({.headers = {{"X-HubSpot-RateLimit-Max", max},
                                        {"X-HubSpot-RateLimit-Remaining", remaining},
                                        {"X-HubSpot-RateLimit-Interval-Milliseconds", window},
                                        {"X-HubSpot-RateLimit-Daily", daily},
                                        {"X-HubSpot-RateLimit-Daily-Remaining", left}}});
  };
  const RateHeaders good = rates("190", "0", "10000", "650000", "650000");
  CHECK(good.burst_limit == 190);
  CHECK(good.burst_remaining == 0);
  CHECK(good.burst_window == 10s);
  CHECK(good.daily_limit == 650'000);
  CHECK(good.daily_remaining == 650'000);
  const RateHeaders tiny = rates("9", "0", "1", "1", "0");
  const RateHeaders huge = rates("9223372036854775807", "5", "3600000", "9223372036854775807", "5");
  for (const RateHeaders& odd : {tiny, huge}) {
    CHECK_FALSE(odd.burst_limit);
    CHECK_FALSE(odd.burst_remaining);
    CHECK_FALSE(odd.burst_window);
    CHECK_FALSE(odd.daily_limit);
    CHECK_FALSE(odd.daily_remaining);
  }
  CHECK_FALSE(rates("190", "191", "10000", "650000", "650001").daily_remaining);
}

TEST_CASE("error reading: a header that is no id is not repeated as one") {
  ClientAnswer answer = Json(500, "{}");
  answer.headers.emplace_back("CF-Ray", "8f1-FRA");
  answer.headers.emplace_back("X-HubSpot-Correlation-Id", "Bearer pat\x1b[2J");
  CHECK(Error(answer).correlation_id == "8f1-FRA");
  answer.headers.pop_back();
  answer.headers.emplace_back("X-HubSpot-Correlation-Id", std::string(101, 'a'));
  CHECK(Error(answer).correlation_id == "8f1-FRA");
}

TEST_CASE("error reading: a missing scope is named") {
  const ApiError error = Error(
      Json(403, R"({"status":"error","message":"This app hasn't been granted all required scopes",
               "category":"MISSING_SCOPES","links":{"scopes":"https://x"},"errors":[
               {"message":"One or more","context":{"requiredGranularScopes":
                 ["tickets","crm.objects.tickets.read"]}},
               {"message":"again","context":{"requiredGranularScopes":["tickets"]}}]})"));

  CHECK(error.kind == Kind::kForbidden);
  CHECK(error.missing_scopes == std::vector<std::string>{"tickets", "crm.objects.tickets.read"});
  CHECK(error.message ==
        "the token lacks a scope, HubSpot names tickets or crm.objects.tickets.read: add it to the "
        "app or the key in HubSpot");
}

TEST_CASE("error reading: a scope that only the text names is found there") {
  const ApiError error = Error(Json(
      403, R"x({"status":"error","message":"You do not have permissions to view_schema object )x"
           R"x(type LEAD (requires one of [leads-read, crm.objects.leads.read])"})x"));
  CHECK(error.kind == Kind::kForbidden);
  CHECK(error.missing_scopes == std::vector<std::string>{"leads-read", "crm.objects.leads.read"});
  CHECK(error.message ==
        "the token lacks a scope, HubSpot names leads-read or crm.objects.leads.read: add it to "
        "the app or the key in HubSpot");

  const auto scopes = [](const std::string& text) {
    return Error(Json(403, R"({"message":")" + text + R"("})")).missing_scopes;
  };
  CHECK(scopes("No access to [12, 13]").empty());
  CHECK(scopes("requires one of [").empty());
  CHECK(scopes("requires one of [<b>]").empty());
}

TEST_CASE("error reading: a type id that HubSpot does not know is told by the text alone") {
  CHECK(Error(Json(400, R"({"message":"Invalid object or event type id: 2-9"})")).kind ==
        Kind::kNotFound);
}

TEST_CASE("error reading: a batch of which nothing exists is no error, an unknown type is one") {
  const ClientAnswer none =
      Json(404, R"({"status":"error","category":"OBJECT_NOT_FOUND","message":"Could not get"})");
  CHECK_FALSE(ErrorOf(Endpoint::kBatchRead, none));
  CHECK(Error(none, Endpoint::kList).kind == Kind::kNotFound);
  CHECK(Error(Json(404, R"({"category":"OBJECT_NOT_FOUND",
                            "message":"Object type is not defined"})"),
              Endpoint::kBatchRead)
            .kind == Kind::kNotFound);
  CHECK(Error(Html(404), Endpoint::kBatchRead).kind == Kind::kServer);
}

TEST_CASE("error reading: a missing permission of a user is told from a missing scope") {
  const ApiError error =
      Error(Json(403, R"({"category":"USER_DOES_NOT_HAVE_PERMISSIONS","message":"no"})"));

  CHECK(error.missing_scopes.empty());
  CHECK(error.message ==
        "the user behind the token lacks a permission: check that user's rights in HubSpot "
        "(USER_DOES_NOT_HAVE_PERMISSIONS: no)");
}

TEST_CASE("error reading: messages from outside stay one short line") {
  const ApiError error =
      Error(Json(400, R"({"message":"a\u0000b\n\u001b[31m)" + std::string(500, 'x') + R"("})"));

  CHECK(error.message.find_first_of("\n\x1b") == std::string::npos);
  CHECK(error.message.find('\0') == std::string::npos);
  CHECK(error.message.size() < 300);
}

TEST_CASE("error reading: retry-after is seconds or a date, and bounded") {
  const auto wait = [](std::string value) {
    ClientAnswer answer{
        .status = 477,
        .headers = {{"Date", "Tue, 01 Sep 2026 10:00:00 GMT"}, {"Retry-After", std::move(value)}}};
    return Error(answer).retry_after;
  };

  CHECK(wait("7") == 7s);
  CHECK(wait("0") == 0s);
  CHECK(wait("-5") == 0s);
  CHECK(wait("99999999999") == 24h);
  CHECK(wait("Tue, 01 Sep 2026 10:01:00 GMT") == 60s);
  CHECK(wait("Tue, 01 Sep 2026 09:00:00 GMT") == 0s);
  CHECK(wait("Mon, 01 Sep 2036 10:01:00 GMT") == 24h);
  CHECK_FALSE(wait("soon"));
  CHECK_FALSE(Error(Html(503)).retry_after);
}

TEST_CASE("error reading: only a dead grant counts as revoked") {
  struct Case {
    const char* body;
    Kind kind;
  };
  for (const Case& c : {
           Case{R"({"error":"invalid_grant","status":"BAD_REFRESH_TOKEN"})", Kind::kGrantRevoked},
           {R"({"status":"BAD_REFRESH_TOKEN","message":"missing or invalid refresh token"})",
            Kind::kGrantRevoked},
           {R"({"error":"invalid_grant"})", Kind::kGrantRevoked},
           {R"({"error":"access_denied","status":"BAD_HUB"})", Kind::kGrantRevoked},
           {R"({"error":"invalid_grant","status":"BAD_AUTH_CODE"})", Kind::kBadRequest},
           {R"({"error":"invalid_client","status":"BAD_CLIENT_ID"})", Kind::kAppConfig},
           {R"({"status":"BAD_CLIENT_SECRET"})", Kind::kAppConfig},
           {R"({"status":"BAD_REDIRECT_URI"})", Kind::kAppConfig},
           {R"({"status":"BAD_GRANT_TYPE"})", Kind::kAppConfig},
           {R"({"status":"BAD_SCOPES"})", Kind::kAppConfig},
           {R"({"error":"invalid_client"})", Kind::kAppConfig},
           {R"({})", Kind::kAppConfig},
       }) {
    CAPTURE(c.body);
    CHECK(Error(Json(400, c.body), Endpoint::kToken).kind == c.kind);
  }
  CHECK(Error(Json(401, R"({"error":"invalid_client"})"), Endpoint::kToken).kind ==
        Kind::kAppConfig);
  CHECK(Error(Html(400), Endpoint::kToken).kind == Kind::kServer);
  CHECK(Error(Html(502), Endpoint::kToken).kind == Kind::kServer);
}

TEST_CASE("error reading: what the token endpoint says in words is not repeated") {
  const ApiError error =
      Error(Json(400, R"({"status":"BAD_CLIENT_SECRET","message":"secret hunter2 is wrong"})"),
            Endpoint::kToken);

  CHECK(error.message.find("hunter2") == std::string::npos);
}

TEST_CASE("error reading: a type without an archived list is told by the text alone") {
  CHECK(Error(Json(400, R"({"message":"Paging through deleted objects is not yet supported."})"))
            .kind == Kind::kUnsupported);
}

}  // namespace
}  // namespace hubmirror
