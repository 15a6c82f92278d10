#include "telemetry/http/http_message.h"

#include <doctest/doctest.h>

#include <string>

#include "telemetry/http/listen_address.h"
#include "telemetry/http/request_guard.h"

namespace hubmirror {
namespace {

Result<HttpRequest, HttpRefusal> Parse(const std::string& lines) {
  return ParseHttpRequest(lines + "\r\n");
}

int StatusOf(const std::string& lines) {
  const auto request = Parse(lines);
  return request ? 200 : request.error().status;
}

HttpRequest Get(const std::string& host) {
  return {.method = "GET", .path = "/", .host = host};
}

std::string RefusalOf(const HttpRequest& request,
                      const std::vector<std::string>& allowed_hosts = {}) {
  const auto refusal = RequestGuard(allowed_hosts).Refuses(request);
  return refusal ? std::string(refusal->reason) : "";
}

}  // namespace

TEST_CASE("http: a plain request is read") {
  const auto request = Parse(
      "GET /readyz?verbose&max_age=600s&x=a%20b HTTP/1.1\r\nHost: localhost:9437\r\n"
      "Accept: */*\r\nOrigin:  http://localhost:9437 \r\n");

  REQUIRE(request);
  CHECK(request->method == "GET");
  CHECK(request->path == "/readyz");
  CHECK(request->query.at("verbose").empty());
  CHECK(request->query.at("max_age") == "600s");
  CHECK(request->query.at("x") == "a b");
  CHECK(request->host == "localhost:9437");
  CHECK(request->origin == "http://localhost:9437");
}

TEST_CASE("http: a plus in a query stays, for times with an offset") {
  const auto request =
      Parse("GET /?since=2026-03-01T12:00:00+01:00 HTTP/1.1\r\nHost: localhost\r\n");

  CHECK(request->query.at("since") == "2026-03-01T12:00:00+01:00");
}

TEST_CASE("http: broken escapes are left as they are") {
  const auto request = Parse("GET /?a=%&b=%4&c=%zz&=d&&e HTTP/1.1\r\nHost: localhost\r\n");

  CHECK(request->query.at("a") == "%");
  CHECK(request->query.at("b") == "%4");
  CHECK(request->query.at("c") == "%zz");
  CHECK(request->query.at("e").empty());
}

TEST_CASE("http: what is not clearly right is refused") {
  CHECK(StatusOf("GET / HTTP/1.1\r\nHost: localhost\r\n") == 200);
  CHECK(StatusOf("GET / HTTP/1.1\r\n") == 400);
  CHECK(StatusOf("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n") == 400);
  CHECK(StatusOf("GET / HTTP/1.1\r\nHost: a\r\nOrigin: b\r\nOrigin: c\r\n") == 400);
  CHECK(StatusOf("GET /\r\nHost: a\r\n") == 400);
  CHECK(StatusOf("GET  HTTP/1.1\r\nHost: a\r\n") == 400);
  CHECK(StatusOf("GET / HTTP/2\r\nHost: a\r\n") == 400);
  CHECK(StatusOf("GET http://a/ HTTP/1.1\r\nHost: a\r\n") == 400);
  CHECK(StatusOf("GET /a b HTTP/1.1\r\nHost: a\r\n") == 400);
  CHECK(StatusOf("G(T / HTTP/1.1\r\nHost: a\r\n") == 400);
  CHECK(StatusOf("GET / HTTP/1.1\r\nHost : a\r\n") == 400);
  CHECK(StatusOf("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n") == 400);
  CHECK(StatusOf("GET / HTTP/1.1\r\nHost: a\nX: b\r\n") == 400);
  CHECK(StatusOf(std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n", 27)) == 400);
  CHECK(StatusOf("GET / HTTP/1.1\r\nnot a field\r\nHost: a\r\n") == 400);
  CHECK(StatusOf("") == 400);
}

TEST_CASE("http: bodies are not taken") {
  CHECK(StatusOf("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n") == 200);
  CHECK(StatusOf("GET / HTTP/1.1\r\nHost: a\r\ncontent-length: 5\r\n") == 413);
  CHECK(StatusOf("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n") == 413);
}

TEST_CASE("http: the header ends at the first empty line") {
  CHECK(HeaderLength("GET / HTTP/1.1\r\nHost: a\r\n") == std::string::npos);
  CHECK(HeaderLength("A\r\n\r\nrest") == 5);
}

TEST_CASE("guard: only names that this machine's own browsers use") {
  CHECK(RefusalOf(Get("localhost")) == "");
  CHECK(RefusalOf(Get("LocalHost:9437")) == "");
  CHECK(RefusalOf(Get("127.0.0.1:9437")) == "");
  CHECK(RefusalOf(Get("127.1.2.3")) == "");
  CHECK(RefusalOf(Get("[::1]:9437")) == "");
  CHECK(RefusalOf(Get("evil.example")) == "host");
  CHECK(RefusalOf(Get("127.0.0.1.evil.example")) == "host");
  CHECK(RefusalOf(Get("localhost.evil.example")) == "host");
  CHECK(RefusalOf(Get("192.168.0.1")) == "host");
  CHECK(RefusalOf(Get("[::2]")) == "host");
  CHECK(RefusalOf(Get("0.0.0.0")) == "host");
  CHECK(RefusalOf(Get("127.1")) == "host");
  CHECK(RefusalOf(Get("localhost:x")) == "host");
  CHECK(RefusalOf(Get("")) == "host");
}

TEST_CASE("guard: further names are allowed by the configuration") {
  CHECK(RefusalOf(Get("mirror.internal:8080"), {"Mirror.Internal"}) == "");
  CHECK(RefusalOf(Get("other.internal"), {"mirror.internal"}) == "host");
}

TEST_CASE("guard: pages from elsewhere get nothing") {
  HttpRequest request = Get("localhost:9437");
  request.origin = "http://localhost:9437";
  CHECK(RefusalOf(request) == "");

  SUBCASE("another site") {
    request.origin = "https://evil.example";
  }
  SUBCASE("another port of this machine") {
    request.origin = "http://localhost:8080";
  }
  SUBCASE("no origin to speak of") {
    request.origin = "null";
  }
  SUBCASE("empty") {
    request.origin = "";
  }

  CHECK(RefusalOf(request) == "origin");
}

TEST_CASE("guard: GET and HEAD only") {
  HttpRequest request = Get("localhost");
  for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS", "get", "TRACE"}) {
    request.method = method;
    CHECK(RefusalOf(request) == "method");
  }
  request.method = "HEAD";
  CHECK(RefusalOf(request) == "");
}

TEST_CASE("listen address: a literal and a port") {
  CHECK(FormatAddress(*ParseListenAddress("127.0.0.1:9437")) == "127.0.0.1:9437");
  CHECK(FormatAddress(*ParseListenAddress("[::1]:0")) == "[::1]:0");
  CHECK(FormatAddress(*ParseListenAddress("localhost:80")) == "127.0.0.1:80");
  for (const char* const wrong : {"", "9437", "127.0.0.1", ":9437", "127.0.0.1:", "::1:80",
                                  "127.0.0.1:65536", "127.0.0.1:-1", "example.com:80", "[::1]80"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseListenAddress(wrong).has_value());
  }
}

}  // namespace hubmirror
