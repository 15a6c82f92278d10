#include "control/control_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace hubmirror {
namespace {

ControlPeer PeerOf(int socket) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
  return {credentials.pid, static_cast<int64_t>(credentials.uid)};
}

bool IsTransient(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

std::string TooLong(size_t limit) {
  return FormatResult({ControlCode::kUnknownTarget,
                       "the request is longer than " + std::to_string(limit) + " bytes",
                       "send one line of JSON"});
}

std::string NoLine() {
  return FormatResult({ControlCode::kUnknownTarget, "the request is not a complete line",
                       "send one line of JSON and end it with a newline"});
}

}  // namespace

ControlConnection::ControlConnection(OwnedDescriptor socket, ControlDesk& desk,
                                     const Limits& limits, Instant now)
    : socket_(std::move(socket)),
      desk_(desk),
      limits_(limits),
      peer_(PeerOf(socket_.number())),
      deadline_(now + limits.request_time) {}

short ControlConnection::events() const {
  if (!answering_) return POLLIN;
  // While an operation runs nothing is asked for: a client that went away shows as POLLHUP anyway.
  return to_send_.empty() ? short{0} : short{POLLOUT};
}

Instant ControlConnection::wake_at() const {
  if (operation_ && to_send_.empty()) return next_look_;
  return deadline_;
}

void ControlConnection::OnReady(short events, Instant now) {
  if ((events & POLLIN) != 0 && !answering_) {
    Receive(now);
  } else if ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
    finished_ = true;
  } else if ((events & POLLOUT) != 0) {
    Send(now);
  }
}

void ControlConnection::OnTime(Instant now) {
  if (finished_) return;
  if (operation_ && to_send_.empty() && now >= next_look_) {
    const OperationWatch::Look look = operation_->At(now);
    next_look_ = now + limits_.progress_tick;
    deadline_ = now + limits_.answer_time;
    to_send_ = look.lines;
    if (look.ended) operation_.reset();
    Send(now);
  } else if (now >= deadline_ && (!operation_ || !to_send_.empty())) {
    finished_ = true;
  }
}

void ControlConnection::OnShutdown(Instant now) {
  if (!operation_ || finished_) return;
  operation_.reset();
  to_send_ += FormatResult(
      {ControlCode::kTryLater, "the daemon is shutting down", "try again when it is running"});
  Send(now);
}

void ControlConnection::Receive(Instant now) {
  std::array<char, 4096> piece;
  const ssize_t count = ::recv(socket_.number(), piece.data(), piece.size(), 0);
  if (count < 0) {
    finished_ = !IsTransient(errno);
    return;
  }
  const size_t scanned = received_.size();
  received_.append(piece.data(), static_cast<size_t>(count));
  const size_t end = received_.find('\n', scanned);
  if (std::min(end, received_.size()) > limits_.max_request_bytes) {
    answering_ = true;
    to_send_ = TooLong(limits_.max_request_bytes);
  } else if (end != std::string::npos) {
    Answer(received_.substr(0, end), now);
  } else if (count == 0) {
    finished_ = received_.empty();
    answering_ = true;
    to_send_ = NoLine();
  }
  if (answering_ && !finished_) {
    deadline_ = now + limits_.answer_time;
    Send(now);
  }
}

void ControlConnection::Answer(const std::string& line, Instant now) {
  ControlDesk::Answer answer = desk_.Take(line, peer_, now);
  answering_ = true;
  to_send_ = std::move(answer.lines);
  operation_ = std::move(answer.operation);
  next_look_ = now;
}

void ControlConnection::Send(Instant now) {
  while (!to_send_.empty()) {
    // MSG_NOSIGNAL: a client that went away must not kill the daemon with SIGPIPE.
    const ssize_t count = ::send(socket_.number(), to_send_.data(), to_send_.size(), MSG_NOSIGNAL);
    if (count < 0) {
      finished_ = !IsTransient(errno);
      return;
    }
    to_send_.erase(0, static_cast<size_t>(count));
    deadline_ = now + limits_.answer_time;
  }
  finished_ = !operation_;
}

}  // namespace hubmirror
