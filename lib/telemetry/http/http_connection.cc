#include "telemetry/http/http_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace hubmirror {
namespace {

constexpr HttpRefusal kHeaderTooLarge{431, "size", "the request header is over 8 KiB"};
constexpr HttpRefusal kHeaderTooSlow{408, "timeout", "the request header took too long"};

bool MustWait() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

HttpConnection::HttpConnection(FileDescriptor socket, const HttpLimits& limits, Instant accepted_at)
    : socket_(std::move(socket)), limits_(limits), accepted_at_(accepted_at) {}

short HttpConnection::events() const {
  return phase_ == Phase::kWriting ? POLLOUT : POLLIN;
}

Instant HttpConnection::deadline() const {
  if (is_draining()) return sent_at_ + limits_.drain_time;
  return accepted_at_ + (is_reading() ? limits_.header_time : limits_.request_time);
}

void HttpConnection::Advance(const HttpAnswer& answer, Instant now) {
  if (phase_ == Phase::kReading) Read(answer);
  if (phase_ == Phase::kWriting) Write(now);
  if (phase_ == Phase::kDraining) Drain();
}

void HttpConnection::Expire(const HttpAnswer& answer, Instant now) {
  if (!is_reading() || received_.empty()) {
    phase_ = Phase::kDone;
    return;
  }
  Begin(answer(kHeaderTooSlow), false);
  Write(now);
}

void HttpConnection::Read(const HttpAnswer& answer) {
  std::array<char, 4096> piece;
  while (true) {
    const ssize_t count = recv(fd(), piece.data(), piece.size(), 0);
    if (count < 0 && MustWait()) return;
    if (count <= 0) {
      phase_ = Phase::kDone;
      return;
    }
    received_.append(piece.data(), static_cast<size_t>(count));
    const size_t length = HeaderLength(received_);
    if (length <= limits_.header_bytes) {
      const auto request = ParseHttpRequest(std::string_view(received_).substr(0, length));
      Begin(answer(request), request && request->method == "HEAD");
      return;
    }
    if (received_.size() > limits_.header_bytes) {
      Begin(answer(kHeaderTooLarge), false);
      return;
    }
  }
}

void HttpConnection::Begin(const HttpResponse& response, bool head) {
  answer_ = Serialize(response, head);
  phase_ = Phase::kWriting;
}

void HttpConnection::Write(Instant now) {
  while (sent_ < answer_.size()) {
    const ssize_t count = send(fd(), answer_.data() + sent_, answer_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0 && MustWait()) return;
    if (count < 0) {
      phase_ = Phase::kDone;
      return;
    }
    sent_ += static_cast<size_t>(count);
  }
  // Closing with unread bytes would reset the connection and may take the answer with it.
  shutdown(fd(), SHUT_WR);
  sent_at_ = now;
  phase_ = Phase::kDraining;
}

void HttpConnection::Drain() {
  std::array<char, 4096> piece;
  ssize_t count = 0;
  do {
    count = recv(fd(), piece.data(), piece.size(), 0);
  } while (count > 0);
  if (count == 0 || !MustWait()) phase_ = Phase::kDone;
}

}  // namespace hubmirror
