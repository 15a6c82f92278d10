#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "http/name_resolver.h"

struct ssl_st;
struct ssl_ctx_st;

namespace hubmirror {

/// Why there is no connection.
struct ConnectFailure {
  enum class Step { kName, kConnect, kProxy, kTls, kCertificate };
  Step step = Step::kConnect;
  std::string message;   ///< what the system, the proxy or OpenSSL said
  std::string next;      ///< kCertificate: what to do about it
  int proxy_status = 0;  ///< kProxy: what it answered instead of 200; 0: nothing usable
};

/// A connected socket, with or without TLS, on which every wait ends at one deadline, however
/// slowly bytes trickle in: a timeout per read would start again with each of them. It does not
/// own the descriptor. Owned by one thread; another one wakes it by shutdown(2) on the descriptor.
class DeadlineSocket {
 public:
  /// `tls`: a session on this descriptor, or null.
  DeadlineSocket(int descriptor, ssl_st* tls, Instant deadline, const Clock& clock)
      : descriptor_(descriptor), tls_(tls), deadline_(deadline), clock_(clock) {}

  /// Whether the peer has neither closed nor said anything that nobody asked for; TLS may have
  /// messages of its own, such as tickets. Waits for nothing.
  bool IsQuiet() const;
  /// Bytes read, 0 at the end, -1 on an error or after the deadline.
  ssize_t Read(char* bytes, size_t count) const;
  /// Writes everything; false on an error or after the deadline.
  bool Write(const char* bytes, size_t count) const;

  /// Connects to the first address that answers; the descriptor is the caller's and does not
  /// block. `opened` hears of every descriptor before it is waited for.
  static Result<int, ConnectFailure> Connect(const Addresses& addresses, Instant deadline,
                                             const Clock& clock,
                                             const std::function<void(int)>& opened);
  /// Asks a proxy for a tunnel to `target` (`host:port`).
  Result<bool, ConnectFailure> Tunnel(const std::string& target) const;
  /// Begins TLS with a server that must prove to be `host`, a name or an address, by its subject
  /// alternative names; the common name says nothing (RFC 9110 section 4.3.4). The session is the
  /// caller's.
  Result<ssl_st*, ConnectFailure> BeginTls(ssl_ctx_st* context, const std::string& host) const;

 private:
  /// False when the deadline passed.
  bool Await(short events) const;

  const int descriptor_;
  ssl_st* const tls_;
  const Instant deadline_;
  const Clock& clock_;
};

}  // namespace hubmirror
