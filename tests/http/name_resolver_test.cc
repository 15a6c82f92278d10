#include "http/name_resolver.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <thread>

#include "http/pooled_transport.h"
#include "support/loopback_server.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

const SystemClock kSystem;

/// Name servers that answer nobody until this is gone.
class SilentServers {
 public:
  ~SilentServers() { state_->answers.count_down(); }

  NameResolver Resolver() const {
    return NameResolver([state = state_](const std::string&, int, addrinfo**) {
      ++state->asked;
      state->answers.wait();
      return EAI_AGAIN;
    });
  }
  int asked() const { return state_->asked; }

 private:
  struct State {
    std::latch answers{1};
    std::atomic<int> asked{0};
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

bool Never() {
  return false;
}

TEST_CASE("names: a request to a host whose name servers are silent ends in time") {
  const SilentServers servers;
  PooledTransport transport(
      {.base = *ParseBaseUrl("https://api.hubspot.test"), .connect_timeout = 200ms}, kSystem,
      servers.Resolver());
  const Instant before = kSystem.Now();
  const auto answer = transport.Send({.target = "/x"});
  CHECK(kSystem.Now() - before < 5s);
  REQUIRE_FALSE(bool(answer));
  CHECK(answer.error().kind == HttpFailure::Kind::kConnect);
  CHECK(answer.error().message ==
        "the name api.hubspot.test cannot be resolved (no name server answers in time): check the "
        "name servers");
}

TEST_CASE("names: what is being looked up holds up no stop") {
  const SilentServers servers;
  PooledTransport transport(
      {.base = *ParseBaseUrl("https://api.hubspot.test"), .connect_timeout = 60s}, kSystem,
      servers.Resolver());
  const Instant before = kSystem.Now();
  std::jthread sender([&] { CHECK_FALSE(bool(transport.Send({.target = "/x"}))); });
  while (servers.asked() == 0) std::this_thread::yield();
  transport.Shutdown();
  sender.join();
  CHECK(kSystem.Now() - before < 20s);
}

TEST_CASE("names: lookups that hang do not pile up") {
  const SilentServers servers;
  const NameResolver resolver = servers.Resolver();
  for (int i = 0; i < 40; ++i) {
    CHECK_FALSE(bool(resolver.Find("api.hubspot.test", 443, kSystem.Now() + 5ms, kSystem, Never)));
  }
  CHECK(servers.asked() <= 16);
  // An address needs nobody's answer.
  CHECK(bool(resolver.Find("127.0.0.1", 443, kSystem.Now() + 5ms, kSystem, Never)));
}

/// An address that swallows what it is sent, as a route that leads nowhere does: it listens, and
/// has no room for one more connection.
class SwallowingAddress {
 public:
  SwallowingAddress(const char* address, int port) {
    sockaddr_in place{.sin_family = AF_INET, .sin_port = htons(static_cast<uint16_t>(port))};
    REQUIRE(inet_pton(AF_INET, address, &place.sin_addr) == 1);
    for (int& one : sockets_) one = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const auto* generic = reinterpret_cast<const sockaddr*>(&place);
    REQUIRE(::bind(sockets_[0], generic, sizeof place) == 0);
    REQUIRE(::listen(sockets_[0], 0) == 0);
    for (size_t i = 1; i < sockets_.size(); ++i) ::connect(sockets_[i], generic, sizeof place);
  }
  ~SwallowingAddress() {
    for (const int one : sockets_) ::close(one);
  }
  SwallowingAddress(const SwallowingAddress&) = delete;
  SwallowingAddress& operator=(const SwallowingAddress&) = delete;

 private:
  std::array<int, 4> sockets_{};
};

TEST_CASE("names: a first address that leads nowhere leaves time for the others") {
  testing::LoopbackServer server({[](testing::LoopbackServer::Connection& connection) {
    connection.ReadRequest();
    connection.Write(testing::AnswerText("{}"));
  }});
  const SwallowingAddress nowhere("127.0.0.2", server.port());
  const NameResolver both([](const std::string&, int port, addrinfo** found) {
    const auto find = [&](const char* address) {
      return NameResolver().Find(address, port, kSystem.Now() + 10s, kSystem, Never)->release();
    };
    *found = find("127.0.0.2");
    (*found)->ai_next = find("127.0.0.1");
    return 0;
  });
  TransportSettings settings{
      .base = *ParseBaseUrl("http://localhost:" + std::to_string(server.port()))};
  settings.connect_timeout = 2s;

  const auto answer = PooledTransport(settings, kSystem, both).Send({.target = "/x"});
  REQUIRE(bool(answer));
  CHECK(answer->status == 200);
}

TEST_CASE("names: the system's answer comes through, and so does its refusal") {
  const NameResolver resolver;
  const auto found = resolver.Find("localhost", 443, kSystem.Now() + 30s, kSystem, Never);
  REQUIRE(bool(found));
  CHECK((*found)->ai_addr != nullptr);

  const NameResolver refusing([](const std::string&, int, addrinfo**) { return EAI_NONAME; });
  const auto refused = refusing.Find("nobody", 443, kSystem.Now() + 30s, kSystem, Never);
  REQUIRE_FALSE(bool(refused));
  CHECK(refused.error() == gai_strerror(EAI_NONAME));
}

}  // namespace
}  // namespace hubmirror
