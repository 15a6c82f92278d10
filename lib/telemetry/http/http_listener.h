#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "telemetry/http/file_descriptor.h"
#include "telemetry/http/http_connection.h"
#include "telemetry/http/listen_address.h"

namespace hubmirror {

/// Why the local port cannot be opened.
struct ListenError {
  enum class Kind {
    kBadAddress,  ///< not an address, or not a loopback one
    kInUse,       ///< another program has it
    kSystem,      ///< anything else the system refuses
  };
  Kind kind = Kind::kSystem;
  std::string message;  ///< with the next step
};

/// A small HTTP server for the loopback interface: one thread, one poll loop, a bound on
/// everything a client can take. When all connections are taken, the oldest that has its answer,
/// else the oldest without a complete header, is closed for a new one. Owned by the thread that
/// runs it.
class HttpListener {
 public:
  /// Binds and listens. Refuses addresses that are not loopback: the port has neither encryption
  /// nor passwords. `clock` must outlive it. `on_drop` hears of every connection closed for want
  /// of room.
  static Result<std::unique_ptr<HttpListener>, ListenError> Open(const ListenAddress& address,
                                                                 const HttpLimits& limits,
                                                                 const Clock& clock,
                                                                 HttpAnswer answer,
                                                                 std::function<void()> on_drop);

  /// Where it listens; the port is the real one.
  const ListenAddress& address() const { return address_; }

  /// Serves until `stop`, then closes every connection.
  void Run(std::stop_token stop);

 private:
  HttpListener(FileDescriptor socket, FileDescriptor wake, ListenAddress address,
               const HttpLimits& limits, const Clock& clock, HttpAnswer answer,
               std::function<void()> on_drop);

  void Turn();
  int WaitMilliseconds() const;
  void AcceptAll();
  void MakeRoom();

  const FileDescriptor socket_;
  const FileDescriptor wake_;
  const ListenAddress address_;
  const HttpLimits limits_;
  const Clock& clock_;
  const HttpAnswer answer_;
  const std::function<void()> on_drop_;
  std::vector<std::unique_ptr<HttpConnection>> connections_;  ///< oldest first
  Instant accept_after_{};  ///< the process had no descriptor left
};

}  // namespace hubmirror
