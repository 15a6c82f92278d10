#include "hubspot/auth/token_keeper.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "base/digest.h"
#include "hubspot/scripted_transport.h"
#include "support/fake_clock.h"
#include "support/temp_directory.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using testing::FakeClock;
using testing::ScriptedTransport;
using testing::TempDirectory;

class Observed final : public ExchangeObserver, public TokenObserver {
 public:
  void OnExchange(const Exchange& exchange) override { exchanges.push_back(exchange); }
  void OnTokenExpiry(TimePoint at) override { expires_at = at; }
  void OnTokenRefreshFailure() override { ++failures; }

  std::vector<Exchange> exchanges;
  std::optional<TimePoint> expires_at;
  int failures = 0;
};

std::string TokenBody(const std::string& access, const std::string& refresh, int seconds = 1800,
                      int64_t hub = 42) {
  return R"({"access_token":")" + access + R"(","refresh_token":")" + refresh +
         R"(","expires_in":)" + std::to_string(seconds) + R"(,"token_type":"bearer","hub_id":)" +
         std::to_string(hub) + R"(,"scopes":["oauth"]})";
}

/// Portal 42, whose configuration names the refresh token `first`.
struct TokenKeeperFixture {
  TempDirectory folder{"hubmirror"};
  ScriptedTransport hubspot;
  FakeClock clock;
  SourceClock source_clock;
  Observed observed;
  std::string configured = "first";
  OAuthApp app{{.portal = "acme",
                .version = "2026-09",
                .client_id = "client",
                .client_secret = [] { return Secret("s&cret"); }},
               {hubspot, clock, source_clock},
               observed};
  RefreshTokenFile file{folder.path().string(), "acme"};
  TokenKeeper keeper = MakeKeeper();

  TokenKeeper MakeKeeper() {
    return TokenKeeper(
        {.portal_id = PortalId{42}, .refresh_token = [this] { return Secret(configured); }}, app,
        file, clock, observed);
  }
  std::string Token() {
    const auto token = keeper.Acquire();
    return token ? token->Reveal() : "error: " + token.error().message;
  }
  ApiErrorKind Error() {
    const auto token = keeper.Acquire();
    REQUIRE_FALSE(bool(token));
    return token.error().kind;
  }
  std::string Stored() {
    const auto grant = file.Load();
    return grant && *grant ? (*grant)->refresh_token.Reveal() : "";
  }
  bool AskedWith(const std::string& refresh) {
    return hubspot.last().body.find("refresh_token=" + refresh + "&") != std::string::npos;
  }
};

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: the client's secret goes into the body of the request") {
  hubspot.Answer(200, TokenBody("a1", "first"));

  CHECK(keeper.Scopes().empty());
  CHECK(Token() == "a1");
  CHECK(keeper.Scopes() == std::vector<std::string>{"oauth"});

  const ClientRequest request = hubspot.last();
  CHECK(request.target == "/oauth/2026-09/token");
  CHECK(request.content_type == "application/x-www-form-urlencoded");
  CHECK(request.body ==
        "grant_type=refresh_token&refresh_token=first&client_id=client&client_secret=s%26cret");
  CHECK(request.bearer.empty());
  CHECK(observed.exchanges.at(0).endpoint == Endpoint::kToken);
  CHECK_FALSE(observed.exchanges.at(0).failure);
  CHECK(observed.expires_at == clock.WallNow() + 1800s);
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: a token is kept until shortly before it runs out") {
  hubspot.Answer(200, TokenBody("a1", "first"));
  hubspot.Answer(200, TokenBody("a2", "first"));

  CHECK(Token() == "a1");
  clock.Advance(1800s - 121s);
  CHECK(Token() == "a1");
  clock.Advance(2s);
  CHECK(Token() == "a2");
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: a short life leaves a quarter of it to spare") {
  hubspot.Answer(200, TokenBody("a1", "first", 10));
  hubspot.Answer(200, TokenBody("a2", "first", 10));

  CHECK(Token() == "a1");
  clock.Advance(7400ms);
  CHECK(Token() == "a1");
  clock.Advance(200ms);
  CHECK(Token() == "a2");
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: a new refresh token is stored and used from then on") {
  hubspot.Answer(200, TokenBody("a1", "second"));
  hubspot.Answer(200, TokenBody("a2", "third"));

  CHECK(Token() == "a1");
  CHECK(Stored() == "second");
  TokenKeeper after_restart = MakeKeeper();
  CHECK(bool(after_restart.Acquire()));

  CHECK(AskedWith("second"));
  CHECK(Stored() == "third");
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: the same refresh token back is not written again") {
  hubspot.Answer(200, TokenBody("a1", "first"));
  hubspot.Answer(200, R"({"access_token":"a2","expires_in":1800})");

  CHECK(Token() == "a1");
  clock.Advance(1800s);
  CHECK(Token() == "a2");

  CHECK_FALSE(std::filesystem::exists(file.path()));
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: a newly configured refresh token beats the stored one") {
  hubspot.Answer(200, TokenBody("a1", "second"));
  hubspot.Answer(200, TokenBody("a2", "fourth"));
  CHECK(Token() == "a1");

  configured = "third";
  TokenKeeper reloaded = MakeKeeper();
  CHECK(bool(reloaded.Acquire()));

  CHECK(AskedWith("third"));
  CHECK(Stored() == "fourth");
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: an authorized portal needs no configured token") {
  configured = "";
  CHECK(Error() == ApiErrorKind::kSecret);
  REQUIRE(bool(file.Store({Secret("authorized"), ""})));
  hubspot.Answer(200, TokenBody("a1", "authorized"));
  clock.Advance(1s);

  CHECK(Token() == "a1");
  CHECK(AskedWith("authorized"));
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: no token is used whose refresh token is not on disk") {
  const std::string in_the_way = file.path() + "." + std::to_string(::getpid()) + ".new";
  std::filesystem::create_directories(in_the_way);
  hubspot.Answer(200, TokenBody("a1", "second"));
  hubspot.Answer(200, TokenBody("a2", "second"));

  CHECK(Error() == ApiErrorKind::kSecret);
  std::filesystem::remove(in_the_way);
  clock.Advance(1s);

  // The new refresh token was not forgotten, although it could not be stored.
  CHECK(Token() == "a2");
  CHECK(AskedWith("second"));
  CHECK(Stored() == "second");
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: a damaged file stops the portal and says what to do") {
  REQUIRE(bool(file.Store({Secret("x"), Sha256Hex("first")})));
  std::ofstream(file.path()) << "{";

  const auto token = keeper.Acquire();

  CHECK(token.error().kind == ApiErrorKind::kSecret);
  CHECK(token.error().message.find("remove it, then run") != std::string::npos);
  CHECK(hubspot.requests().empty());
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: a revoked grant stops at once and names the way out") {
  hubspot.Answer(200, TokenBody("a1", "first"));
  hubspot.Answer(400, R"({"error":"invalid_grant","status":"BAD_REFRESH_TOKEN"})");
  CHECK(Token() == "a1");
  clock.Advance(1700s);

  const auto refused = keeper.Acquire();

  CHECK(refused.error().kind == ApiErrorKind::kGrantRevoked);
  CHECK(refused.error().message.find("portal authorize") != std::string::npos);
  CHECK(observed.failures == 1);
  CHECK(observed.exchanges.back().failure == ApiErrorKind::kGrantRevoked);
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: authorizing anew mends a revoked grant while we run") {
  hubspot.Answer(400, R"({"status":"BAD_REFRESH_TOKEN"})");
  hubspot.Answer(200, TokenBody("a1", "anew"));
  CHECK(Error() == ApiErrorKind::kGrantRevoked);
  REQUIRE(bool(file.Store({Secret("anew"), Sha256Hex("first")})));
  clock.Advance(60s);

  CHECK(Token() == "a1");
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: trouble at the token endpoint spends the good token") {
  hubspot.Answer(200, TokenBody("a1", "first"));
  hubspot.Answer(503, "{}");
  hubspot.Answer(429, "{}");
  hubspot.Answer(200, TokenBody("a2", "first"));
  CHECK(Token() == "a1");
  clock.Advance(1700s);

  CHECK(Token() == "a1");
  CHECK(Token() == "a1");
  CHECK(hubspot.requests().size() == 2);
  clock.Advance(100s);
  CHECK(Error() == ApiErrorKind::kServer);
  clock.Advance(1s);
  CHECK(Token() == "a2");
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: a failed refresh is not repeated within a second") {
  hubspot.Answer(503, "{}");
  hubspot.Answer(503, "{}", {{"retry-after", "30"}});
  hubspot.Answer(200, TokenBody("a1", "first"));

  CHECK(Error() == ApiErrorKind::kServer);
  CHECK(Error() == ApiErrorKind::kServer);
  CHECK(hubspot.requests().size() == 1);
  clock.Advance(1s);
  CHECK(Error() == ApiErrorKind::kServer);
  clock.Advance(29s);
  CHECK(Error() == ApiErrorKind::kServer);
  CHECK(hubspot.requests().size() == 2);
  clock.Advance(1s);
  CHECK(Token() == "a1");
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: a wrong client secret is our fault, not a revocation") {
  hubspot.Answer(400, R"({"status":"BAD_CLIENT_SECRET"})");

  CHECK(Error() == ApiErrorKind::kAppConfig);
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: a token of another portal is refused and not stored") {
  hubspot.Answer(200, TokenBody("a1", "second", 1800, 43));

  const auto token = keeper.Acquire();

  CHECK(token.error().kind == ApiErrorKind::kWrongPortal);
  CHECK(token.error().message.find("belongs to portal 43, the configuration says 42") !=
        std::string::npos);
  CHECK(Stored() == "");
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "token keeper: a refused token is replaced once, then it is trouble") {
  hubspot.Answer(200, TokenBody("a1", "first"));
  hubspot.Answer(200, TokenBody("a2", "first"));
  hubspot.Answer(200, TokenBody("a3", "first"));
  CHECK(Token() == "a1");

  CHECK(keeper.Reject(Secret("a1")) == ApiErrorKind::kTokenExpired);
  CHECK(keeper.Reject(Secret("a1")) == ApiErrorKind::kTokenExpired);
  CHECK(Token() == "a2");
  CHECK(keeper.Reject(Secret("a2")) == ApiErrorKind::kUnauthorized);

  // Probes go on with new tokens, and one that is accepted ends the trouble.
  CHECK(Token() == "a3");
  keeper.Confirm(Secret("a3"));
  CHECK(keeper.Reject(Secret("a3")) == ApiErrorKind::kTokenExpired);
}

TEST_CASE_FIXTURE(TokenKeeperFixture, "token keeper: secrets are in no error") {
  hubspot.Answer(400, R"({"status":"BAD_REFRESH_TOKEN","message":"first s&cret"})");

  const auto token = keeper.Acquire();

  CHECK(token.error().message.find("first") == std::string::npos);
  CHECK(token.error().message.find("s&cret") == std::string::npos);
}

/// Holds the first request until told to go on.
class HeldTransport final : public HttpTransport {
 public:
  explicit HeldTransport(ScriptedTransport& script) : script_(script) {}
  Result<ClientAnswer, HttpFailure> Send(const ClientRequest& request) override {
    arrived.count_down();
    go_on.wait();
    return script_.Send(request);
  }
  std::latch arrived{1};
  std::latch go_on{1};

 private:
  ScriptedTransport& script_;
};

TEST_CASE_FIXTURE(TokenKeeperFixture, "token keeper: many threads share one refresh") {
  HeldTransport held(hubspot);
  OAuthApp held_app({.portal = "acme",
                     .version = "2026-09",
                     .client_id = "client",
                     .client_secret = [] { return Secret("x"); }},
                    {held, clock, source_clock}, observed);
  TokenKeeper shared({.portal_id = PortalId{42}, .refresh_token = [] { return Secret("first"); }},
                     held_app, file, clock, observed);
  hubspot.Answer(200, TokenBody("a1", "first"));

  std::vector<std::string> tokens(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& token : tokens) {
      threads.emplace_back([&] { token = shared.Acquire()->Reveal(); });
    }
    held.arrived.wait();
    held.go_on.count_down();
  }

  CHECK(tokens == std::vector<std::string>(8, "a1"));
  CHECK(hubspot.requests().size() == 1);
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "oauth app: what the token endpoint repeats of its request goes no further") {
  OAuthApp careful({.portal = "acme",
                    .version = "2026-09",
                    .client_id = "client",
                    .client_secret = [] { return Secret("client/secret/1"); }},
                   {hubspot, clock, source_clock}, observed);
  hubspot.Answer(400,
                 R"({"status":"BAD_CLIENT_SECRET","message":"client/secret/1 na1-refresh-1",)"
                 R"("error":"client%2Fsecret%2F1"})",
                 {{"CF-Ray", "na1-refresh-1"}});
  hubspot.Answer(200, TokenBody("a1", "na1-refresh-1"));

  const auto refused = careful.Refresh(Secret("na1-refresh-1"));
  const auto renewed = careful.Refresh(Secret("na1-refresh-1"));

  for (const std::string& text : {refused.error().message, refused.error().correlation_id}) {
    CAPTURE(text);
    CHECK(text.find("client/secret/1") == std::string::npos);
    CHECK(text.find("na1-refresh-1") == std::string::npos);
  }
  REQUIRE(bool(renewed));
  CHECK(renewed->refresh_token.Reveal() == "na1-refresh-1");
}

TEST_CASE_FIXTURE(TokenKeeperFixture, "refresh token file: only its owner can read it") {
  REQUIRE(bool(file.Store({Secret("x"), "d"})));

  struct stat facts {};
  REQUIRE(::stat(file.path().c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  REQUIRE(::stat((folder.path() / "oauth").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0700);
}

TEST_CASE_FIXTURE(TokenKeeperFixture,
                  "refresh token file: it is replaced whole and leaves nothing behind") {
  REQUIRE(bool(file.Store({Secret("a \"quoted\" one"), "d1"})));
  REQUIRE(bool(file.Store({Secret("b"), "d2"})));

  const auto grant = file.Load();
  REQUIRE(bool(grant));
  REQUIRE(grant->has_value());
  CHECK((*grant)->refresh_token.Reveal() == "b");
  CHECK((*grant)->configured_digest == "d2");
  const auto left = std::filesystem::directory_iterator(folder.path() / "oauth");
  CHECK(std::distance(begin(left), end(left)) == 1);
}

TEST_CASE_FIXTURE(TokenKeeperFixture, "token keeper: a token with a line break in it is no token") {
  hubspot.Answer(200, TokenBody("tok\\r\\nX-Evil: 1", "next"));

  CHECK(Token().find("characters that no token has") != std::string::npos);
}

}  // namespace
}  // namespace hubmirror
