#include "support/tcp_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace hubmirror::testing {
namespace {

// How long a server may take over what it is to do before the answer is lost.
constexpr int kAnswerMs = 5000;
constexpr int kLookMs = 50;

int ConnectTo(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
  ::close(socket);
  return -1;
}

bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

struct TcpProxy::Impl {
  std::string path;
  int listener = -1;
  int port = 0;
  std::mutex mutex;
  Judge judge;
  std::atomic<bool> ending = false;
  std::list<std::thread> pairs;  ///< of the accepting thread
  std::thread thread;

  Cut Ask(std::string_view bytes) {
    const std::lock_guard lock(mutex);
    return judge ? judge(bytes) : Cut::kNone;
  }

  void Accept() {
    while (!ending) {
      const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) break;
      pairs.emplace_back([this, client] {
        const int server = ConnectTo(path);
        if (server >= 0) Carry(client, server);
        if (server >= 0) ::close(server);
        ::close(client);
      });
    }
    for (std::thread& pair : pairs) pair.join();
  }

  void Carry(int client, int server) {
    std::array<char, 65536> piece;
    while (!ending) {
      std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
      if (::poll(ends.data(), ends.size(), kLookMs) <= 0) continue;
      if (ends[1].revents != 0) {
        const ssize_t count = ::recv(server, piece.data(), piece.size(), 0);
        if (count <= 0 || !SendAll(client, {piece.data(), static_cast<size_t>(count)})) return;
      }
      if (ends[0].revents == 0) continue;
      const ssize_t count = ::recv(client, piece.data(), piece.size(), 0);
      if (count <= 0) return;
      const std::string_view said(piece.data(), static_cast<size_t>(count));
      const Cut cut = Ask(said);
      if (cut == Cut::kBefore || !SendAll(server, said)) return;
      if (cut == Cut::kAfter) {
        pollfd answered{server, POLLIN, 0};
        ::poll(&answered, 1, kAnswerMs);
        return;
      }
    }
  }
};

TcpProxy::TcpProxy(std::string socket_path) : impl_(std::make_unique<Impl>()) {
  impl_->path = std::move(socket_path);
  impl_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(impl_->listener, plain, size) != 0 || ::listen(impl_->listener, 64) != 0 ||
      ::getsockname(impl_->listener, plain, &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  impl_->port = ntohs(address.sin_port);
  impl_->thread = std::thread([this] { impl_->Accept(); });
}

TcpProxy::~TcpProxy() {
  impl_->ending = true;
  ::shutdown(impl_->listener, SHUT_RDWR);  // Ends accept().
  impl_->thread.join();
  ::close(impl_->listener);
}

int TcpProxy::port() const {
  return impl_->port;
}

void TcpProxy::Set(Judge judge) {
  const std::lock_guard lock(impl_->mutex);
  impl_->judge = std::move(judge);
}

}  // namespace hubmirror::testing
