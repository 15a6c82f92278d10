#include "http/name_resolver.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <utility>

#include "base/finally.h"
#include "base/mutex.h"
#include "base/named_thread.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr int kMostThreads = 16;
constexpr auto kLook = 100ms;

int AskSystem(const std::string& host, int port, addrinfo** found) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = IsAddress(host) ? AI_NUMERICHOST : AI_ADDRCONFIG;
  return getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, found);
}

/// What a lookup found, shared with its thread, which may outlive whoever asked.
struct Found {
  Mutex mutex;
  std::condition_variable_any changed;
  bool done GUARDED_BY(mutex) = false;
  int code GUARDED_BY(mutex) = 0;
  Addresses list GUARDED_BY(mutex);
};

Result<Addresses, std::string> AddressesOr(int code, Addresses list) {
  if (code != 0) return std::string(gai_strerror(code));
  return list;
}

}  // namespace

struct NameResolver::Threads {
  std::atomic<int> running{0};
};

bool IsAddress(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

NameResolver::NameResolver(Lookup lookup)
    : lookup_(lookup ? std::move(lookup) : AskSystem), threads_(std::make_shared<Threads>()) {}

Result<Addresses, std::string> NameResolver::Find(const std::string& host, int port,
                                                  Instant deadline, const Clock& clock,
                                                  const std::function<bool()>& given_up) const {
  if (IsAddress(host)) {
    addrinfo* list = nullptr;
    const int code = AskSystem(host, port, &list);
    return AddressesOr(code, Addresses(list));
  }
  if (threads_->running.fetch_add(1) >= kMostThreads) {
    --threads_->running;
    return std::string("no name server has answered the last lookups");
  }
  const auto found = std::make_shared<Found>();
  StartThread("resolver", [host, port, found, lookup = lookup_, threads = threads_](auto) {
    const Finally ended([&threads] { --threads->running; });
    addrinfo* list = nullptr;
    const int code = lookup(host, port, &list);
    MutexLock lock(found->mutex);
    found->code = code;
    found->list.reset(list);
    found->done = true;
    found->changed.notify_all();
  }).detach();

  MutexLock lock(found->mutex);
  while (!found->done) {
    const auto left = deadline - clock.Now();
    if (left <= 0ms || given_up()) return std::string("no name server answers in time");
    found->changed.wait_for(lock, std::min<Duration>(left, kLook));
  }
  return AddressesOr(found->code, std::move(found->list));
}

}  // namespace hubmirror
