#include "hubspot/auth/authorization.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/digest.h"
#include "http/base_url.h"
#include "http/pooled_transport.h"
#include "hubspot/auth/redirect_listener.h"
#include "hubspot/scripted_transport.h"
#include "support/fake_clock.h"
#include "support/temp_directory.h"

namespace hubmirror {
namespace {

std::vector<ObjectType> Objects(const std::vector<std::string>& names) {
  std::vector<ObjectType> objects;
  for (const std::string& name : names) objects.push_back(*FindObjectType(name));
  return objects;
}

std::vector<std::string> Names(const std::vector<ScopeNeed>& needs) {
  std::vector<std::string> names;
  for (const ScopeNeed& need : needs) names.push_back(need.scope);
  return names;
}

TEST_CASE("scopes: exactly what the configured objects need, each once") {
  CHECK(Names(ScopesFor(Objects({"tickets"}))) == std::vector<std::string>{"tickets", "oauth"});
  CHECK(
      Names(ScopesFor(Objects({"companies", "contacts", "deals", "emails", "tickets", "tasks"}))) ==
      std::vector<std::string>{"crm.objects.companies.read", "crm.objects.contacts.read",
                               "crm.objects.deals.read", "sales-email-read", "tickets", "oauth"});
}

TEST_CASE("scopes: what may be written needs its own, each once") {
  const auto needs = ScopesFor(Objects({"contacts", "deals", "emails", "tickets", "tasks"}),
                               Objects({"emails", "tickets", "tasks"}));
  CHECK(Names(needs) == std::vector<std::string>{"crm.objects.contacts.read",
                                                 "crm.objects.deals.read", "sales-email-read",
                                                 "tickets", "crm.objects.contacts.write", "oauth"});
  CHECK(needs[4].without == "emails and tasks cannot be written");
}

TEST_CASE("scopes: writing needs what reads and writes in one, and nothing of what only reads") {
  const auto names = [](const std::vector<std::string>& objects) {
    return Names(WriteScopesFor(Objects(objects)));
  };
  CHECK(names({}).empty());
  CHECK(names({"contacts", "tasks"}) == std::vector<std::string>{"crm.objects.contacts.write"});
  CHECK(names({"tickets"}) == std::vector<std::string>{"tickets"});
  CHECK(names({"emails"}) ==
        std::vector<std::string>{"crm.objects.contacts.write", "sales-email-read"});
  const ObjectType pets{.name = "pets", .type_id = "2-1001"};
  CHECK(Names(WriteScopesFor({pets})) == std::vector<std::string>{"crm.objects.custom.write"});
}

TEST_CASE("scopes: what is missing is said in words") {
  const auto needs = ScopesFor(Objects({"contacts", "emails", "tasks"}));

  const auto missing = MissingScopes(needs, {"oauth"});

  REQUIRE(missing.size() == 2);
  CHECK(missing[0].without == "contacts, emails and tasks cannot be read");
  CHECK(missing[1].without == "emails are refused, or come with subject and body redacted");
}

AuthorizationRequest Request() {
  return {.app_url = "https://app.hubspot.com/",
          .client_id = "c-1",
          .redirect_uri = "http://localhost:9/callback",
          .scopes = ScopesFor(Objects({"contacts"})),
          .state = "st",
          .portal_id = PortalId{42}};
}

TEST_CASE("authorization: the address holds scopes, state and the portal") {
  CHECK(AuthorizeUrl(Request()) ==
        "https://app.hubspot.com/oauth/42/authorize?client_id=c-1"
        "&redirect_uri=http%3A%2F%2Flocalhost%3A9%2Fcallback"
        "&scope=crm.objects.contacts.read%20oauth&state=st");
}

TEST_CASE("authorization: every state is another one") {
  CHECK(NewState().size() == 32);
  CHECK(NewState() != NewState());
}

TEST_CASE("authorization: a redirect counts only with our state") {
  CHECK(CodeFromQuery("code=na1-a%2Bb&state=st", "st")->Reveal() == "na1-a+b");
  CHECK_FALSE(bool(CodeFromQuery("code=x&state=other", "st")));
  CHECK_FALSE(bool(CodeFromQuery("code=x", "st")));
  CHECK_FALSE(bool(CodeFromQuery("state=st", "st")));
  CHECK(CodeFromQuery("error=access_denied&error_description=No%0Away&state=st", "st").error() ==
        "HubSpot did not authorize the app: access_denied No way");
}

TEST_CASE("authorization: a pasted code or address will do") {
  CHECK(CodeFromPaste(" na1-code\n", "st")->Reveal() == "na1-code");
  CHECK(CodeFromPaste("http://localhost:9/callback?code=x&state=st", "st")->Reveal() == "x");
  CHECK(CodeFromPaste("http://localhost:9/callback?state=st&code=x#end", "st")->Reveal() == "x");
  CHECK_FALSE(bool(CodeFromPaste("http://localhost:9/callback?code=x&state=no", "st")));
  CHECK_FALSE(bool(CodeFromPaste("", "st")));
  CHECK_FALSE(bool(CodeFromPaste("two words", "st")));
}

/// The app of portal 42, whose HubSpot answers by script.
struct AuthorizationFixture : ExchangeObserver {
  void OnExchange(const Exchange&) override {}
  testing::TempDirectory folder{"hubmirror"};
  testing::ScriptedTransport hubspot;
  testing::FakeClock clock;
  SourceClock source_clock;
  OAuthApp app{{.portal = "acme",
                .version = "2026-09",
                .client_id = "c-1",
                .client_secret = [] { return Secret("s"); }},
               {hubspot, clock, source_clock},
               *this};
  RefreshTokenFile file{folder.path().string(), "acme"};

  Result<Authorized, ApiError> Finish() {
    return FinishAuthorization(app, file, Request(), Secret("old"), Secret("the-code"));
  }
  bool HasStored() {
    const auto grant = file.Load();
    return grant && grant->has_value();
  }
};

TEST_CASE_FIXTURE(AuthorizationFixture, "authorization: the code becomes a stored refresh token") {
  hubspot.Answer(200, R"({"access_token":"a","refresh_token":"r","expires_in":1800,"hub_id":42,
                          "scopes":["oauth"]})");

  const auto authorized = Finish();

  REQUIRE(bool(authorized));
  CHECK(Names(authorized->missing) == std::vector<std::string>{"crm.objects.contacts.read"});
  const auto grant = file.Load();
  CHECK((*grant)->refresh_token.Reveal() == "r");
  CHECK((*grant)->configured_digest == Sha256Hex("old"));
  CHECK(hubspot.last().body ==
        "grant_type=authorization_code&code=the-code"
        "&redirect_uri=http%3A%2F%2Flocalhost%3A9%2Fcallback&client_id=c-1&client_secret=s");
}

TEST_CASE_FIXTURE(AuthorizationFixture,
                  "authorization: another account is refused and nothing is stored") {
  hubspot.Answer(200, R"({"access_token":"a","refresh_token":"r","hub_id":43})");

  CHECK(Finish().error().kind == ApiErrorKind::kWrongPortal);
  CHECK_FALSE(HasStored());
}

TEST_CASE_FIXTURE(AuthorizationFixture, "authorization: a used code is told from a wrong app") {
  hubspot.Answer(400, R"({"error":"invalid_grant","status":"BAD_AUTH_CODE"})");
  hubspot.Answer(400, R"({"status":"BAD_REDIRECT_URI"})");

  CHECK(Finish().error().kind == ApiErrorKind::kBadRequest);
  CHECK(Finish().error().kind == ApiErrorKind::kAppConfig);
  CHECK_FALSE(HasStored());
}

/// A browser that is sent to the listener.
int Visit(const RedirectListener& listener, const std::string& query) {
  const SystemClock clock;
  const std::string uri = listener.redirect_uri();
  const std::string port = uri.substr(17, uri.find('/', 17) - 17);
  PooledTransport browser({.base = *ParseBaseUrl("http://127.0.0.1:" + port)}, clock);
  const auto answer = browser.Send({.target = "/callback" + query});
  return answer ? answer->status : 0;
}

TEST_CASE("redirect listener: the browser's visit brings the code") {
  RedirectListener listener(0, "st");

  CHECK(Visit(listener, "?code=abc&state=st") == 200);

  const auto outcome = listener.Wait({});
  REQUIRE(outcome.has_value());
  CHECK((*outcome)->Reveal() == "abc");
}

TEST_CASE("redirect listener: a strange visitor does not end the waiting") {
  RedirectListener listener(0, "st");

  CHECK(Visit(listener, "?code=evil&state=guess") == 400);
  CHECK(Visit(listener, "?code=evil") == 400);
  CHECK(Visit(listener, "") == 400);
  CHECK(Visit(listener, "?error=access_denied&state=st") == 200);

  CHECK_FALSE(bool(*listener.Wait({})));
}

/// A visitor who has not said anything yet; the socket is the caller's.
int ConnectTo(const RedirectListener& listener) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(listener.redirect_uri().substr(17))));
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

TEST_CASE("redirect listener: an endless request is left, and the silent make room") {
  RedirectListener listener(0, "st");
  std::vector<int> visitors = {ConnectTo(listener)};
  const std::string piece(65'536, 'x');
  size_t sent = 0;
  while (sent < size_t{1} << 30) {
    const ssize_t count = ::send(visitors[0], piece.data(), piece.size(), MSG_NOSIGNAL);
    if (count <= 0) break;
    sent += static_cast<size_t>(count);
  }
  CHECK(sent < size_t{16} << 20);
  for (int i = 0; i < 40; ++i) visitors.push_back(ConnectTo(listener));

  CHECK(Visit(listener, "?code=abc&state=st") == 200);

  CHECK(bool(*listener.Wait({})));
  for (const int socket : visitors) ::close(socket);
}

TEST_CASE("redirect listener: waiting ends when asked to, and a taken port is an error") {
  RedirectListener listener(0, "st");
  std::stop_source stop;
  stop.request_stop();

  CHECK_FALSE(listener.Wait(stop.get_token()));

  const std::string uri = listener.redirect_uri();
  const int port = std::stoi(uri.substr(17));
  CHECK_THROWS_AS(RedirectListener(port, "st"), std::runtime_error);
}

}  // namespace
}  // namespace hubmirror
