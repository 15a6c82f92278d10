#include "endpoints/access_tokens.h"

#include <doctest/doctest.h>

#include "test_portal.h"

namespace simulated_portal {
namespace {

const std::string kClient = "client_id=simulated-client&client_secret=simulated-secret";

struct AccessTokensFixture {
  TestPortal test{{{"refresh_rotation", "same"}}, 10};
  const std::string token_path = "/oauth/2026-09/token";

  HttpResponse Refresh(const std::string& token) {
    return test.Post(token_path, kClient + "&grant_type=refresh_token&refresh_token=" + token);
  }
  std::string Field(const HttpResponse& response, const char* name) {
    const rapidjson::Document document = ParseAnswer(response);
    return document.HasMember(name) ? document[name].GetString() : "";
  }
  int StatusWith(const std::string& access) {
    test.token = access;
    const int status = test.Get("/account-info/2026-09/details").status;
    test.token = "pat-na1-test";
    return status;
  }
  std::string Authorize(const std::string& more = "") {
    const HttpResponse response = test.Get(
        "/oauth/authorize?client_id=simulated-client&redirect_uri=http%3A%2F%2F127.0.0.1"
        "%3A9%2Fcb&scope=oauth%20tickets&state=s%261" +
        more);
    REQUIRE(response.status == 302);
    const std::string location = HeaderOf(response, "Location");
    REQUIRE(location.starts_with("http://127.0.0.1:9/cb?code="));
    REQUIRE(location.ends_with("&state=s%261"));
    return location.substr(27, location.rfind("&state") - 27);
  }
  HttpResponse Redeem(const std::string& code, const std::string& more = "") {
    return test.Post(token_path, kClient + "&grant_type=authorization_code&redirect_uri=" +
                                     "http%3A%2F%2F127.0.0.1%3A9%2Fcb&code=" + code + more);
  }
};

}  // namespace

TEST_CASE_FIXTURE(AccessTokensFixture, "a refresh gives an access token that expires") {
  const HttpResponse response = Refresh("na1-simulated-refresh-token");
  REQUIRE(response.status == 200);
  const std::string access = Field(response, "access_token");
  CHECK(Field(response, "refresh_token") == "na1-simulated-refresh-token");
  const rapidjson::Document document = ParseAnswer(response);
  CHECK(document["expires_in"].GetInt() == 1800);
  CHECK(document["hub_id"].GetInt() == 1'234'567);
  CHECK(StatusWith(access) == 200);
  test.now += 1'800'000;
  CHECK(StatusWith(access) == 401);
}

TEST_CASE_FIXTURE(AccessTokensFixture,
                  "a rotated refresh token lives until its successor is used") {
  REQUIRE(test.portal().switches.Set("refresh_rotation", "rotates"));
  const std::string second = Field(Refresh("na1-simulated-refresh-token"), "refresh_token");
  CHECK(second != "na1-simulated-refresh-token");
  CHECK(Refresh("na1-simulated-refresh-token").status == 200);
  CHECK(Refresh(second).status == 200);
  CHECK(Field(Refresh("na1-simulated-refresh-token"), "status") == "BAD_REFRESH_TOKEN");
  REQUIRE(test.portal().switches.Set("refresh_rotation", "absent"));
  CHECK(Field(Refresh(second), "refresh_token").empty());
}

TEST_CASE_FIXTURE(AccessTokensFixture,
                  "an authorization code is good once, for its redirect address") {
  const std::string code = Authorize();
  CHECK(Field(test.Post(token_path,
                        kClient + "&grant_type=authorization_code&redirect_uri=x&code=" + code),
              "status") == "BAD_REDIRECT_URI");
  const HttpResponse response = Redeem(code);
  REQUIRE(response.status == 200);
  CHECK(Field(response, "refresh_token").starts_with("na1-"));
  CHECK(ParseAnswer(response)["scopes"].Size() == 2);
  CHECK(Field(Redeem(code), "status") == "BAD_AUTH_CODE");
  const std::string late = Authorize();
  test.now += 61'000;
  CHECK(Field(Redeem(late), "status") == "BAD_AUTH_CODE");
}

TEST_CASE_FIXTURE(AccessTokensFixture, "a code asked for with a challenge needs its verifier") {
  // The example of RFC 7636, appendix B.
  const std::string more = "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  const std::string code = Authorize(more);
  CHECK(Field(Redeem(code, "&code_verifier=wrong"), "status") == "BAD_CODE_VERIFIER");
  CHECK(Redeem(code, "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").status == 200);
}

TEST_CASE_FIXTURE(AccessTokensFixture, "each OAuth error has its status") {
  const auto status = [&](const std::string& form) {
    const HttpResponse response = test.Post(token_path, form);
    CHECK(response.status == 400);
    return Field(response, "status");
  };
  CHECK(status("grant_type=refresh_token") == "BAD_CLIENT_ID");
  CHECK(status("client_id=simulated-client&client_secret=no&grant_type=refresh_token") ==
        "BAD_CLIENT_SECRET");
  CHECK(status(kClient + "&grant_type=password") == "BAD_GRANT_TYPE");
  CHECK(status(kClient + "&grant_type=client_credentials&scope=moon") == "BAD_SCOPES");
  CHECK(status(kClient + "&grant_type=refresh_token&refresh_token=na1-no") == "BAD_REFRESH_TOKEN");
  REQUIRE(test.Post("/_control/tokens", R"({"action":"delete_hub"})").status == 200);
  CHECK(status(kClient + "&grant_type=refresh_token&refresh_token=na1-simulated-refresh-token") ==
        "BAD_HUB");
}

TEST_CASE_FIXTURE(AccessTokensFixture, "introspection knows live access tokens only") {
  const std::string access = Field(Refresh("na1-simulated-refresh-token"), "access_token");
  const auto active = [&] {
    return ParseAnswer(
               test.Post(token_path + "/introspect", kClient + "&token=" + access))["active"]
        .GetBool();
  };
  CHECK(active());
  REQUIRE(test.Post("/_control/tokens", R"({"action":"expire"})").status == 200);
  CHECK_FALSE(active());
}

TEST_CASE_FIXTURE(AccessTokensFixture, "a revoked refresh token stays revoked") {
  CHECK(test.Post(token_path + "/revoke", kClient + "&token=na1-simulated-refresh-token").status ==
        200);
  CHECK(Field(Refresh("na1-simulated-refresh-token"), "status") == "BAD_REFRESH_TOKEN");
}

TEST_CASE_FIXTURE(AccessTokensFixture, "a static token can be revoked and allowed again") {
  REQUIRE(test.Post("/_control/tokens", R"({"action":"revoke","token":"pat-na1-test"})").status ==
          200);
  CHECK(StatusWith("pat-na1-test") == 401);
  REQUIRE(test.Post("/_control/tokens", R"({"action":"allow","token":"pat-na1-test"})").status ==
          200);
  CHECK(StatusWith("pat-na1-test") == 200);
}

TEST_CASE_FIXTURE(AccessTokensFixture, "a malformed token is refused by the edge, by switch") {
  REQUIRE(test.portal().switches.Set("malformed_token", "530"));
  CHECK(StatusWith("gibberish") == 530);
  CHECK(StatusWith("pat-na1-unknown") == 401);
  REQUIRE(test.portal().switches.Set("malformed_token", "401"));
  CHECK(StatusWith("gibberish") == 401);
}

}  // namespace simulated_portal
