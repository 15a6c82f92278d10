#include "http/pooled_transport.h"

#include "http/keep_alive_client.h"

namespace hubmirror {

PooledTransport::PooledTransport(TransportSettings settings, const Clock& clock, NameResolver names)
    : settings_(std::move(settings)),
      clock_(clock),
      trust_(settings_.trust ? settings_.trust
                             : std::make_shared<const TrustStore>(settings_.ca_file)),
      names_(std::move(names)) {}

PooledTransport::~PooledTransport() = default;

Result<ClientAnswer, HttpFailure> PooledTransport::Send(const ClientRequest& request) {
  KeepAliveClient* const client = Lease();
  if (client == nullptr) {
    return HttpFailure{.kind = HttpFailure::Kind::kConnect,
                       .message = "not sent: the daemon is stopping"};
  }
  auto answer = client->Send(request);
  GiveBack(client);
  return answer;
}

void PooledTransport::Shutdown() {
  MutexLock lock(mutex_);
  down_ = true;
  for (const auto& client : clients_) client->Shutdown();
}

KeepAliveClient* PooledTransport::Lease() {
  MutexLock lock(mutex_);
  if (down_) return nullptr;
  if (idle_.empty()) {
    clients_.push_back(std::make_unique<KeepAliveClient>(settings_, *trust_, names_, clock_));
    return clients_.back().get();
  }
  KeepAliveClient* const client = idle_.back();
  idle_.pop_back();
  return client;
}

void PooledTransport::GiveBack(KeepAliveClient* client) {
  MutexLock lock(mutex_);
  idle_.push_back(client);
}

}  // namespace hubmirror
