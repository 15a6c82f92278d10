#include "http/event_loop.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace simulated_portal {
namespace {

/// A loop in a thread of its own; the path of a request chooses how it is answered.
class RunningLoop {
 public:
  RunningLoop()
      : stop_fd_(eventfd(0, EFD_CLOEXEC)),
        loop_("127.0.0.1", 0, [](const HttpRequest& request) { return Answer(request); }),
        thread_([this] { loop_.Run(stop_fd_); }) {}
  ~RunningLoop() {
    const uint64_t one = 1;
    CHECK(write(stop_fd_, &one, sizeof one) == sizeof one);
    thread_.join();
    close(stop_fd_);
  }
  RunningLoop(const RunningLoop&) = delete;
  RunningLoop& operator=(const RunningLoop&) = delete;
  [[nodiscard]] int port() const { return loop_.port(); }

 private:
  static HttpResponse Answer(const HttpRequest& request) {
    HttpResponse response;
    response.body = request.body + std::to_string(request.number_on_connection);
    if (request.path == "/big") response.body.assign(3'000'000, 'b');
    if (request.path == "/chunked") response.chunked = true;
    if (request.path == "/late") response.delay = 20;
    if (request.path == "/half") response.delivery = Delivery::kHalf;
    if (request.path == "/nothing") response.delivery = Delivery::kNothing;
    if (request.path == "/reset") response.delivery = Delivery::kReset;
    if (request.path == "/close") response.delivery = Delivery::kCloseAfter;
    if (request.path == "/drip") {
      response.delivery = Delivery::kDrip;
      response.spread = 40;
    }
    if (request.path == "/hang") {
      response.delivery = Delivery::kHang;
      response.spread = 30;
    }
    return response;
  }

  int stop_fd_;
  EventLoop loop_;
  std::thread thread_;
};

class Client {
 public:
  explicit Client(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Send(const std::string& text) {
    REQUIRE(send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  /// Reads until the text seen so far ends with `end`, or the connection does.
  std::string ReadUntil(const std::string& end) {
    std::string text;
    std::array<char, 65'536> buffer;
    while (!text.ends_with(end)) {
      const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
      if (count <= 0) return text + (count == 0 ? "(closed)" : "(reset)");
      text.append(buffer.data(), static_cast<size_t>(count));
    }
    return text;
  }
  std::string Get(const std::string& path, const std::string& end) {
    Send("GET " + path + " HTTP/1.1\r\n\r\n");
    return ReadUntil(end);
  }

 private:
  int fd_;
};

}  // namespace

TEST_CASE("a connection is kept alive, also for requests sent in one go") {
  RunningLoop loop;
  Client client(loop.port());
  CHECK(client.Get("/", "\r\n\r\n0").ends_with("0"));
  client.Send("GET / HTTP/1.1\r\n\r\nGET /late HTTP/1.1\r\n\r\n");
  CHECK(client.ReadUntil("\r\n\r\n2").ends_with("2"));
}

TEST_CASE("a request may arrive in pieces") {
  RunningLoop loop;
  Client client(loop.port());
  client.Send("POST / HTTP/1.1\r\nContent-Le");
  client.Send("ngth: 5\r\n\r\nhe");
  client.Send("llo");
  CHECK(client.ReadUntil("hello0").ends_with("hello0"));
}

TEST_CASE("a client that asks before sending its body is told to go on") {
  RunningLoop loop;
  Client client(loop.port());
  client.Send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.ReadUntil("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ok");
  CHECK(client.ReadUntil("ok0").ends_with("ok0"));
}

TEST_CASE("answers leave in the way they were told to") {
  RunningLoop loop;
  const auto get = [&](const char* path, const std::string& end) {
    Client client(loop.port());
    return client.Get(path, end);
  };
  CHECK(get("/late", "\r\n\r\n0").ends_with("0"));
  CHECK(get("/drip", "\r\n\r\n0").ends_with("0"));
  CHECK(get("/chunked", "0\r\n\r\n").ends_with("1\r\n0\r\n0\r\n\r\n"));
  CHECK(get("/nothing", "never") == "(closed)");
  CHECK(get("/hang", "never") == "(closed)");
  CHECK(get("/reset", "never") == "(reset)");
  CHECK(get("/close", "never").ends_with("0(closed)"));
  const std::string half = get("/half", "never");
  CHECK(half.find("Content-Length: 1\r\n") != half.npos);
  CHECK(half.ends_with("\r\n\r\n(closed)"));
}

TEST_CASE("a big body arrives whole") {
  RunningLoop loop;
  Client client(loop.port());
  client.Send("GET /big HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string answer = client.ReadUntil("never");
  CHECK(answer.size() - answer.find("\r\n\r\n") == 3'000'000 + 4 + std::string("(closed)").size());
}

TEST_CASE("what is not HTTP loses its connection") {
  RunningLoop loop;
  Client client(loop.port());
  client.Send("what is this\r\n\r\n");
  CHECK(client.ReadUntil("never") == "(closed)");
}

}  // namespace simulated_portal
