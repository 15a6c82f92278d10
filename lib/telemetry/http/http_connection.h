#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "telemetry/http/file_descriptor.h"
#include "telemetry/http/http_message.h"

namespace hubmirror {

/// What one client of the local port may take.
struct HttpLimits {
  size_t connections = 64;
  size_t header_bytes = 8192;
  std::chrono::milliseconds header_time{2000};   ///< from accept to the header's end
  std::chrono::milliseconds request_time{5000};  ///< from accept to the last byte of the answer
  std::chrono::milliseconds drain_time{500};     ///< for the client to close after that
};

/// Makes the answer to a request, or to one that was refused before it could be read.
using HttpAnswer = std::function<HttpResponse(const Result<HttpRequest, HttpRefusal>&)>;

/// One connection with one request, on a non-blocking socket: reads the header, writes the answer,
/// then waits for the client to close, so that no answer is lost to a reset. Never blocks. Owned
/// by one thread.
class HttpConnection {
 public:
  HttpConnection(FileDescriptor socket, const HttpLimits& limits, Instant accepted_at);

  int fd() const { return socket_.get(); }
  /// What to poll for: POLLIN or POLLOUT.
  short events() const;
  /// When Expire is due.
  Instant deadline() const;
  bool is_reading() const { return phase_ == Phase::kReading; }
  /// Its answer is sent; only the client's end is waited for.
  bool is_draining() const { return phase_ == Phase::kDraining; }
  bool is_done() const { return phase_ == Phase::kDone; }

  /// Goes on as far as the socket lets it.
  void Advance(const HttpAnswer& answer, Instant now);
  /// The deadline has passed: a started header is told so, everything else ends.
  void Expire(const HttpAnswer& answer, Instant now);

 private:
  enum class Phase { kReading, kWriting, kDraining, kDone };

  void Read(const HttpAnswer& answer);
  void Write(Instant now);
  void Drain();
  void Begin(const HttpResponse& response, bool head);

  FileDescriptor socket_;
  const HttpLimits limits_;
  const Instant accepted_at_;
  Phase phase_ = Phase::kReading;
  std::string received_;
  std::string answer_;
  size_t sent_ = 0;
  Instant sent_at_{};
};

}  // namespace hubmirror
