#pragma once

#include <netdb.h>

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace hubmirror {

struct AddressDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressDeleter>;

/// Whether it is one, of IPv4 or IPv6, and no name.
bool IsAddress(const std::string& host);

/// Finds the addresses of a host within a deadline. getaddrinfo(3) has none: it waits for name
/// servers as long as resolv.conf(5) says, and nothing cancels it. So it runs in a thread of its
/// own, which is left behind when it is late. While too many of those hang, nobody is asked. An
/// address needs no thread. Thread-safe.
class NameResolver {
 public:
  using Lookup = std::function<int(const std::string& host, int port, addrinfo** found)>;
  /// getaddrinfo(3), but for tests.
  explicit NameResolver(Lookup lookup = {});

  /// The error is what the system said, for people. `given_up` is asked ten times a second.
  Result<Addresses, std::string> Find(const std::string& host, int port, Instant deadline,
                                      const Clock& clock,
                                      const std::function<bool()>& given_up) const;

 private:
  struct Threads;

  const Lookup lookup_;
  const std::shared_ptr<Threads> threads_;
};

}  // namespace hubmirror
