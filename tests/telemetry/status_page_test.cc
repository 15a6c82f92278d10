#include "telemetry/page/status_page.h"

#include <doctest/doctest.h>

#include <string>

#include "support/hostile_text.h"
#include "telemetry/page/page_assets.h"
#include "telemetry/page/trust.h"
#include "telemetry/samples.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

struct StatusPageFixture {
  StatusSnapshot snapshot = HealthySnapshot();
  PortalSnapshot& acme = snapshot.portals["acme"];
  StreamSnapshot& deals = acme.streams["deals"];

  bool Says(const std::string& words) const {
    return StatusPage(snapshot).find(words) != std::string::npos;
  }
  std::string Sentence() const { return JudgeTrust(snapshot).sentence; }
};

size_t CountOf(const std::string& text, const std::string& words) {
  size_t count = 0;
  for (size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
    ++count;
  }
  return count;
}

PortalSnapshot PortalOfSix() {
  PortalSnapshot portal;
  for (const char* const object :
       {"companies", "contacts", "deals", "emails", "tasks", "tickets"}) {
    portal.streams[object] = {.status = CurrentStream(), .reported = true};
  }
  return portal;
}

/// So many portals of six streams, `portal_1000` and following.
StatusSnapshot Fleet(int portals) {
  StatusSnapshot snapshot = HealthySnapshot();
  snapshot.portals.clear();
  for (int i = 0; i < portals; ++i) {
    snapshot.portals["portal_" + std::to_string(1000 + i)] = PortalOfSix();
  }
  return snapshot;
}

void Block(StreamStatus& status, const std::string& reason, const std::string& message) {
  status.state = StreamState::kBlocked;
  status.reason = reason;
  status.message = message;
}

/// HubSpot refuses the token of the portal, and every stream says so.
void RefuseToken(PortalSnapshot& portal) {
  portal.status.auth_valid = false;
  portal.status.stopped_by = "auth";
  portal.status.message = "the token was revoked; hubmirror secret set";
  for (auto& [object, stream] : portal.streams) {
    Block(stream.status, "auth", portal.status.message);
  }
}

}  // namespace

TEST_CASE_FIXTURE(StatusPageFixture, "verdict: first of all whether the data can be trusted") {
  CHECK(Sentence() == "The data can be trusted: every stream is as fresh as promised.");

  SUBCASE("late") {
    deals.status = CurrentStream(301s, 300s);
    CHECK(Sentence() == "1 of 2 streams is further behind than promised: acme.");
  }
  SUBCASE("stopped beats late") {
    deals.status = CurrentStream(301s, 300s);
    acme.streams["contacts"].status.state = StreamState::kSuspicious;
    CHECK(Sentence() == "1 of 2 streams is stopped until a person acts: acme.");
  }
  SUBCASE("loading") {
    deals.status.state = StreamState::kBackfilling;
    acme.streams["contacts"].reported = false;
    CHECK(Sentence() == "2 of 2 streams are still being loaded: acme.");
  }
  SUBCASE("paused") {
    deals.status.state = StreamState::kPaused;
    CHECK(Sentence() == "1 of 2 streams is paused or another daemon's: acme.");
  }
  SUBCASE("token") {
    acme.status.auth_valid = false;
    CHECK(Sentence() == "HubSpot refuses the token of acme.");
  }
  SUBCASE("database") {
    snapshot.database_up = false;
    CHECK(Sentence() == "The database is not reachable: nothing new is being written.");
  }
  SUBCASE("nothing") {
    snapshot.portals.clear();
    CHECK(Sentence() == "No stream is configured.");
  }
}

TEST_CASE("verdict: names the portals, three of them at most") {
  StatusSnapshot fleet = Fleet(40);
  for (int i : {1031, 1033}) RefuseToken(fleet.portals["portal_" + std::to_string(i)]);
  CHECK(JudgeTrust(fleet).sentence == "HubSpot refuses the token of portal_1031 and portal_1033.");

  for (int i : {1034, 1035, 1036}) RefuseToken(fleet.portals["portal_" + std::to_string(i)]);
  CHECK(JudgeTrust(fleet).sentence ==
        "HubSpot refuses the token of portal_1031, portal_1033, portal_1034 and 2 more.");
}

TEST_CASE("verdict: what stops a whole portal comes before a missing scope") {
  StatusSnapshot fleet = Fleet(3);
  for (int i = 0; i < 4; ++i) {
    Block(fleet.portals["portal_1000"].streams["deals"].status, "scope", "a scope is missing");
  }
  fleet.portals["portal_1001"].status.stopped_by = "portal_id";
  CHECK(JudgeTrust(fleet).sentence == "The token is another portal's: portal_1001.");
  CHECK(TroubleOf(fleet.portals["portal_1001"], kNow) == Trouble::kShut);

  fleet.portals["portal_1002"].status.stopped_by = "database_privilege";
  CHECK(JudgeTrust(fleet).sentence == "PostgreSQL does not let the daemon write portal_1002.");

  const std::string page = StatusPage(fleet);
  CHECK(page.find("<h2><a href=\"/portals/portal_1001\">") <
        page.find("<h2><a href=\"/portals/portal_1000\">"));
}

TEST_CASE_FIXTURE(StatusPageFixture, "worst stream: measured by its own target") {
  acme.streams["contacts"].status = CurrentStream(100s, 1h);
  deals.status = CurrentStream(50s, 1min);

  const auto worst = FindWorst(snapshot);

  REQUIRE(worst.has_value());
  CHECK(worst->stream == StreamKey{"acme", "deals"});
  CHECK(worst->age == 50s);
}

TEST_CASE_FIXTURE(StatusPageFixture, "page: says how each stream does, without a script") {
  deals.status.load_running = true;
  deals.status.load_done = 12000;
  deals.status.load_expected = 46000;
  deals.status.load_eta = 185s;
  deals.status.jobs[JobKind::kSweep].last_error = "HTTP 500 from HubSpot";
  deals.status.jobs[JobKind::kSweep].last_error_at = kNow - 1min;

  CHECK(Says("Furthest behind: <b>acme/contacts</b>, <b>12 s</b> behind HubSpot"));
  CHECK(Says("<th scope=\"row\">contacts</th><td data-l=\"State\" class=\"good\">up to date</td>"));
  CHECK(Says("<td data-l=\"Behind HubSpot\">12 s <span class=\"soft\">of 5 min</span>"));
  CHECK(Says("<progress max=\"46000\" value=\"12000\""));
  CHECK(Says(", about 3 min 5 s left"));
  CHECK(Says("Last error, 2026-03-01 11:59:00 UTC (sweep): HTTP 500 from HubSpot"));
  CHECK(Says("4,200 requests made today of 325,000 we may make"));
  CHECK(
      Says("<meter min=\"0\" max=\"325000\" low=\"243750\" high=\"292500\" optimum=\"0\" "
           "value=\"4200\""));
}

TEST_CASE_FIXTURE(StatusPageFixture, "page: says which tables beside the records cannot be read") {
  acme.status.reference = {{.table = "owners"},
                           {.table = "lists", .last_error = "the token lacks crm.lists.read"}};

  CHECK(Says("lists cannot be read: the token lacks crm.lists.read"));
  CHECK_FALSE(Says("owners cannot be read"));
}

TEST_CASE_FIXTURE(StatusPageFixture, "page: says where the change feed and its consumers stand") {
  acme.status.feed = FeedStatus{.kept = true,
                                .last_seq = 9,
                                .last_at = kNow - std::chrono::minutes{2},
                                .oldest_at = kNow - std::chrono::hours{50},
                                .bytes = 3 << 20};
  acme.status.feed->consumers = {{.name = "billing"},
                                 {.name = "crm", .waits_since = kNow - std::chrono::seconds{40}},
                                 {.name = "old", .lost = true}};

  CHECK(
      Says("Change feed: last entry 2 min ago, oldest 2 d 2 h ago, 3 MiB; billing has read all; "
           "crm is 40 s behind; old has missed entries"));
  acme.status.feed.reset();
  CHECK_FALSE(Says("Change feed"));
}

TEST_CASE_FIXTURE(StatusPageFixture, "page: says what waits to be written, and what is held") {
  acme.status.write =
      WriteStatus{.objects = {{.object = "contacts",
                               .rows = {{"queued", 3}, {"sending", 1}},
                               .oldest_queued_at = kNow - std::chrono::seconds{40}},
                              {.object = "deals", .holds = {{.reason = "mass", .message = "x"}}}}};

  CHECK(
      Says("Writing back: contacts 4 rows to write, the oldest for 40 s; deals has nothing to "
           "write, held (mass)"));
  acme.status.write.reset();
  CHECK_FALSE(Says("Writing back"));
}

TEST_CASE_FIXTURE(StatusPageFixture, "page: names and messages are escaped") {
  deals.status.message = "<script>alert('x')</script>";
  acme.streams["<b>&\""] = {.status = CurrentStream(), .reported = true};

  CHECK_FALSE(Says("<script>alert"));
  CHECK(Says("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
  CHECK(Says("<th scope=\"row\">&lt;b&gt;&amp;&quot;</th>"));
}

TEST_CASE_FIXTURE(StatusPageFixture, "page: nothing turns its text around or ends its lines") {
  deals.status.message = HostileText();
  deals.status.jobs[JobKind::kSweep].last_error = HostileText();
  acme.streams[HostileText()] = {.status = CurrentStream(301s, 300s), .reported = true};
  acme.status.message = "the portal " + HostileText();
  acme.status.warnings = {HostileText()};
  acme.status.reference = {{.table = HostileText(), .last_error = HostileText()}};
  snapshot.version = HostileText();
  CHECK(ObeyedIn(StatusPage(snapshot)) == "");

  snapshot.portals[HostileText()] = acme;
  CHECK(ObeyedIn(StatusPage(snapshot)) == "");
  CHECK(ObeyedIn(*PortalPage(snapshot, HostileText())) == "");
}

TEST_CASE_FIXTURE(StatusPageFixture, "page: a stream in its first load is not yet behind") {
  deals.status.state = StreamState::kBackfilling;
  deals.status.load_running = true;
  deals.status.watermark = std::nullopt;

  CHECK(Says("loading for the first time</td><td data-l=\"Behind HubSpot\">not yet"));
}

TEST_CASE("page: forty portals stand on one page, the broken one first and at length") {
  StatusSnapshot fleet = Fleet(40);
  RefuseToken(fleet.portals["portal_1037"]);
  Block(fleet.portals["portal_1012"].streams["emails"].status, "scope", "no sales-email-read");

  const std::string page = StatusPage(fleet);

  CHECK(page.size() <= kPageBytes);
  for (const auto& [key, portal] : fleet.portals) {
    INFO(key);
    CHECK(CountOf(page, "href=\"/portals/" + key + "\">" + key + "</a>") == 1);
  }
  CHECK(page.find("portal_1037</a>") < page.find("portal_1012</a>"));
  CHECK(page.find("portal_1012</a>") < page.find("portal_1000</a>"));
  CHECK(page.find("<th scope=\"row\">emails</th>") != std::string::npos);
  CHECK(page.find("no sales-email-read") != std::string::npos);
}

TEST_CASE("page: one cause is said once, however many streams wait for it") {
  StatusSnapshot fleet = Fleet(3);
  RefuseToken(fleet.portals["portal_1001"]);

  CHECK(CountOf(StatusPage(fleet), "the token was revoked") == 1);
  CHECK(CountOf(*PortalPage(fleet, "portal_1001"), "the token was revoked") == 1);
}

TEST_CASE("page: a portal that does well is one row") {
  const std::string page = StatusPage(Fleet(2));

  CHECK(CountOf(page, "<tr><th scope=\"row\">") == 2);
  CHECK(page.find("portal_1001</a></th><td data-l=\"State\" class=\"good\">up to date</td>"
                  "<td data-l=\"Behind HubSpot\">12 s ") != std::string::npos);
  CHECK(page.find("data-l=\"Live records\">7,200</td>") != std::string::npos);
}

TEST_CASE("page: of a thousand portals all can be reached, forty KB at a time, without a script") {
  StatusSnapshot fleet = Fleet(1000);
  for (int i = 1900; i < 2000; ++i) {
    Block(fleet.portals["portal_" + std::to_string(i)].streams["tickets"].status, "scope",
          std::string(5000, '"'));
  }

  std::string seen;
  size_t from = 0;
  int pages = 0;
  for (;;) {
    const std::string page = StatusPage(fleet, from);
    REQUIRE(page.size() <= kPageBytes);
    CHECK(page.ends_with("</script></body></html>\n"));
    seen += page;
    ++pages;
    const size_t next = page.find("<a href=\"/?from=");
    if (next == std::string::npos) break;
    const size_t to = std::stoul(page.substr(next + std::string("<a href=\"/?from=").size()));
    REQUIRE(to > from);
    from = to;
  }

  CHECK(seen.find("portal_1900</a>") < seen.find("portal_1000</a>"));
  for (const auto& [key, portal] : fleet.portals) {
    INFO(key);
    CHECK(CountOf(seen, ">" + key + "</a>") == 1);
  }
  CHECK(pages < 40);
}

TEST_CASE("page of a portal: shows all of its streams, and comes in parts when they are many") {
  StatusSnapshot fleet = Fleet(2);
  PortalSnapshot& portal = fleet.portals["portal_1001"];
  for (int i = 0; i < 300; ++i) {
    portal.streams["2-" + std::to_string(1000 + i)] = {.status = CurrentStream(), .reported = true};
  }
  Block(portal.streams["tickets"].status, "scope", "no tickets");

  const std::string page = *PortalPage(fleet, "portal_1001");

  CHECK(page.size() <= kPageBytes);
  CHECK(page.find("<a href=\"/\">All portals</a>") != std::string::npos);
  CHECK(page.find("<th scope=\"row\">tickets</th>") < page.find("<th scope=\"row\">2-1000</th>"));
  CHECK(page.find("portal_1000") == std::string::npos);
  CHECK(page.find("<a href=\"/portals/portal_1001?from=") != std::string::npos);
  CHECK(PortalPage(fleet, "portal_1001", 300)->find("tasks") != std::string::npos);
  CHECK_FALSE(PortalPage(fleet, "globex").has_value());
}

TEST_CASE_FIXTURE(StatusPageFixture, "page: a portal without streams is named all the same") {
  snapshot.portals["globex"].status.auth_valid = false;

  CHECK(Says("<h2><a href=\"/portals/globex\">globex</a>"));
}

TEST_CASE("policy: names the hashes of exactly the style and the script of the page") {
  // Of `openssl dgst -sha256 -binary | base64` over the parts a browser sees; both are checked
  // against the served page by cutting them out of it.
  const std::string page = StatusPage(HealthySnapshot());
  const auto between = [&page](const std::string& from, const std::string& to) {
    const size_t start = page.find(from) + from.size();
    return page.substr(start, page.find(to, start) - start);
  };

  CHECK(between("<style>", "</style>") == PageStyle());
  CHECK(between("<script>", "</script>") == PageScript());
  CHECK(ContentSecurityPolicy().find("default-src 'none'; style-src 'sha256-") == 0);
  CHECK(page.find(" style=") == std::string::npos);
  CHECK(page.find(" onclick") == std::string::npos);
  CHECK(page.find("src=") == std::string::npos);
  // Links lead to pages of the daemon only.
  const std::string fleet = StatusPage(Fleet(1000));
  CHECK(CountOf(fleet, "href=") == CountOf(fleet, "href=\"/"));
  CHECK(CountOf(fleet, "href=\"//") == 0);
}

}  // namespace hubmirror
