#include "http/pooled_transport.h"

#include <doctest/doctest.h>
#include <httplib.h>
#include <zlib.h>

#include <fstream>
#include <latch>

#include "http/test_certificates.h"
#include "support/loopback_server.h"
#include "support/temp_directory.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using testing::AnswerText;
using testing::LoopbackServer;
using Connection = LoopbackServer::Connection;

const SystemClock kClock;
const ClientRequest kGet{.target = "/x"};

TransportSettings To(const std::string& url) {
  return {.base = *ParseBaseUrl(url)};
}

std::string Gzip(const std::string& plain) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// Answers one request with these bytes, then closes.
LoopbackServer::Script Once(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    connection.ReadRequest();
    connection.Write(bytes);
  };
}

HttpFailure::Kind ErrorOfAnswer(const std::string& bytes, size_t limit = size_t{1} << 20) {
  LoopbackServer server({Once(bytes)});
  TransportSettings settings = To(server.url());
  settings.response_limit = limit;
  const auto answer = PooledTransport(settings, kClock).Send(kGet);
  REQUIRE_FALSE(bool(answer));
  return answer.error().kind;
}

TEST_CASE("transport: a request carries token, encoding and body") {
  std::string seen;
  LoopbackServer server({[&](Connection& connection) {
    seen = connection.ReadRequest();
    connection.Write(AnswerText("{}"));
  }});
  PooledTransport transport(To(server.url()), kClock);

  const auto answer = transport.Send({.target = "/a?b=c,d",
                                      .bearer = Secret("tok"),
                                      .content_type = "application/json",
                                      .body = R"({"q":1})"});

  REQUIRE(bool(answer));
  CHECK(answer->status == 200);
  CHECK(answer->body == "{}");
  CHECK(answer->Header("content-TYPE") == "application/json");
  CHECK(seen.starts_with("POST /a?b=c,d HTTP/1.1\r\n"));
  CHECK(seen.find("Authorization: Bearer tok\r\n") != std::string::npos);
  CHECK(seen.find("Accept-Encoding: gzip\r\n") != std::string::npos);
  CHECK(seen.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(seen.ends_with("\r\n\r\n{\"q\":1}"));
}

TEST_CASE("transport: a request carries header fields of its own") {
  std::string seen;
  LoopbackServer server({[&](Connection& connection) {
    seen = connection.ReadRequest();
    connection.Write(AnswerText("{}"));
  }});

  CHECK(
      bool(PooledTransport(To(server.url()), kClock)
               .Send({.target = "/x", .body = "{}", .headers = {{"webhook-id", "acme-won-1-2"}}})));

  CHECK(seen.find("webhook-id: acme-won-1-2\r\n") != std::string::npos);
}

TEST_CASE("transport: a long URL arrives unchanged") {
  const std::string target = "/x?properties=" + std::string(14'900, 'p');
  std::string seen;
  LoopbackServer server({[&](Connection& connection) {
    seen = connection.ReadRequest();
    connection.Write(AnswerText("{}"));
  }});

  CHECK(bool(PooledTransport(To(server.url()), kClock).Send({.target = target})));

  CHECK(seen.starts_with("GET " + target + " HTTP/1.1\r\n"));
}

TEST_CASE("transport: the connection is kept for the next request") {
  LoopbackServer server({[](Connection& connection) {
    while (!connection.ReadRequest().empty()) connection.Write(AnswerText("{}"));
  }});
  PooledTransport transport(To(server.url()), kClock);

  for (int i = 0; i < 5; ++i) CHECK(bool(transport.Send(kGet)));

  CHECK(server.connections() == 1);
}

TEST_CASE("transport: a kept connection found closed costs no error") {
  LoopbackServer server({Once(AnswerText("1")), Once(AnswerText("2")), Once(AnswerText("3"))});
  PooledTransport transport(To(server.url()), kClock);

  CHECK(transport.Send(kGet)->body == "1");
  CHECK(transport.Send(kGet)->body == "2");
  CHECK(transport.Send({.target = "/x", .body = "post"})->body == "3");
}

TEST_CASE("transport: a connection closed instead of an answer is tried once more, at once") {
  const auto answer_then_vanish = [](Connection& connection) {
    connection.ReadRequest();
    connection.Write(AnswerText("first"));
    connection.ReadRequest();  // and closes without a word
  };
  LoopbackServer server({answer_then_vanish, Once(AnswerText("second"))});
  PooledTransport transport(To(server.url()), kClock);

  CHECK(transport.Send(kGet)->body == "first");
  CHECK(transport.Send({.target = "/x", .body = "post"})->body == "second");
  CHECK(server.connections() == 2);
}

TEST_CASE("transport: a new connection that is closed without an answer is an error") {
  LoopbackServer server({[](Connection& connection) { connection.ReadRequest(); },
                         Once(AnswerText("not asked for"))});
  PooledTransport transport(To(server.url()), kClock);

  const auto answer = transport.Send(kGet);

  CHECK(answer.error().kind == HttpFailure::Kind::kConnect);
  CHECK(answer.error().status == 0);
  CHECK(server.connections() == 1);
}

TEST_CASE("transport: nobody listening is an error with the address in it") {
  int port = 0;
  { port = LoopbackServer({}).port(); }
  const std::string address = "127.0.0.1:" + std::to_string(port);

  const auto answer = PooledTransport(To("http://" + address), kClock).Send(kGet);

  CHECK(answer.error().kind == HttpFailure::Kind::kConnect);
  CHECK(answer.error().message.find(address) != std::string::npos);
}

TEST_CASE("transport: gzip is undone and both sizes are known") {
  const std::string plain(100'000, 'x');
  const std::string packed = Gzip(plain);
  LoopbackServer server({Once(AnswerText(packed, "Content-Encoding: gzip\r\n"))});

  const auto answer = PooledTransport(To(server.url()), kClock).Send(kGet);

  REQUIRE(bool(answer));
  CHECK(answer->body == plain);
  CHECK(answer->wire_bytes == packed.size());
}

TEST_CASE("transport: chunked bodies are joined") {
  LoopbackServer server({Once(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")});

  CHECK(PooledTransport(To(server.url()), kClock).Send(kGet)->body == "abcde");
}

TEST_CASE("transport: a body cut short is an error, however it is framed") {
  CHECK(ErrorOfAnswer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") ==
        HttpFailure::Kind::kDecode);
  CHECK(ErrorOfAnswer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf") ==
        HttpFailure::Kind::kDecode);
  const std::string packed = Gzip(std::string(50'000, 'x') + "end");
  CHECK(ErrorOfAnswer(AnswerText(packed.substr(0, packed.size() / 2),
                                 "Content-Encoding: gzip\r\n")) == HttpFailure::Kind::kDecode);
  CHECK(ErrorOfAnswer(AnswerText("no gzip", "Content-Encoding: gzip\r\n")) ==
        HttpFailure::Kind::kDecode);
  CHECK(ErrorOfAnswer(AnswerText("?", "Content-Encoding: br\r\n")) == HttpFailure::Kind::kDecode);
}

TEST_CASE("transport: a body over the cap is not read to its end") {
  CHECK(ErrorOfAnswer(AnswerText(std::string(20'000, 'x')), 10'000) ==
        HttpFailure::Kind::kTooLarge);
  CHECK(ErrorOfAnswer("HTTP/1.1 200 OK\r\n\r\n" + std::string(20'000, 'x'), 10'000) ==
        HttpFailure::Kind::kTooLarge);
}

TEST_CASE("transport: where bodies are cut, an answer without an end counts by its status") {
  struct Row {
    const char* head;
    const char* piece;
  };
  for (const Row& row : {Row{"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n",
                             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
                         Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
                         Row{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
                             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}) {
    CAPTURE(row.head);
    std::atomic<size_t> sent = 0;
    LoopbackServer server({[&](Connection& connection) {
      connection.ReadRequest();
      connection.Write(row.head);
      while (sent < (size_t{64} << 20) && connection.Write(row.piece)) ++sent;
    }});
    TransportSettings settings = To(server.url());
    settings.body_limit = BodyLimit::kCut;
    settings.response_limit = 4096;

    const auto answer = PooledTransport(settings, kClock).Send(kGet);

    REQUIRE(bool(answer));
    CHECK(answer->status == 200);
    CHECK(answer->body.size() <= 4096);
  }
}

TEST_CASE("transport: where bodies are cut, one that is too short is an error all the same") {
  LoopbackServer server({Once("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")});
  TransportSettings settings = To(server.url());
  settings.body_limit = BodyLimit::kCut;

  CHECK(PooledTransport(settings, kClock).Send(kGet).error().kind == HttpFailure::Kind::kDecode);
}

TEST_CASE("transport: a gzip bomb stops at the cap") {
  const std::string bomb = Gzip(std::string(size_t{64} << 20, '\0'));
  REQUIRE(bomb.size() < 100'000);

  CHECK(ErrorOfAnswer(AnswerText(bomb, "Content-Encoding: gzip\r\n")) ==
        HttpFailure::Kind::kTooLarge);
}

TEST_CASE("transport: a redirect is an answer and is not followed") {
  LoopbackServer elsewhere({Once(AnswerText("stolen"))});
  LoopbackServer server({Once("HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url() +
                              "/\r\nContent-Length: 0\r\n\r\n")});

  const auto answer = PooledTransport(To(server.url()), kClock).Send(kGet);

  REQUIRE(bool(answer));
  CHECK(answer->status == 302);
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("transport: silence ends at the deadline") {
  LoopbackServer server({[](Connection& connection) { connection.WaitForClose(); }});
  TransportSettings settings = To(server.url());
  settings.deadline = 100ms;

  const auto answer = PooledTransport(settings, kClock).Send(kGet);

  CHECK(answer.error().kind == HttpFailure::Kind::kTimeout);
  CHECK(answer.error().message == "no whole answer within 1 s");
}

TEST_CASE("transport: a limit that is reached names the setting that moves it") {
  LoopbackServer server({[](Connection& connection) { connection.WaitForClose(); },
                         Once(AnswerText(std::string(2000, 'x')))});
  TransportSettings settings = To(server.url());
  settings.deadline = 100ms;
  settings.response_limit = 1000;
  settings.deadline_key = "limits.request";
  settings.response_key = "limits.response";
  PooledTransport transport(settings, kClock);

  CHECK(transport.Send(kGet).error().message == "no whole answer within 1 s (limits.request)");
  CHECK(transport.Send(kGet).error().message ==
        "the answer is larger than 0 MiB: raise limits.response");
}

/// Sends a byte now and then for ever, after `head`.
LoopbackServer::Script Drip(std::string head, std::atomic<bool>& stop) {
  return [head = std::move(head), &stop](Connection& connection) {
    connection.ReadRequest();
    connection.Write(head);
    while (!stop) {
      connection.Write("x");
      std::this_thread::sleep_for(10ms);
    }
  };
}

TEST_CASE("transport: a slow drip of a body does not outlive the deadline") {
  std::atomic<bool> stop = false;
  LoopbackServer server({Drip("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", stop)});
  TransportSettings settings = To(server.url());
  settings.deadline = 200ms;

  const Instant begin = kClock.Now();
  const auto answer = PooledTransport(settings, kClock).Send(kGet);
  stop = true;

  CHECK(answer.error().kind == HttpFailure::Kind::kTimeout);
  CHECK(kClock.Now() - begin < 2s);
}

TEST_CASE("transport: a slow drip of headers does not outlive the deadline, also alone") {
  std::atomic<bool> stop = false;
  LoopbackServer server({Drip("HTTP/1.1 200 OK\r\nX-Long: ", stop)});
  TransportSettings settings = To(server.url());
  settings.deadline = 100ms;

  const Instant begin = kClock.Now();
  const auto answer = PooledTransport(settings, kClock).Send(kGet);
  stop = true;

  REQUIRE_FALSE(bool(answer));
  CHECK(answer.error().kind == HttpFailure::Kind::kTimeout);
  CHECK(kClock.Now() - begin < 2s);
}

TEST_CASE("transport: shutting down ends requests under way and refuses new ones") {
  std::latch arrived(1);
  LoopbackServer server({[&](Connection& connection) {
    connection.ReadRequest();
    arrived.count_down();
    connection.WaitForClose();
  }});
  PooledTransport transport(To(server.url()), kClock);

  Result<ClientAnswer, HttpFailure> waiting = ClientAnswer{};
  {
    const std::jthread request([&] { waiting = transport.Send(kGet); });
    arrived.wait();
    transport.Shutdown();
  }

  REQUIRE_FALSE(bool(waiting));
  CHECK(waiting.error().kind == HttpFailure::Kind::kConnect);
  CHECK(transport.Send(kGet).error().kind == HttpFailure::Kind::kConnect);
  CHECK(server.connections() == 1);
}

TEST_CASE("transport: requests at once have a connection each, which are then shared") {
  std::latch both(2);
  const auto meet = [&](Connection& connection) {
    connection.ReadRequest();
    both.arrive_and_wait();
    connection.Write(AnswerText("{}"));
    while (!connection.ReadRequest().empty()) connection.Write(AnswerText("{}"));
  };
  LoopbackServer server({meet, meet});
  PooledTransport transport(To(server.url()), kClock);

  {
    const std::jthread first([&] { CHECK(bool(transport.Send(kGet))); });
    const std::jthread second([&] { CHECK(bool(transport.Send(kGet))); });
  }
  for (int i = 0; i < 4; ++i) CHECK(bool(transport.Send(kGet)));

  CHECK(server.connections() == 2);
}

/// A TLS server on 127.0.0.1 with a certificate of our own making.
class TlsServer {
 public:
  explicit TlsServer(const testing::TestCertificates& certificates)
      : server_(certificates.certificate_file.c_str(), certificates.key_file.c_str()) {
    server_.Get("/x", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(std::string(10'000, 'y'), "application/json");
    });
    server_.new_task_queue = [] { return new httplib::ThreadPool(2); };
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~TlsServer() { server_.stop(); }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }

 private:
  httplib::SSLServer server_;
  int port_ = 0;
  std::jthread thread_;
};

TEST_CASE("transport: TLS with an authority of the configuration works and is kept") {
  const testing::TempDirectory folder{"hubmirror"};
  const testing::TestCertificates certificates(folder.path().string());
  TlsServer server(certificates);
  TransportSettings settings = To(server.url());
  settings.ca_file = certificates.ca_file;
  PooledTransport transport(settings, kClock);

  for (int i = 0; i < 3; ++i) {
    const auto answer = transport.Send(kGet);
    REQUIRE_MESSAGE(bool(answer), (answer ? "" : answer.error().message));
    CHECK(answer->body.size() == 10'000);
  }
}

TEST_CASE("transport: a certificate nobody vouches for is refused with the reason") {
  const testing::TempDirectory folder{"hubmirror"};
  const testing::TestCertificates certificates(folder.path().string());
  TlsServer server(certificates);

  const auto answer = PooledTransport(To(server.url()), kClock).Send(kGet);

  REQUIRE_FALSE(bool(answer));
  CHECK(answer.error().kind == HttpFailure::Kind::kConnect);
  CHECK(answer.error().message.find("is not trusted") != std::string::npos);
  CHECK(answer.error().message.find("api.ca_file") != std::string::npos);
}

TEST_CASE("transport: a certificate for another host is refused") {
  const testing::TempDirectory folder{"hubmirror"};
  const testing::TestCertificates certificates(folder.path().string(), "IP:127.0.0.2");
  TlsServer server(certificates);
  TransportSettings settings = To(server.url());
  settings.ca_file = certificates.ca_file;

  const auto answer = PooledTransport(settings, kClock).Send(kGet);

  REQUIRE_FALSE(bool(answer));
  CHECK(answer.error().message.find("it names another host") != std::string::npos);
}

TEST_CASE("transport: only alternative names of a certificate count, addresses as addresses") {
  struct Row {
    const char* alternative;
    const char* subject;
    const char* host;
    bool good;
  };
  for (const Row& row : {Row{"DNS:localhost", "other", "localhost", true},
                         Row{"DNS:other.example", "localhost", "localhost", false},
                         Row{"IP:127.0.0.2", "localhost", "localhost", false},
                         Row{"DNS:127.0.0.1", "127.0.0.1", "127.0.0.1", false}}) {
    CAPTURE(row.alternative);
    const testing::TempDirectory folder{"hubmirror"};
    const testing::TestCertificates certificates(folder.path().string(), row.alternative,
                                                 row.subject);
    TlsServer server(certificates);
    TransportSettings settings = To(server.url());
    settings.base.host = row.host;
    settings.ca_file = certificates.ca_file;

    const auto answer = PooledTransport(settings, kClock).Send(kGet);

    CHECK(bool(answer) == row.good);
    if (!answer) CHECK(answer.error().message.find("it names another host") != std::string::npos);
  }
}

TEST_CASE("transport: a server without TLS is told from one that is away") {
  LoopbackServer server({[](Connection& connection) { connection.Write(AnswerText("{}")); }});

  const auto answer =
      PooledTransport(To("https://127.0.0.1:" + std::to_string(server.port())), kClock).Send(kGet);

  REQUIRE_FALSE(bool(answer));
  CHECK(answer.error().kind == HttpFailure::Kind::kConnect);
  CHECK(answer.error().message.find("no TLS") != std::string::npos);
}

TEST_CASE("transport: an unreadable CA file is an error at the start") {
  const testing::TempDirectory folder{"hubmirror"};
  TransportSettings settings = To("https://api.hubapi.com");
  settings.ca_file = (folder.path() / "none.pem").string();
  CHECK_THROWS_WITH_AS(PooledTransport(settings, kClock),
                       doctest::Contains("none.pem cannot be read"), std::runtime_error);

  std::ofstream(settings.ca_file) << "not a certificate";
  CHECK_THROWS_AS(PooledTransport(settings, kClock), std::runtime_error);
}

TEST_CASE("transport: a proxy is asked to connect, and one that wants a login is named") {
  std::string asked;
  LoopbackServer proxy({[&](Connection& connection) {
    asked = connection.ReadRequest();
    connection.Write(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n"
        "Content-Length: 0\r\n\r\n");
  }});
  TransportSettings settings = To("https://api.example:443");
  settings.proxy = *ParseProxyAddress("http://127.0.0.1:" + std::to_string(proxy.port()));

  const auto answer = PooledTransport(settings, kClock).Send(kGet);

  CHECK(asked.starts_with("CONNECT api.example:443 HTTP/1.1\r\n"));
  CHECK(asked.find("Authorization: Bearer") == std::string::npos);
  REQUIRE_FALSE(bool(answer));
  CHECK(answer.error().kind == HttpFailure::Kind::kConnect);
  CHECK(answer.error().message.find("it answered 407") != std::string::npos);
}

TEST_CASE("base url: https anywhere, http on this machine only") {
  CHECK(ParseBaseUrl("https://api.hubapi.com")->Origin() == "https://api.hubapi.com:443");
  CHECK(ParseBaseUrl("https://api.hubapi.com:8443/")->Origin() == "https://api.hubapi.com:8443");
  CHECK(ParseBaseUrl("http://127.0.0.1:80")->Origin() == "http://127.0.0.1:80");
  CHECK(ParseBaseUrl("http://[::1]:9")->Origin() == "http://[::1]:9");
  CHECK(ParseBaseUrl("http://localhost")->port == 80);
  CHECK(bool(ParseBaseUrl("http://[0:0:0:0:0:0:0:1]:80")));
  for (const char* const wrong :
       {"", "api.hubapi.com", "ftp://x", "http://api.hubapi.com", "http://127.evil.com",
        "https://user:pass@host", "https://", "https://host/path", "https://host:0",
        "https://host:70000", "https://host:x", "https://[::1", "https://ho st", "https://host?x",
        "http://[::2]:80", "http://[fe80::1]"}) {
    CAPTURE(wrong);
    CHECK_FALSE(bool(ParseBaseUrl(wrong)));
  }
}

TEST_CASE("request url: an address with its path and query") {
  const auto url = ParseRequestUrl("https://hooks.example.com:8443/hubspot/won?key=a%20b");
  REQUIRE(bool(url));
  CHECK(url->base.Origin() == "https://hooks.example.com:8443");
  CHECK(url->target == "/hubspot/won?key=a%20b");
  CHECK(ParseRequestUrl("https://hooks.example.com")->target == "/");
  CHECK(ParseRequestUrl("http://localhost:8080?a=b")->target == "/?a=b");
  for (const char* const wrong :
       {"", "hooks.example.com/x", "http://hooks.example.com/x", "https:///x", "https://a@b/x",
        "https://host/x#part", "https://host/a b", "https://host/\xc3\xa4",
        "https://host/\r\nX: y"}) {
    CAPTURE(wrong);
    CHECK_FALSE(bool(ParseRequestUrl(wrong)));
  }
}

TEST_CASE("proxy address: host and port, without credentials") {
  CHECK(ParseProxyAddress("http://proxy.example:3128")->port == 3128);
  CHECK_FALSE(bool(ParseProxyAddress("http://proxy.example")));
  CHECK_FALSE(bool(ParseProxyAddress("http://user:pass@proxy.example:3128")));
  CHECK_FALSE(bool(ParseProxyAddress("https://proxy.example:3128")));
}

}  // namespace
}  // namespace hubmirror
