#include "control/control_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/named_thread.h"
#include "control/control_connection.h"

namespace hubmirror {
namespace {

// The longest the loop sleeps; deadlines shorten it.
constexpr std::chrono::milliseconds kIdle{60000};
constexpr std::chrono::milliseconds kAcceptPause{200};

}  // namespace

/// The sockets and the one loop over them.
class ControlServer::Loop {
 public:
  Loop(OwnedDescriptor listener, OwnedDescriptor wake, const Options& options, ControlDesk& desk,
       const Clock& clock)
      : listener_(std::move(listener)),
        wake_(std::move(wake)),
        options_(options),
        desk_(desk),
        clock_(clock) {}

  void Run(const std::stop_token& stop) {
    const std::stop_callback wake_up(stop, [this] {
      const uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = ::write(wake_.number(), &one, sizeof(one));
    });
    while (!stop.stop_requested()) Turn();
    for (const auto& connection : connections_) connection->OnShutdown(clock_.Now());
    connections_.clear();
  }

 private:
  // Waits for the sockets, serves those that are ready, forgets those that are finished.
  void Turn() {
    const short accepting = clock_.Now() >= accept_from_ ? short{POLLIN} : short{0};
    std::vector<pollfd> polled = {{wake_.number(), POLLIN, 0}, {listener_.number(), accepting, 0}};
    for (const auto& connection : connections_) {
      polled.push_back({connection->socket(), connection->events(), 0});
    }
    ::poll(polled.data(), polled.size(), WaitMilliseconds());

    const Instant now = clock_.Now();
    for (size_t i = 0; i < connections_.size(); ++i) {
      if (polled[i + 2].revents != 0) connections_[i]->OnReady(polled[i + 2].revents, now);
      connections_[i]->OnTime(now);
    }
    std::erase_if(connections_, [](const auto& connection) { return connection->finished(); });
    if ((polled[1].revents & POLLIN) != 0) Accept(now);
  }

  int WaitMilliseconds() const {
    const Instant now = clock_.Now();
    Instant wake_at = now + kIdle;
    if (accept_from_ > now) wake_at = std::min(wake_at, accept_from_);
    for (const auto& connection : connections_) {
      wake_at = std::min(wake_at, connection->wake_at());
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(wake_at - now);
    return static_cast<int>(std::max<int64_t>(wait.count(), 0));
  }

  void Accept(Instant now) {
    OwnedDescriptor socket(
        ::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    // Out of descriptors the client stays in the backlog; asking at once again would spin.
    if (!socket.open()) accept_from_ = now + kAcceptPause;
    if (!socket.open()) return;
    if (connections_.size() >= options_.max_connections) {
      // Who connects and says nothing must not keep others from asking.
      const auto oldest = std::ranges::find_if(
          connections_, [](const auto& connection) { return connection->idle(); });
      if (oldest == connections_.end()) return;
      connections_.erase(oldest);
    }
    const ControlConnection::Limits limits{options_.max_request_bytes, options_.request_time,
                                           options_.answer_time, options_.progress_tick};
    connections_.push_back(
        std::make_unique<ControlConnection>(std::move(socket), desk_, limits, now));
  }

  const OwnedDescriptor listener_;
  const OwnedDescriptor wake_;
  const Options& options_;
  ControlDesk& desk_;
  const Clock& clock_;
  Instant accept_from_{};
  std::vector<std::unique_ptr<ControlConnection>> connections_;
};

ControlServer::ControlServer(Options options, ControlDesk& desk, const Clock& clock)
    : options_(std::move(options)), desk_(desk), clock_(clock) {}

ControlServer::~ControlServer() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  ::unlink(options_.socket_path.c_str());
}

Result<Done, std::string> ControlServer::Start() {
  auto listener = ListenAt(options_.socket_path);
  if (!listener) return listener.error();
  OwnedDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.open()) {
    return std::string("cannot make an event descriptor for the control socket; raise LimitNOFILE");
  }
  loop_ = std::make_unique<Loop>(std::move(*listener), std::move(wake), options_, desk_, clock_);
  thread_ = StartThread("control", [this](const std::stop_token& stop) { loop_->Run(stop); });
  return Done{};
}

}  // namespace hubmirror
