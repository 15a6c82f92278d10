// A server that sends back everything it gets: in the body, in the message of an error, in every
// header. What was secret on the way there must show nowhere afterwards.

#include <doctest/doctest.h>

#include <array>
#include <ctime>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/await.h"
#include "support/http_json.h"
#include "support/loopback_server.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kStaticToken = "pat-na1-said-to-nobody";
constexpr const char* kIssuedToken = "issued-said-to-nobody";
constexpr const char* kRefusedRefresh = "na1-refused-said-to-nobody";
constexpr const char* kGrantedRefresh = "na1-granted-said-to-nobody";
constexpr const char* kClientSecret = "simulated-secret";
constexpr int kStatuses[] = {400, 401, 403, 404, 500};  // also the portals' ids
constexpr int kRefusedId = 1;
constexpr int kGrantedId = 2;

/// On one line and short enough for a header.
std::string OnOneLine(std::string text) {
  for (char& letter : text) {
    if (letter == '\r' || letter == '\n') letter = ' ';
  }
  return text.substr(0, 1000);
}

std::string InJson(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += letter;
  }
  return '"' + out + '"';
}

/// The same text without one letter of it in the clear.
std::string SpelledInJson(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    constexpr const char* kHex = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(letter);
    out += std::string("\\u00") + kHex[code / 16] + kHex[code % 16];
  }
  return '"' + out + '"';
}

/// As HTTP spells it: without the right one no answer is believed.
std::string DateNow() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %T GMT", &parts)};
}

/// An answer of what was heard and, in front of it, of `members`.
std::string Echo(int status, const std::string& heard, const std::string& members) {
  const std::string& date = status == 200 ? DateNow() : heard;
  std::string head = "HTTP/1.1 " + std::to_string(status) + " " + heard +
                     "\r\nContent-Type: application/json\r\nDate: " + date + "\r\n";
  for (const char* name : {"X-HubSpot-Correlation-Id", "CF-Ray", "Server", "Retry-After",
                           "X-HubSpot-RateLimit-Remaining", "X-Request-Id", "Set-Cookie"}) {
    head += std::string(name) + ": " + heard + "\r\n";
  }
  const std::string text = InJson(heard);
  const std::string body =
      "{" + members + "\"status\":\"error\",\"category\":" + SpelledInJson(heard) +
      ",\"message\":" + text + ",\"correlationId\":" + text + ",\"error\":" + text +
      ",\"error_description\":" + text + ",\"errors\":[{\"message\":" + text + "}]}";
  return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// What `request` is answered: a grant's access token, the account and its properties, named by
/// what was heard, so that much of it is stored; everything else is an error, 400 or what the token
/// ends with.
std::string SentBack(const std::string& request) {
  const std::string heard = OnOneLine(request);
  const std::string text = InJson(heard);
  const auto has = [&request](const std::string& words) {
    return request.find(words) != std::string::npos;
  };
  int status = 400;
  for (const int other : kStatuses) {
    if (has(std::string(kStaticToken) + "-" + std::to_string(other))) status = other;
  }
  if (has(kGrantedRefresh)) {
    return Echo(200, heard,
                "\"access_token\":\"" + std::string(kIssuedToken) +
                    "\",\"expires_in\":1800,\"token_type\":\"bearer\",");
  }
  if (status == 401) return Echo(status, heard, "");
  if (has("/account-info/")) {
    const int id = has(kIssuedToken) ? kGrantedId : status;
    std::string members = "\"portalId\":" + std::to_string(id) + ",";
    for (const char* name :
         {"accountType", "timeZone", "companyCurrency", "uiDomain", "dataHostingLocation"}) {
      members += "\"" + std::string(name) + "\":" + text + ",";
    }
    return Echo(200, heard, members);
  }
  if (has("/crm/properties/")) {
    return Echo(200, heard,
                "\"results\":[{\"name\":\"heard\",\"type\":\"string\",\"fieldType\":\"text\","
                "\"label\":" +
                    text + ",\"description\":" + text + ",\"groupName\":" + text + "}],");
  }
  return Echo(status, heard, "");
}

void SendBack(LoopbackServer::Connection& connection) {
  for (;;) {
    const std::string request = connection.ReadRequest();
    if (request.empty() || !connection.Write(SentBack(request))) return;
  }
}

DaemonSettings PortalsOf(const LoopbackServer& server) {
  DaemonSettings settings;
  settings.base_url = server.url();
  settings.portals.clear();
  for (const int status : kStatuses) {
    const std::string number = std::to_string(status);
    settings.portals.push_back({.key = "static_" + number,
                                .portal_id = status,
                                .token = std::string(kStaticToken) + "-" + number,
                                .objects = {"contacts"}});
  }
  settings.portals.push_back({.key = "refused",
                              .portal_id = kRefusedId,
                              .refresh_token = kRefusedRefresh,
                              .objects = {"contacts"}});
  settings.portals.push_back({.key = "granted",
                              .portal_id = kGrantedId,
                              .refresh_token = kGrantedRefresh,
                              .objects = {"contacts"}});
  return settings;
}

TEST_CASE("echo: what a server sends back of a secret shows nowhere") {
  const LoopbackServer server({SendBack}, LoopbackServer::Then::kRepeatLast);
  World world({}, PortalsOf(server));
  DaemonProcess& daemon = world.daemon;
  daemon.Start();
  for (const DaemonPortal& portal : daemon.settings().portals) {
    Await("words about " + portal.key, 30s,
          [&] { return !daemon.Stream(portal.key, "contacts").Text("message").empty(); });
  }
  Await("words that were heard", 30s, [&] {
    return HttpGet(daemon.url(), "/api/v1/status").body.find("[secret]") != std::string::npos;
  });

  std::vector<std::pair<std::string, std::string>> places = {
      {"the status", HttpGet(daemon.url(), "/api/v1/status").body},
      {"the metrics", HttpGet(daemon.url(), "/metrics").body},
      {"the page", HttpGet(daemon.url(), "/").body},
      {"hubmirror status", daemon.Cli({"status"}).output},
      {"hubmirror status --json", daemon.Cli({"status", "--json"}).output},
      {"the support bundle", daemon.Cli({"support-bundle", "-"}).output}};
  for (const DaemonPortal& portal : daemon.settings().portals) {
    places.emplace_back("the page of " + portal.key,
                        HttpGet(daemon.url(), "/portals/" + portal.key).body);
    places.emplace_back("portal test " + portal.key,
                        daemon.Cli({"portal", "test", portal.key}).output);
  }
  const std::string dump = FindPostgresProgram("pg_dump");
  places.emplace_back("the database",
                      RunProgram({dump, "--dbname", world.AdminDsn()}, {}, 60s).output);
  CHECK(daemon.Terminate() == ProcessEnd{.exit_code = 0});
  places.emplace_back("the log", daemon.Log());

  std::set<std::string> redacted;
  for (const auto& [place, text] : places) {
    CAPTURE(place);
    CHECK(text.size() > 50);
    for (const std::string secret :
         {kStaticToken, kIssuedToken, kRefusedRefresh, kGrantedRefresh, kClientSecret}) {
      CAPTURE(secret);
      const size_t at = text.find(secret);
      CAPTURE(at == std::string::npos ? "" : text.substr(at < 200 ? 0 : at - 200, 400));
      CHECK(at == std::string::npos);
    }
    if (text.find("[secret]") != std::string::npos) redacted.insert(place);
  }
  // What was heard did come as far as these.
  for (const std::string place :
       {"the status", "the page", "the support bundle", "the database", "the log"}) {
    CAPTURE(place);
    CHECK(redacted.contains(place));
  }
}

}  // namespace
}  // namespace hubmirror::testing
