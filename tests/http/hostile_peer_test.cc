// Peers that send without an end, to the transport and as a proxy: every row ends with an error, in
// bounded memory and time.

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <fstream>
#include <latch>
#include <string>

#include "http/pooled_transport.h"
#include "support/loopback_server.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using testing::LoopbackServer;
using Connection = LoopbackServer::Connection;

const SystemClock kSystemClock;
const ClientRequest kRequest{.target = "/x"};
const std::string kHead = "HTTP/1.1 200 OK\r\n";

struct Attack {
  const char* what;
  std::string begin;  ///< sent once
  std::string again;  ///< sent for ever
  HttpFailure::Kind kind;
};

const Attack kRows[] = {
    {"a status line of 50,000 bytes", "HTTP/1.1 200 " + std::string(50'000, 'x') + "\r\n", "",
     HttpFailure::Kind::kConnect},
    {"an endless status line", "HTTP/1.1 200 ", std::string(4096, 'x'),
     HttpFailure::Kind::kConnect},
    {"an endless header line", kHead + "X: ", std::string(4096, 'x'), HttpFailure::Kind::kConnect},
    {"an endless header", kHead, "X: " + std::string(4000, 'x') + "\r\n",
     HttpFailure::Kind::kConnect},
    {"endless short fields", kHead, "X: y\r\n", HttpFailure::Kind::kConnect},
    {"endless interim answers", "", "HTTP/1.1 100 Continue\r\n\r\n", HttpFailure::Kind::kConnect},
    {"an endless chunk extension", kHead + "Transfer-Encoding: chunked\r\n\r\n5;",
     std::string(4096, 'x'), HttpFailure::Kind::kDecode},
    {"endless trailers", kHead + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n",
     HttpFailure::Kind::kDecode},
    {"an endless body", kHead + "\r\n", std::string(65'536, 'x'), HttpFailure::Kind::kTooLarge},
    {"endless chunks of one byte", kHead + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n",
     HttpFailure::Kind::kTooLarge},
    {"a body of 2 GB, promised", kHead + "Content-Length: 2147483648\r\n\r\n",
     std::string(65'536, 'x'), HttpFailure::Kind::kTooLarge},
    {"a chunk longer than memory", kHead + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
     std::string(65'536, 'x'), HttpFailure::Kind::kDecode},
    {"an extension on every chunk", kHead + "Transfer-Encoding: chunked\r\n\r\n",
     "1;" + std::string(4000, 'e') + "\r\nx\r\n", HttpFailure::Kind::kTooLarge},
    {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "", HttpFailure::Kind::kConnect},
};

/// Sends the row until the client has had enough.
LoopbackServer::Script Send(const Attack& row) {
  return [&row](Connection& connection) {
    connection.ReadRequest();
    connection.Write(row.begin);
    // Far more than a bounded client reads, in pieces that a system call is worth.
    std::string piece = row.again;
    while (!piece.empty() && piece.size() < 65'536) piece += piece;
    for (int i = 0; !piece.empty() && i < 2000; ++i) connection.Write(piece);
    connection.WaitForClose();
  };
}

/// Of the process so far. 0 under a sanitizer, which keeps what is freed: the other builds measure.
int64_t PeakRssKiB() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 0;
#endif
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6));
  }
  return 0;
}

TEST_CASE("transport: whatever a peer sends without an end is left after little of it") {
  const int64_t before = PeakRssKiB();
  for (const Attack& row : kRows) {
    CAPTURE(row.what);
    LoopbackServer server({Send(row), Send(row)});
    TransportSettings settings{.base = *ParseBaseUrl(server.url())};
    settings.response_limit = size_t{1} << 20;
    settings.deadline = 5s;

    const Instant begin = kSystemClock.Now();
    const auto answer = PooledTransport(settings, kSystemClock).Send(kRequest);

    REQUIRE_FALSE(bool(answer));
    CHECK(answer.error().kind == row.kind);
    CHECK(kSystemClock.Now() - begin < 5s);
    CHECK(answer.error().message.size() < 400);
  }
  CHECK(PeakRssKiB() - before < 32 << 10);
}

TEST_CASE("transport: a proxy that answers CONNECT without an end is left, too") {
  const int64_t before = PeakRssKiB();
  for (const Attack& row : kRows) {
    // With its header whole it has opened a tunnel; what comes then is not TLS.
    CAPTURE(row.what);
    LoopbackServer proxy({Send(row)});
    TransportSettings settings{.base = *ParseBaseUrl("https://api.example:443")};
    settings.proxy = *ParseProxyAddress("http://127.0.0.1:" + std::to_string(proxy.port()));
    settings.deadline = 5s;

    const auto answer = PooledTransport(settings, kSystemClock).Send(kRequest);

    REQUIRE_FALSE(bool(answer));
    CHECK(answer.error().kind == HttpFailure::Kind::kConnect);
  }
  CHECK(PeakRssKiB() - before < 32 << 10);
}

TEST_CASE("transport: what comes after a whole answer is never the next one, however late") {
  for (const bool late : {false, true}) {
    CAPTURE(late);
    std::latch planted(1);
    LoopbackServer server({[&](Connection& connection) {
                             connection.ReadRequest();
                             const std::string more = testing::AnswerText("planted");
                             connection.Write(testing::AnswerText("first") + (late ? "" : more));
                             if (late) {
                               kSystemClock.SleepUntil(kSystemClock.Now() + 20ms, {});
                               connection.Write(more);
                             }
                             planted.count_down();
                             connection.WaitForClose();
                           },
                           [](Connection& connection) {
                             connection.ReadRequest();
                             connection.Write(testing::AnswerText("second"));
                           }});
    PooledTransport transport({.base = *ParseBaseUrl(server.url())}, kSystemClock);

    CHECK(transport.Send(kRequest)->body == "first");
    planted.wait();
    CHECK(transport.Send(kRequest)->body == "second");
  }
}

}  // namespace
}  // namespace hubmirror
