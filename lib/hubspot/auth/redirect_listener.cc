#include "hubspot/auth/redirect_listener.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <vector>

#include "base/clock.h"
#include "base/named_thread.h"
#include "hubspot/auth/authorization.h"

namespace hubmirror {
namespace {

constexpr size_t kMaxVisitors = 16;
constexpr size_t kMaxVisit = 8 << 10;
constexpr std::chrono::seconds kVisit{2};
constexpr char kTaken[] =
    "<!doctype html><title>hubmirror</title><p>hubmirror has its answer. You can close this "
    "window and go back to the terminal.";
constexpr char kRefused[] =
    "<!doctype html><title>hubmirror</title><p>This does not belong to the authorization that "
    "hubmirror is waiting for. Open the address it has printed.";

constexpr char kElsewhere[] = "<!doctype html><title>hubmirror</title><p>There is nothing here.";

}  // namespace

/// One connection that has not asked yet.
struct RedirectListener::Visitor {
  int socket;
  Instant deadline;
  std::string received;
};

RedirectListener::RedirectListener(int port, std::string state)
    : state_(std::move(state)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener_, plain, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, plain, &size) != 0) {
    ::close(listener_);
    ::close(wake_);
    throw std::runtime_error("port " + std::to_string(port) +
                             " on 127.0.0.1 is taken: choose another and allow it in the app");
  }
  redirect_uri_ = "http://localhost:" + std::to_string(ntohs(address.sin_port)) + "/callback";
  thread_ = StartThread("redirect", [this](const std::stop_token& stop) { Serve(stop); });
}

RedirectListener::~RedirectListener() {
  thread_.request_stop();
  thread_.join();
  ::close(listener_);
  ::close(wake_);
}

void RedirectListener::Serve(const std::stop_token& stop) {
  const std::stop_callback wake_up(stop, [this] { ::eventfd_write(wake_, 1); });
  const SystemClock clock;
  std::vector<Visitor> visitors;  // oldest first, so the first is due first
  const auto leave = [&visitors](size_t index) {
    ::close(visitors[index].socket);
    visitors.erase(visitors.begin() + static_cast<std::ptrdiff_t>(index));
  };
  while (!stop.stop_requested()) {
    std::vector<pollfd> polled = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Visitor& visitor : visitors) polled.push_back({visitor.socket, POLLIN, 0});
    int wait = -1;
    if (!visitors.empty()) {
      const auto left = visitors.front().deadline - clock.Now();
      wait =
          std::max(0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
    }
    if (::poll(polled.data(), polled.size(), wait) < 0) continue;
    for (size_t i = visitors.size(); i-- > 0;) {
      const bool done = polled[i + 2].revents != 0 && Hear(visitors[i]);
      if (done || clock.Now() >= visitors[i].deadline) leave(i);
    }
    if (polled[1].revents == 0) continue;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) continue;
    if (visitors.size() == kMaxVisitors) leave(0);
    visitors.push_back({socket, clock.Now() + kVisit, {}});
  }
  while (!visitors.empty()) leave(0);
}

bool RedirectListener::Hear(Visitor& visitor) {
  std::array<char, 4096> piece;
  const ssize_t count = ::recv(visitor.socket, piece.data(), piece.size(), 0);
  if (count < 0) return errno != EAGAIN && errno != EINTR;
  if (count == 0) return true;
  visitor.received.append(piece.data(), static_cast<size_t>(count));
  const bool whole = visitor.received.find("\r\n\r\n") != std::string::npos;
  if (whole) Reply(visitor);
  return whole || visitor.received.size() > kMaxVisit;
}

void RedirectListener::Reply(const Visitor& visitor) {
  const std::string line = visitor.received.substr(0, visitor.received.find("\r\n"));
  const size_t end = line.rfind(" HTTP/1.");
  const bool asks = line.starts_with("GET ") && end != std::string::npos && end > 4;
  const std::string target = asks ? line.substr(4, end - 4) : "";
  const bool here = target.substr(0, target.find('?')) == "/callback";
  const bool ours = here && Take(target);
  const std::string page = ours ? kTaken : here ? kRefused : kElsewhere;
  const std::string answer = std::string("HTTP/1.1 ") +
                             (ours   ? "200 OK"
                              : here ? "400 Bad Request"
                                     : "404 Not Found") +
                             "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " +
                             std::to_string(page.size()) + "\r\nConnection: close\r\n\r\n" + page;
  // A new connection takes so little at once.
  ::send(visitor.socket, answer.data(), answer.size(), MSG_NOSIGNAL);
}

std::optional<Result<Secret, std::string>> RedirectListener::Wait(std::stop_token stop) {
  MutexLock lock(mutex_);
  arrived_.wait(lock, stop, [this]() NO_THREAD_SAFETY_ANALYSIS { return outcome_.has_value(); });
  return outcome_;
}

bool RedirectListener::Take(const std::string& target) {
  const size_t query = target.find('?');
  if (query == std::string::npos) return false;
  const std::string_view text = std::string_view(target).substr(query + 1);
  auto code = CodeFromQuery(text, state_);
  // Whoever does not know our state cannot end our waiting.
  if (!code && text.find("state=" + state_) == std::string_view::npos) return false;
  MutexLock lock(mutex_);
  if (!outcome_) outcome_ = std::move(code);
  arrived_.notify_all();
  return true;
}

}  // namespace hubmirror
