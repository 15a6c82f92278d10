#include "telemetry/http/http_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace hubmirror {
namespace {

constexpr std::chrono::milliseconds kDescriptorPause{100};

union SocketAddress {
  sockaddr any;
  sockaddr_in four;
  sockaddr_in6 six;
};

struct BindTarget {
  SocketAddress address{};
  socklen_t length = 0;
};

BindTarget BindTargetOf(const ListenAddress& address) {
  BindTarget target;
  if (inet_pton(AF_INET, address.host.c_str(), &target.address.four.sin_addr) == 1) {
    target.address.four.sin_family = AF_INET;
    target.address.four.sin_port = htons(address.port);
    target.length = sizeof(sockaddr_in);
  } else {
    target.address.six = {};
    inet_pton(AF_INET6, address.host.c_str(), &target.address.six.sin6_addr);
    target.address.six.sin6_family = AF_INET6;
    target.address.six.sin6_port = htons(address.port);
    target.length = sizeof(sockaddr_in6);
  }
  return target;
}

ListenError SystemError(const ListenAddress& address) {
  const int error = errno;
  const std::string where = FormatAddress(address);
  if (error == EADDRINUSE) {
    return {ListenError::Kind::kInUse,
            where + " is in use by another program; stop it (ss -ltnp shows it) or set web.listen"};
  }
  return {ListenError::Kind::kSystem, "cannot listen on " + where + ": " +
                                          std::system_category().message(error) +
                                          "; set web.listen to another address"};
}

/// The port the system chose, when 0 was asked for.
uint16_t BoundPort(int fd) {
  SocketAddress bound{};
  socklen_t length = sizeof(bound);
  if (getsockname(fd, &bound.any, &length) != 0) return 0;
  return ntohs(bound.any.sa_family == AF_INET ? bound.four.sin_port : bound.six.sin6_port);
}

}  // namespace

Result<std::unique_ptr<HttpListener>, ListenError> HttpListener::Open(
    const ListenAddress& address, const HttpLimits& limits, const Clock& clock, HttpAnswer answer,
    std::function<void()> on_drop) {
  if (!IsLoopback(address.host)) {
    return ListenError{ListenError::Kind::kBadAddress,
                       FormatAddress(address) +
                           " is not a loopback address; use 127.0.0.1 or [::1] in web.listen and "
                           "put a proxy with TLS and a login before it"};
  }
  const BindTarget target = BindTargetOf(address);
  FileDescriptor socket(
      ::socket(target.address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  FileDescriptor wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!socket.is_open() || !wake.is_open()) return SystemError(address);
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(socket.get(), &target.address.any, target.length) != 0 ||
      // A flood must not fill the queue: the kernel would let honest clients wait for a second.
      listen(socket.get(), SOMAXCONN) != 0) {
    return SystemError(address);
  }
  ListenAddress bound{address.host, BoundPort(socket.get())};
  return std::unique_ptr<HttpListener>(new HttpListener(std::move(socket), std::move(wake),
                                                        std::move(bound), limits, clock,
                                                        std::move(answer), std::move(on_drop)));
}

HttpListener::HttpListener(FileDescriptor socket, FileDescriptor wake, ListenAddress address,
                           const HttpLimits& limits, const Clock& clock, HttpAnswer answer,
                           std::function<void()> on_drop)
    : socket_(std::move(socket)),
      wake_(std::move(wake)),
      address_(std::move(address)),
      limits_(limits),
      clock_(clock),
      answer_(std::move(answer)),
      on_drop_(std::move(on_drop)) {}

void HttpListener::Run(std::stop_token stop) {
  const std::stop_callback wake(stop, [this] { eventfd_write(wake_.get(), 1); });
  while (!stop.stop_requested()) Turn();
  connections_.clear();
}

/// Waits until a socket is ready or a deadline passes, then serves everything that is ready.
void HttpListener::Turn() {
  const bool may_accept = clock_.Now() >= accept_after_;
  std::vector<pollfd> polled;
  polled.push_back({.fd = wake_.get(), .events = POLLIN, .revents = 0});
  polled.push_back({.fd = may_accept ? socket_.get() : -1, .events = POLLIN, .revents = 0});
  for (const auto& connection : connections_) {
    polled.push_back({.fd = connection->fd(), .events = connection->events(), .revents = 0});
  }
  if (poll(polled.data(), polled.size(), WaitMilliseconds()) < 0) return;

  for (size_t i = 0; i < connections_.size(); ++i) {
    const Instant now = clock_.Now();
    if (polled[i + 2].revents != 0) connections_[i]->Advance(answer_, now);
    if (now >= connections_[i]->deadline()) connections_[i]->Expire(answer_, now);
  }
  std::erase_if(connections_, [](const auto& connection) { return connection->is_done(); });
  if (polled[1].revents != 0) AcceptAll();
}

int HttpListener::WaitMilliseconds() const {
  const Instant now = clock_.Now();
  std::optional<Instant> next;
  if (now < accept_after_) next = accept_after_;
  for (const auto& connection : connections_) {
    next = std::min(next.value_or(connection->deadline()), connection->deadline());
  }
  if (!next) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - now);
  return static_cast<int>(std::max<int64_t>(wait.count(), 0));
}

void HttpListener::AcceptAll() {
  // Bounded, so that a flood of connections cannot keep those that are here from being served.
  for (size_t i = 0; i < limits_.connections; ++i) {
    FileDescriptor client(accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client.is_open()) {
      // Without a pause, the waiting connection would keep poll() from ever sleeping.
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        accept_after_ = clock_.Now() + kDescriptorPause;
      }
      if (errno == ECONNABORTED || errno == EINTR) continue;
      return;
    }
    if (connections_.size() >= limits_.connections) MakeRoom();
    if (connections_.size() >= limits_.connections) continue;
    connections_.push_back(
        std::make_unique<HttpConnection>(std::move(client), limits_, clock_.Now()));
    // Whoever waited in the queue has asked already, and is not taken for one who says nothing.
    connections_.back()->Advance(answer_, clock_.Now());
  }
  std::erase_if(connections_, [](const auto& connection) { return connection->is_done(); });
}

/// Closes the oldest connection that has its answer, else the oldest without a complete header;
/// when there is neither, the new one is the one to go.
void HttpListener::MakeRoom() {
  on_drop_();
  auto oldest = std::ranges::find_if(
      connections_, [](const auto& connection) { return connection->is_draining(); });
  if (oldest == connections_.end()) {
    oldest = std::ranges::find_if(connections_,
                                  [](const auto& connection) { return connection->is_reading(); });
  }
  if (oldest != connections_.end()) connections_.erase(oldest);
}

}  // namespace hubmirror
