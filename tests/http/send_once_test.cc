#include <doctest/doctest.h>

#include "http/pooled_transport.h"
#include "support/fake_clock.h"
#include "support/loopback_server.h"

// Rule W23: a write is sent once.

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using testing::AnswerText;
using testing::FakeClock;
using testing::LoopbackServer;
using Connection = LoopbackServer::Connection;

const SystemClock kRealClock;

TransportSettings SettingsFor(const std::string& url) {
  return {.base = *ParseBaseUrl(url)};
}

ClientRequest Write(const Clock& clock, SendOnce terms = {}) {
  terms.leave_by = clock.BootNow() + 20s;
  return {.target = "/x", .body = "{}", .once = terms};
}

void AnswerAll(Connection& connection) {
  while (!connection.ReadRequest().empty()) connection.Write(AnswerText("{}"));
}

/// Answers one request and takes another one without a word.
void AnswerThenVanish(Connection& connection) {
  connection.ReadRequest();
  connection.Write(AnswerText("{}"));
  connection.ReadRequest();
}

TEST_CASE("send once: a write whose kept connection is closed on it is not sent again") {
  int writes = 0;
  LoopbackServer server({AnswerThenVanish, [&](Connection& connection) {
                           if (!connection.ReadRequest().empty()) ++writes;
                           connection.Write(AnswerText("{}"));
                         }});
  PooledTransport transport(SettingsFor(server.url()), kRealClock);
  REQUIRE(bool(transport.Send({.target = "/read"})));

  const auto answer = transport.Send(Write(kRealClock));

  REQUIRE_FALSE(bool(answer));
  CHECK(answer.error().kind == HttpFailure::Kind::kConnect);
  CHECK(answer.error().left);
  CHECK(server.connections() == 1);
  CHECK(writes == 0);
}

TEST_CASE("send once: what no connection was found for has certainly not left") {
  int port = 0;
  { port = LoopbackServer({}).port(); }

  const auto answer =
      PooledTransport(SettingsFor("http://127.0.0.1:" + std::to_string(port)), kRealClock)
          .Send(Write(kRealClock));

  CHECK(answer.error().kind == HttpFailure::Kind::kConnect);
  CHECK_FALSE(answer.error().left);
}

TEST_CASE("send once: a connection that has been idle for over five seconds is not used") {
  FakeClock clock;
  LoopbackServer server({AnswerAll}, LoopbackServer::Then::kRepeatLast);
  PooledTransport transport(SettingsFor(server.url()), clock);
  REQUIRE(bool(transport.Send({.target = "/read"})));

  clock.Advance(5s);
  CHECK(bool(transport.Send(Write(clock))));
  CHECK(server.connections() == 1);

  clock.Advance(6s);
  CHECK(bool(transport.Send({.target = "/read"})));
  CHECK(server.connections() == 1);

  clock.Advance(6s);
  CHECK(bool(transport.Send(Write(clock))));
  CHECK(server.connections() == 2);
}

TEST_CASE("send once: no byte leaves after its time") {
  FakeClock clock;
  std::string seen;
  LoopbackServer server({[&](Connection& connection) { seen = connection.ReadRequest(); }});
  const ClientRequest write = Write(clock);
  clock.Advance(21s);

  const auto answer = PooledTransport(SettingsFor(server.url()), clock).Send(write);

  REQUIRE_FALSE(bool(answer));
  CHECK_FALSE(answer.error().left);
  CHECK(answer.error().message == "held up for too long: it was not sent");
  CHECK(seen.empty());
}

TEST_CASE("send once: a write has a deadline of its own") {
  LoopbackServer server({[](Connection& connection) {
    connection.ReadRequest();
    connection.WaitForClose();
  }});
  TransportSettings settings = SettingsFor(server.url());
  settings.deadline = 30s;
  settings.deadline_key = "api.deadline";

  const auto answer =
      PooledTransport(settings, kRealClock).Send(Write(kRealClock, {.deadline = 50ms}));

  REQUIRE_FALSE(bool(answer));
  CHECK(answer.error().kind == HttpFailure::Kind::kTimeout);
  CHECK(answer.error().left);
  CHECK(answer.error().message == "no whole answer within 1 s");
}

TEST_CASE("send once: an answer that cannot be read says that the request had left") {
  LoopbackServer server({[](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  }});

  const auto answer =
      PooledTransport(SettingsFor(server.url()), kRealClock).Send(Write(kRealClock));

  CHECK(answer.error().kind == HttpFailure::Kind::kDecode);
  CHECK(answer.error().left);
}

}  // namespace
}  // namespace hubmirror
