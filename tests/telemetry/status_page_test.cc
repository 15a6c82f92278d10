#include "telemetry/status_page.h"

#include <doctest/doctest.h>

#include <string>

#include "telemetry/page_assets.h"
#include "telemetry/samples.h"
#include "telemetry/trust.h"

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

/// A thousand portals of six streams, the last of which is in trouble.
StatusSnapshot LargeSnapshot() {
  StatusSnapshot snapshot = HealthySnapshot();
  for (int i = 0; i < 1000; ++i) {
    PortalSnapshot& portal = snapshot.portals["portal_" + std::to_string(1000 + i)];
    for (const char* const object :
         {"companies", "contacts", "deals", "emails", "tasks", "tickets"}) {
      portal.streams[object] = {.status = CurrentStream(), .reported = true};
    }
  }
  StreamStatus& last = snapshot.portals["portal_1999"].streams["tickets"].status;
  last.state = StreamState::kBlocked;
  last.message = std::string(5000, 'm');
  return snapshot;
}

}  // namespace

TEST_CASE_FIXTURE(StatusPageFixture, "verdict: first of all whether the data can be trusted") {
  CHECK(Sentence() == "The data can be trusted: every stream is as fresh as promised.");

  SUBCASE("late") {
    deals.status = CurrentStream(301s, 300s);
    CHECK(Sentence() == "1 of 2 streams is further behind than promised.");
  }
  SUBCASE("stopped beats late") {
    deals.status = CurrentStream(301s, 300s);
    acme.streams["contacts"].status.state = StreamState::kSuspicious;
    CHECK(Sentence() == "1 of 2 streams is stopped until a person acts.");
  }
  SUBCASE("loading") {
    deals.status.state = StreamState::kBackfilling;
    acme.streams["contacts"].reported = false;
    CHECK(Sentence() == "2 of 2 streams are still being loaded.");
  }
  SUBCASE("paused") {
    deals.status.state = StreamState::kPaused;
    CHECK(Sentence() == "1 of 2 streams is paused or another daemon's.");
  }
  SUBCASE("token") {
    acme.status.auth_valid = false;
    CHECK(Sentence() == "HubSpot refuses the token of 1 portal.");
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

TEST_CASE_FIXTURE(StatusPageFixture, "worst stream: measured by its own target") {
  acme.streams["contacts"].status = CurrentStream(100s, 1h);
  deals.status = CurrentStream(50s, 1min);

  const auto worst = FindWorst(snapshot);

  REQUIRE(worst.has_value());
  CHECK(worst->stream == StreamKey{"acme", "deals"});
  CHECK(worst->age == 50s);
}

TEST_CASE_FIXTURE(StatusPageFixture, "page: says how each stream does, without a script") {
  deals.status.backfill_running = true;
  deals.status.backfill_done = 12000;
  deals.status.backfill_expected = 46000;
  deals.status.backfill_eta = 185s;
  deals.status.jobs[JobKind::kSweep].last_error = "HTTP 500 from HubSpot";
  deals.status.jobs[JobKind::kSweep].last_error_at = kNow - 1min;

  CHECK(Says("Furthest behind: <b data-f=\"worst\">acme/contacts</b>"));
  CHECK(Says("<th scope=\"row\">contacts</th><td data-l=\"State\" class=\"good\">up to date</td>"));
  CHECK(Says("<span data-f=\"age\">12 s</span> <span class=\"soft\">of 5 min</span>"));
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

TEST_CASE_FIXTURE(StatusPageFixture, "page: names and messages are escaped") {
  deals.status.message = "<script>alert('x')</script>";
  acme.streams["<b>&\""] = {.status = CurrentStream(), .reported = true};

  CHECK_FALSE(Says("<script>alert"));
  CHECK(Says("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
  CHECK(Says("data-o=\"&lt;b&gt;&amp;&quot;\""));
}

TEST_CASE("page: stays within 40 KB and shows trouble first, whatever the number of portals") {
  const std::string page = StatusPage(LargeSnapshot());

  CHECK(page.size() <= kPageBytes);
  CHECK(page.size() > kPageBytes / 2);
  CHECK(page.find("portal_1999") < page.find("portal_1000"));
  CHECK(page.find("more streams do not fit here") != std::string::npos);
  CHECK(page.ends_with("</script></body></html>\n"));
}

TEST_CASE_FIXTURE(StatusPageFixture, "page: a portal without streams is named all the same") {
  snapshot.portals["globex"].status.auth_valid = false;

  CHECK(Says("<h2>globex"));
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
  CHECK(page.find("href=") == std::string::npos);
}

}  // namespace hubmirror
