#include "http/name_resolver.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>

#include "http/pooled_transport.h"

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
