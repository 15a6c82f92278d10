#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "http/http_transport.h"
#include "http/name_resolver.h"
#include "http/pooled_transport.h"

namespace hubmirror {

/// One kept connection. Every byte of an answer passes an AnswerGuard before the library sees it,
/// and every wait ends at the request's deadline. Send is called by one thread at a time; Shutdown
/// by any.
class KeepAliveClient {
 public:
  KeepAliveClient(const TransportSettings& settings, const TrustStore& trust,
                  const NameResolver& names, const Clock& clock);
  ~KeepAliveClient();
  KeepAliveClient(const KeepAliveClient&) = delete;
  KeepAliveClient& operator=(const KeepAliveClient&) = delete;

  Result<ClientAnswer, HttpFailure> Send(const ClientRequest& request);

  void Shutdown();

 private:
  class BoundedClient;
  struct Attempt;

  Attempt Try(const ClientRequest& request, Instant deadline);
  Result<ClientAnswer, HttpFailure> Conclude(Attempt attempt, Instant deadline);
  HttpFailure FailureOf(const Attempt& attempt, Instant deadline);
  HttpFailure Failed(HttpFailure::Kind kind, int status, std::string message) const;
  std::string ConnectMessage() const;
  void Watch(int socket);
  void Begin();
  bool End();
  bool IsDown();
  void CutLocked() REQUIRES(mutex_);

  const TransportSettings& settings_;
  const Clock& clock_;
  const std::unique_ptr<BoundedClient> client_;
  Instant idle_since_{};

  Mutex mutex_;
  bool busy_ GUARDED_BY(mutex_) = false;
  bool down_ GUARDED_BY(mutex_) = false;
  /// A duplicate of the connection's descriptor: shutting it down wakes the thread that reads,
  /// and it cannot name a stranger's socket after the library has closed its own.
  int watched_ GUARDED_BY(mutex_) = -1;
};

}  // namespace hubmirror
