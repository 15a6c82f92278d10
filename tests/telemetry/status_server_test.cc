#include "telemetry/status_server.h"

#include <doctest/doctest.h>

#include <deque>
#include <set>
#include <string>

#include "support/fake_clock.h"
#include "telemetry/golden_file.h"
#include "telemetry/loopback_client.h"
#include "telemetry/metric_text.h"
#include "telemetry/page/page_assets.h"
#include "telemetry/samples.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

struct StatusServerFixture {
  testing::FakeClock clock{kNow};
  Telemetry telemetry{clock, {"0.1.0", "abc123"}};
  std::unique_ptr<StatusServer> server;

  StatusServerFixture() {
    telemetry.Configure({Plan("acme", {"deals"})});
    telemetry.OnStreamStatus({"acme", "deals"}, CurrentStream());
    telemetry.OnDatabaseUp(true);
    auto started = StatusServer::Start(
        {.listen = "127.0.0.1:0", .allowed_hosts = {"mirror.internal"}}, telemetry, clock);
    REQUIRE(started);
    server = std::move(*started);
  }

  uint16_t port() const { return ParseListenAddress(server->address())->port; }

  std::string Exchange(const std::string& bytes) const {
    LoopbackClient client(port());
    REQUIRE(client.is_connected());
    REQUIRE(client.Send(bytes));
    return client.ReadAll();
  }
  std::string Get(const std::string& target, const std::string& more = "") const {
    return Exchange("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n");
  }
  double Metric(const std::string& series) {
    return ValueOf(telemetry.RenderMetrics(), series).value_or(-1);
  }
};

int StatusOf(const std::string& response) {
  return response.starts_with("HTTP/1.1 ") ? std::stoi(response.substr(9, 3)) : 0;
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string BodyOf(const std::string& response) {
  return response.substr(HeaderLength(response));
}

}  // namespace

TEST_CASE_FIXTURE(StatusServerFixture, "server: every path answers with its kind of document") {
  CHECK(BodyOf(Get("/livez")) == "alive\n");
  CHECK(BodyOf(Get("/readyz")) == "ready\n");
  CHECK(BodyOf(Get("/healthz")) == "ready\n");
  CHECK(Contains(BodyOf(Get("/readyz?verbose")), "[+] stream acme/deals: 12 s behind"));
  CHECK(Contains(Get("/metrics"), "Content-Type: text/plain; version=0.0.4"));
  CHECK(Contains(Get("/api/v1/status"), "Content-Type: application/json"));
  CHECK(Contains(BodyOf(Get("/api/v1/portals/acme")), "{\"portal_id\":1234567"));
  CHECK(BodyOf(Get("/api/v1/version")) == "{\"version\":\"0.1.0\",\"revision\":\"abc123\"}");
  CHECK(Contains(BodyOf(Get("/")), "The data can be trusted"));
}

TEST_CASE_FIXTURE(StatusServerFixture,
                  "server: a portal has a page of its own, as guarded as the first") {
  const std::string first = Get("/");
  const std::string page = Get("/portals/acme");
  CHECK(StatusOf(page) == 200);
  CHECK(Contains(BodyOf(page), "All portals"));
  const auto headers = [](const std::string& response) {
    std::string text = response.substr(0, HeaderLength(response));
    const size_t length = text.find("Content-Length: ");
    return text.erase(length, text.find('\n', length) - length);
  };
  CHECK(headers(page) == headers(first));
  CHECK(StatusOf(Get("/portals/acme?from=1")) == 200);
  CHECK(StatusOf(Get("/portals/acme?from=-1")) == 400);
  CHECK(StatusOf(Get("/?from=1e9")) == 400);
  CHECK(StatusOf(Get("/portals/globex")) == 404);
  CHECK(StatusOf(Get("/portals/%3Cscript%3E")) == 404);
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: docs/operations.md has every path and no other") {
  const std::string page = ReadProjectFile("docs/operations.md");
  const size_t begin = page.find("## The local port");
  REQUIRE(begin != std::string::npos);
  const std::string chapter = page.substr(begin, page.find("\n## ", begin + 1) - begin);
  const std::string source = ReadProjectFile("lib/telemetry/status_routes.cc");
  std::set<std::string> documented;
  // Paths are the code spans of the table's first column.
  for (size_t at = chapter.find("\n| `/"); at != std::string::npos;
       at = chapter.find("\n| `/", at + 1)) {
    const std::string cell = chapter.substr(at + 3, chapter.find(" | ", at) - at - 3);
    for (size_t open = cell.find("`/"); open != std::string::npos;
         open = cell.find("`/", open + 2)) {
      std::string path = cell.substr(open + 1, cell.find('`', open + 1) - open - 1);
      documented.insert(path);
      if (const size_t name = path.find("{p}"); name != std::string::npos)
        path.replace(name, 3, "acme");
      CAPTURE(path);
      CHECK(StatusOf(Get(path)) == 200);
    }
  }
  for (size_t at = source.find("path == \"/"); at != std::string::npos;
       at = source.find("path == \"/", at + 1)) {
    const size_t open = at + std::string("path == \"").size();
    const std::string path = source.substr(open, source.find('"', open) - open);
    CAPTURE(path);
    CHECK(documented.contains(path));
  }
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: what is not there is 404") {
  CHECK(StatusOf(Get("/nothing")) == 404);
  CHECK(StatusOf(Get("/api/v1/portals/globex")) == 404);
  CHECK(StatusOf(Get("/api/v1/portals/../status")) == 404);
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: readyz is 503 as soon as a check fails") {
  telemetry.OnDatabaseUp(false);

  const std::string response = Get("/readyz");

  CHECK(StatusOf(response) == 503);
  CHECK(Contains(response, "[-] database: not reachable"));
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: readyz takes a max_age with a unit") {
  CHECK(StatusOf(Get("/readyz?max_age=11s")) == 503);
  CHECK(StatusOf(Get("/readyz?max_age=600s")) == 200);
  CHECK(StatusOf(Get("/readyz?max_age=10m")) == 200);
  for (const char* const wrong : {"600", "", "s", "-1s", "1w", "99999999999999999999s"}) {
    CHECK(StatusOf(Get(std::string("/readyz?max_age=") + wrong)) == 400);
  }
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: livez looks at the scheduler only") {
  telemetry.OnDatabaseUp(false);
  CHECK(StatusOf(Get("/livez")) == 200);

  clock.Advance(31s);
  CHECK(StatusOf(Get("/livez")) == 503);

  telemetry.OnSchedulerTick(clock.WallNow());
  CHECK(StatusOf(Get("/livez")) == 200);
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: status takes since") {
  CHECK(Contains(Get("/api/v1/status?since=2026-03-01T11:59:48Z"), "\"caught_up\":true"));
  CHECK(Contains(Get("/api/v1/status?since=2026-03-01T11:59:49Z"), "\"caught_up\":false"));
  CHECK(
      Contains(Get("/api/v1/portals/acme?since=2026-03-01T12:59:48+01:00"), "\"caught_up\":true"));
  CHECK(StatusOf(Get("/api/v1/status?since=yesterday")) == 400);
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: every answer carries the protecting headers") {
  for (const std::string& response :
       {Get("/"), Get("/metrics"), Get("/nothing"), Exchange("nonsense\r\n\r\n"),
        Get("/", "Origin: https://evil.example\r\n")}) {
    CAPTURE(response.substr(0, 40));
    CHECK(Contains(response, "\r\nContent-Security-Policy: " + ContentSecurityPolicy() + "\r\n"));
    CHECK(Contains(response, "\r\nX-Content-Type-Options: nosniff\r\n"));
    CHECK(Contains(response, "\r\nCache-Control: no-store\r\n"));
    CHECK(Contains(response, "\r\nReferrer-Policy: no-referrer\r\n"));
    CHECK_FALSE(Contains(response, "Access-Control"));
  }
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: HEAD gives the length without the body") {
  const std::string whole = Get("/api/v1/version");

  const std::string head = Exchange("HEAD /api/v1/version HTTP/1.1\r\nHost: localhost\r\n\r\n");

  CHECK(head == whole.substr(0, HeaderLength(whole)));
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: refusals are told apart and counted") {
  CHECK(StatusOf(Exchange("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")) == 403);
  CHECK(StatusOf(Get("/", "Origin: https://evil.example\r\n")) == 403);
  const std::string post = Exchange("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(StatusOf(post) == 405);
  CHECK(Contains(post, "\r\nAllow: GET, HEAD\r\n"));
  CHECK(StatusOf(Exchange("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody")) ==
        413);
  CHECK(StatusOf(Exchange("nonsense\r\n\r\n")) == 400);
  CHECK(StatusOf(Exchange("GET / HTTP/1.1\r\nHost: mirror.internal\r\n\r\n")) == 200);

  CHECK(Metric("hubmirror_web_rejected_total{reason=\"host\"}") == 1);
  CHECK(Metric("hubmirror_web_rejected_total{reason=\"origin\"}") == 1);
  CHECK(Metric("hubmirror_web_rejected_total{reason=\"method\"}") == 1);
  CHECK(Metric("hubmirror_web_rejected_total{reason=\"size\"}") == 1);
  CHECK(Metric("hubmirror_web_rejected_total{reason=\"syntax\"}") == 1);
  CHECK(Metric("hubmirror_web_requests_total{handler=\"page\",code=\"200\"}") == 1);
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: a header may have 8 KiB and not a byte more") {
  const std::string start = "GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ";
  const auto padded = [&](size_t size) {
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
  };

  CHECK(StatusOf(Exchange(padded(8192))) == 200);
  CHECK(StatusOf(Exchange(padded(8193))) == 431);
  CHECK(StatusOf(Exchange(padded(100000))) == 431);
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: a header that takes over two seconds is cut off") {
  LoopbackClient slow(port());
  REQUIRE(slow.Send("GET /livez HT"));
  LoopbackClient silent(port());
  REQUIRE(Contains(Get("/livez"), "alive"));

  clock.Advance(1999ms);
  REQUIRE(Contains(Get("/livez"), "alive"));
  clock.Advance(1ms);
  REQUIRE(Contains(Get("/livez"), "alive"));

  CHECK(StatusOf(slow.ReadAll()) == 408);
  CHECK(silent.WasDropped());
  CHECK(Metric("hubmirror_web_rejected_total{reason=\"timeout\"}") == 1);
}

TEST_CASE_FIXTURE(StatusServerFixture,
                  "server: who does not take the answer within five seconds loses it") {
  // More than the socket buffers of both sides hold.
  const std::string long_name(1000, 'x');
  for (int i = 0; i < 300; ++i) {
    telemetry.OnStreamStatus({"globex", long_name + std::to_string(i)}, CurrentStream());
  }
  LoopbackClient stuck(port());
  REQUIRE(stuck.Send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const size_t whole = Get("/metrics").size();

  clock.Advance(5s);
  REQUIRE(Contains(Get("/livez"), "alive"));

  CHECK(stuck.ReadAll().size() < whole);
}

TEST_CASE_FIXTURE(StatusServerFixture,
                  "server: when full, the oldest without a whole header makes room") {
  LoopbackClient oldest(port());
  REQUIRE(oldest.Send("GET /livez HTTP/1.1\r\n"));
  REQUIRE(Contains(Get("/livez"), "alive"));
  std::deque<LoopbackClient> others;
  for (int i = 0; i < 63; ++i) REQUIRE(others.emplace_back(port()).is_connected());

  CHECK(StatusOf(Get("/livez")) == 200);

  CHECK(oldest.WasDropped());
  CHECK(others.back().Send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  CHECK(StatusOf(others.back().ReadAll()) == 200);
  CHECK(Metric("hubmirror_web_rejected_total{reason=\"rate\"}") >= 1);
}

TEST_CASE_FIXTURE(StatusServerFixture,
                  "server: clients that keep their answered connections open blind nobody") {
  std::deque<LoopbackClient> answered;
  for (int i = 0; i < 64; ++i) {
    LoopbackClient& client = answered.emplace_back(port());
    REQUIRE(client.Send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    REQUIRE(StatusOf(client.ReadAll()) == 200);
  }

  CHECK(StatusOf(Get("/livez")) == 200);
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: a request in pieces is put together") {
  LoopbackClient client(port());
  for (const char* const piece : {"GET /li", "vez HTTP/1.1\r\nHo", "st: localhost\r\n", "\r\n"}) {
    REQUIRE(client.Send(piece));
    REQUIRE(Contains(Get("/livez"), "alive"));
  }

  CHECK(StatusOf(client.ReadAll()) == 200);
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: a port in use is an error with the next step") {
  const auto second = StatusServer::Start({.listen = server->address()}, telemetry, clock);

  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ListenError::Kind::kInUse);
  CHECK(Contains(second.error().message, server->address() + " is in use"));
}

TEST_CASE_FIXTURE(StatusServerFixture, "server: it listens on loopback only") {
  for (const char* const listen : {"0.0.0.0:0", "192.168.0.1:0", "[::]:0", "9437", "example:80"}) {
    const auto opened = StatusServer::Start({.listen = listen}, telemetry, clock);
    CAPTURE(listen);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == ListenError::Kind::kBadAddress);
  }
}

TEST_CASE_FIXTURE(StatusServerFixture,
                  "server: it ends at once with connections open, and frees the port") {
  LoopbackClient waiting(port());
  REQUIRE(Contains(Get("/livez"), "alive"));
  const std::string address = server->address();

  server.reset();

  CHECK(waiting.WasDropped());
  CHECK(StatusServer::Start({.listen = address}, telemetry, clock));
}

}  // namespace hubmirror
