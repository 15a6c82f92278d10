#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "http/base_url.h"
#include "http/http_transport.h"
#include "http/name_resolver.h"
#include "http/trust_store.h"

namespace hubmirror {

class KeepAliveClient;

/// What becomes of an answer whose body is over the limit.
enum class BodyLimit {
  kRefused,  ///< it is an error
  kCut,      ///< it counts by its status; the rest is not read, and nothing of it is inflated
};

/// What requests are made with; shared by all connections of a transport.
struct TransportSettings {
  BaseUrl base;
  std::optional<ProxyAddress> proxy;  ///< not used for loopback `http://`
  std::string ca_file;                ///< empty: the system's authorities
  /// From the first byte sent to the last received, a second try on a closed connection included.
  std::chrono::milliseconds deadline{std::chrono::seconds{25}};
  std::chrono::milliseconds connect_timeout{std::chrono::seconds{5}};
  size_t response_limit = size_t{64} << 20;  ///< bytes of a body, packed and inflated alike
  BodyLimit body_limit = BodyLimit::kRefused;
  std::string peer = "the peer";  ///< who is asked, for messages
  // Settings that messages name, for whoever wants to wait longer or to read more; empty: none.
  std::string deadline_key;
  std::string response_key;
  /// Shared by several transports; null: made of `ca_file`.
  std::shared_ptr<const TrustStore> trust;
};

/// The real HTTP transport: a pool of keep-alive connections to one address, each used by one
/// request at a time, as many as there are requests at once. TLS is verified, redirects are never
/// followed, bodies come gzipped. A request that finds its kept connection closed is sent once more
/// on a new one, at once. One that must go once is not, and goes on no connection that has been
/// idle for over 5 s, which the peer is likely to close. Thread-safe.
class PooledTransport final : public HttpTransport {
 public:
  /// Throws std::runtime_error when the CA file cannot be read. `clock` must outlive this.
  PooledTransport(TransportSettings settings, const Clock& clock,
                  NameResolver names = NameResolver());
  ~PooledTransport() override;

  /// An answer that came after the deadline is an error (kTimeout), whole or not.
  Result<ClientAnswer, HttpFailure> Send(const ClientRequest& request) override;

  /// Ends all requests under way, with kConnect, and refuses new ones.
  void Shutdown();

 private:
  KeepAliveClient* Lease();
  void GiveBack(KeepAliveClient* client);

  const TransportSettings settings_;
  const Clock& clock_;
  const std::shared_ptr<const TrustStore> trust_;
  const NameResolver names_;

  Mutex mutex_;
  bool down_ GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<KeepAliveClient>> clients_ GUARDED_BY(mutex_);
  std::vector<KeepAliveClient*> idle_ GUARDED_BY(mutex_);  // the last one used is the next one
};

}  // namespace hubmirror
