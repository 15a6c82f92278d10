#include "http/http_message.h"

#include <doctest/doctest.h>

namespace simulated_portal {

using State = ParsedRequest::State;

TEST_CASE("a request is complete once its body is") {
  const std::string head =
      "POST /a%20b?x=1&y=c%2Cd+e HTTP/1.1\r\nContent-Length: 3\r\nX-Y:  z \r\n\r\n";
  CHECK(ParseRequest(head.substr(0, 20)).state == State::kIncomplete);
  CHECK(ParseRequest(head + "ab").state == State::kIncomplete);
  const ParsedRequest parsed = ParseRequest(head + "abcGET");
  REQUIRE(parsed.state == State::kComplete);
  CHECK(parsed.length == head.size() + 3);
  CHECK(parsed.request.method == "POST");
  CHECK(parsed.request.path == "/a b");
  CHECK(parsed.request.Query("x") == "1");
  CHECK(parsed.request.Query("y") == "c,d e");
  CHECK(parsed.request.Header("x-y") == "z");
  CHECK(parsed.request.body == "abc");
  CHECK(parsed.request.keep_alive);
}

TEST_CASE("chunked request bodies are understood") {
  const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n";
  CHECK(ParseRequest(head + body.substr(0, 12)).state == State::kIncomplete);
  const ParsedRequest parsed = ParseRequest(head + body);
  REQUIRE(parsed.state == State::kComplete);
  CHECK(parsed.request.body == "abc0123456789abcdef");
  CHECK(parsed.length == head.size() + body.size());
}

TEST_CASE("what is not HTTP is refused") {
  CHECK(ParseRequest("hello there\r\n\r\n").state == State::kBad);
  CHECK(ParseRequest("GET / SPDY/3\r\n\r\n").state == State::kBad);
  CHECK(ParseRequest("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n").state ==
        State::kBad);
}

TEST_CASE("a URL of 16 KB arrives whole") {
  const std::string target = "/x?properties=" + std::string(16'000, 'p');
  const ParsedRequest parsed = ParseRequest("GET " + target + " HTTP/1.1\r\n\r\n");
  REQUIRE(parsed.state == State::kComplete);
  CHECK(parsed.request.target == target);
}

TEST_CASE("a connection ends when the client says so") {
  CHECK_FALSE(ParseRequest("GET / HTTP/1.1\r\nConnection: close\r\n\r\n").request.keep_alive);
  CHECK_FALSE(ParseRequest("GET / HTTP/1.0\r\n\r\n").request.keep_alive);
}

TEST_CASE("the head says date, length or chunks") {
  HttpResponse response;
  response.body = "12345";
  response.headers.emplace_back("X-Test", "1");
  const std::string head = RenderHead(response, true, 784'111'777'000);
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  CHECK(head.find("Content-Length: 5\r\n") != head.npos);
  CHECK(head.ends_with("X-Test: 1\r\nConnection: keep-alive\r\n\r\n"));

  response.chunked = response.lower_case_names = true;
  response.date = 0;
  const std::string lower = RenderHead(response, false, 784'111'777'000);
  CHECK(lower.find("date: Thu, 01 Jan 1970") != lower.npos);
  CHECK(lower.find("transfer-encoding: chunked\r\n") != lower.npos);
  CHECK(lower.find("content-length") == lower.npos);
  CHECK(lower.find("connection: close") != lower.npos);
}

TEST_CASE("percent coding goes both ways") {
  CHECK(PercentDecode("a%2Bb%zz%4", false) == "a+b%zz%4");
  CHECK(PercentEncode("a b/ü") == "a%20b%2F%C3%BC");
}

}  // namespace simulated_portal
