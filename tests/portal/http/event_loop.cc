#include "http/event_loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>

namespace simulated_portal {
namespace {

constexpr uint64_t kListener = 0;
constexpr uint64_t kSignals = 1;
constexpr int kDripPieces = 20;
constexpr size_t kReadSize = 65'536;

int64_t SteadyNow() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

[[noreturn]] void ThrowErrno(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

std::string Chunk(std::string body) {
  static constexpr std::string_view kEnd = "0\r\n\r\n";
  if (body.empty()) return std::string(kEnd);
  std::array<char, 24> size;
  const int length = std::snprintf(size.data(), size.size(), "%zx\r\n", body.size());
  body.insert(0, size.data(), static_cast<size_t>(length));
  return body.append("\r\n").append(kEnd);
}

}  // namespace

Instant WallNow() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

EventLoop::EventLoop(const std::string& host, int port, Answer answer)
    : answer_(std::move(answer)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error("not an IPv4 address: " + host);
  }
  listen_fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listen_fd_ < 0) ThrowErrno("socket");
  const int on = 1;
  setsockopt(listen_fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof address;
  // The sockets interface passes every address as the same plain struct.
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(listen_fd_, plain, size) != 0 || listen(listen_fd_, 512) != 0) {
    ThrowErrno("cannot listen on " + host + ":" + std::to_string(port));
  }
  getsockname(listen_fd_, plain, &size);
  port_ = ntohs(address.sin_port);
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd_ < 0) ThrowErrno("epoll_create1");
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kListener}};
  epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, listen_fd_, &event);
}

EventLoop::~EventLoop() {
  for (const auto& [serial, connection] : connections_) close(connection->fd);
  close(listen_fd_);
  close(epoll_fd_);
}

void EventLoop::After(Duration delay, std::function<void()> task) {
  timers_.push({SteadyNow() + delay, next_timer_++, std::move(task)});
}

void EventLoop::Run(int signal_fd) {
  epoll_event signals{.events = EPOLLIN, .data = {.u64 = kSignals}};
  epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, signal_fd, &signals);
  std::array<epoll_event, 128> events;
  while (true) {
    const int count = epoll_wait(epoll_fd_, events.data(), events.size(), NextWait());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.u64 == kSignals) return;
      if (event.data.u64 == kListener) {
        Accept();
      } else {
        OnReady(event.data.u64, event.events);
      }
    }
    RunTimers();
  }
}

int EventLoop::NextWait() const {
  if (timers_.empty()) return -1;
  return static_cast<int>(std::clamp<int64_t>(timers_.top().due - SteadyNow(), 0, 60'000));
}

void EventLoop::RunTimers() {
  while (!timers_.empty() && timers_.top().due <= SteadyNow()) {
    const auto task = timers_.top().task;
    timers_.pop();
    task();
  }
}

void EventLoop::Accept() {
  while (true) {
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    connection->serial = next_serial_++;
    connection->interest = EPOLLIN | EPOLLRDHUP;
    epoll_event event{.events = connection->interest, .data = {.u64 = connection->serial}};
    epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event);
    ++counters_.connections;
    connections_.emplace(connection->serial, std::move(connection));
  }
}

EventLoop::Connection* EventLoop::Find(uint64_t serial) {
  const auto found = connections_.find(serial);
  return found == connections_.end() ? nullptr : found->second.get();
}

void EventLoop::OnReady(uint64_t serial, uint32_t events) {
  Connection* connection = Find(serial);
  if (connection == nullptr) return;
  if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) return Close(serial);
  if ((events & EPOLLOUT) != 0) return Send(*connection);
  if (!connection->answering && Receive(*connection)) AnswerNext(*connection);
}

bool EventLoop::Receive(Connection& connection) {
  std::string& input = connection.input;
  while (true) {
    const size_t before = input.size();
    input.resize(before + kReadSize);
    const ssize_t count = recv(connection.fd, input.data() + before, kReadSize, 0);
    input.resize(before + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count > 0) {
      counters_.bytes_received += static_cast<uint64_t>(count);
      if (static_cast<size_t>(count) < kReadSize) return true;
      continue;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    Close(connection.serial);
    return false;
  }
}

void EventLoop::AnswerNext(Connection& connection) {
  ParsedRequest parsed = ParseRequest(connection.input);
  if (parsed.state == ParsedRequest::State::kBad) return Close(connection.serial);
  if (parsed.state == ParsedRequest::State::kIncomplete) {
    if (parsed.wants_continue && !connection.continued) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      connection.continued = true;
      if (send(connection.fd, kContinue.data(), kContinue.size(), MSG_NOSIGNAL) < 0) {
        Close(connection.serial);
      }
    }
    return;
  }
  connection.input.erase(0, parsed.length);
  connection.continued = false;
  connection.answering = true;
  parsed.request.number_on_connection = connection.requests++;
  HttpResponse response = answer_(parsed.request);
  const uint64_t serial = connection.serial;
  const bool keep_alive = parsed.request.keep_alive;
  if (response.delay <= 0) return Begin(serial, std::move(response), keep_alive);
  Watch(connection, EPOLLRDHUP);
  const Duration delay = response.delay;
  After(delay,
        [this, serial, keep_alive, waiting = std::make_shared<HttpResponse>(std::move(response))] {
          Begin(serial, std::move(*waiting), keep_alive);
        });
}

void EventLoop::Begin(uint64_t serial, HttpResponse response, bool keep_alive) {
  Connection* connection = Find(serial);
  if (connection == nullptr) return;
  const Delivery delivery = response.delivery;
  if (delivery == Delivery::kNothing) return Close(serial);
  if (delivery == Delivery::kReset) return Close(serial, true);
  if (delivery == Delivery::kHang) {
    Watch(*connection, EPOLLRDHUP);
    return After(response.spread, [this, serial] { Close(serial); });
  }
  connection->head = RenderHead(response, keep_alive, WallNow());
  connection->body = response.chunked ? Chunk(std::move(response.body)) : std::move(response.body);
  connection->sent = 0;
  connection->allowed = connection->head.size() + connection->body.size();
  connection->close_after = !keep_alive || delivery == Delivery::kCloseAfter;
  if (delivery == Delivery::kHalf) {
    connection->body.resize(connection->body.size() / 2);
    connection->allowed = connection->head.size() + connection->body.size();
    connection->close_after = true;
  }
  if (delivery != Delivery::kDrip) return Send(*connection);
  const size_t total = connection->allowed;
  connection->allowed = 0;
  Drip(serial, total / kDripPieces + 1, response.spread / kDripPieces);
}

void EventLoop::Drip(uint64_t serial, size_t bytes, Duration pause) {
  Connection* connection = Find(serial);
  if (connection == nullptr) return;
  const size_t total = connection->head.size() + connection->body.size();
  connection->allowed = std::min(total, connection->allowed + bytes);
  const bool last = connection->allowed == total;
  Send(*connection);
  if (!last) After(pause, [this, serial, bytes, pause] { Drip(serial, bytes, pause); });
}

void EventLoop::Send(Connection& connection) {
  const size_t total = connection.head.size() + connection.body.size();
  while (connection.sent < connection.allowed) {
    std::array<iovec, 2> parts;
    size_t count = 0;
    const auto add = [&](std::string& text, size_t skip, size_t end) {
      if (skip < end) parts[count++] = {text.data() + skip, end - skip};
    };
    const size_t head = connection.head.size();
    add(connection.head, connection.sent, std::min(head, connection.allowed));
    const size_t body_end = connection.allowed > head ? connection.allowed - head : 0;
    add(connection.body, connection.sent > head ? connection.sent - head : 0, body_end);
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t written = sendmsg(connection.fd, &message, MSG_NOSIGNAL);
    if (written < 0) {
      if (errno == EAGAIN) return Watch(connection, EPOLLOUT | EPOLLRDHUP);
      return Close(connection.serial);
    }
    connection.sent += static_cast<size_t>(written);
    counters_.bytes_sent += static_cast<uint64_t>(written);
  }
  if (connection.sent == total) return Finish(connection);
  Watch(connection, EPOLLRDHUP);  // A drip; its timer goes on.
}

void EventLoop::Finish(Connection& connection) {
  if (connection.close_after) return Close(connection.serial);
  connection.answering = false;
  connection.head.clear();
  connection.body = std::string();
  Watch(connection, EPOLLIN | EPOLLRDHUP);
  // A request that came in the same packet brings no new event.
  if (!connection.input.empty()) AnswerNext(connection);
}

void EventLoop::Watch(Connection& connection, uint32_t interest) {
  if (connection.interest == interest) return;
  connection.interest = interest;
  epoll_event event{.events = interest, .data = {.u64 = connection.serial}};
  epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, connection.fd, &event);
}

void EventLoop::Close(uint64_t serial, bool reset) {
  const auto found = connections_.find(serial);
  if (found == connections_.end()) return;
  if (reset) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(found->second->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  close(found->second->fd);
  connections_.erase(found);
}

}  // namespace simulated_portal
