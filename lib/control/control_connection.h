#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "control/control_desk.h"
#include "control/control_socket.h"

namespace hubmirror {

/// One client of the control socket: it reads a line, has the desk answer it, sends the answer and
/// is finished. It never blocks: the server's loop tells it when the socket is ready and what time
/// it is. Owned by one thread.
class ControlConnection {
 public:
  struct Limits {
    size_t max_request_bytes = 0;
    std::chrono::milliseconds request_time{0};
    std::chrono::milliseconds answer_time{0};
    std::chrono::milliseconds progress_tick{0};
  };

  /// `socket` is non-blocking.
  ControlConnection(OwnedDescriptor socket, ControlDesk& desk, const Limits& limits, Instant now);

  int socket() const { return socket_.number(); }
  /// What to poll the socket for.
  short events() const;
  /// When OnTime is due at the latest.
  Instant wake_at() const;
  bool finished() const { return finished_; }
  /// It has not asked yet, so that nothing is lost with it.
  bool idle() const { return !answering_; }

  void OnReady(short events, Instant now);
  void OnTime(Instant now);
  /// The daemon ends: tells a client that waits for an operation.
  void OnShutdown(Instant now);

 private:
  void Receive(Instant now);
  void Answer(const std::string& line, Instant now);
  void Send(Instant now);

  OwnedDescriptor socket_;
  ControlDesk& desk_;
  const Limits limits_;
  const ControlPeer peer_;
  std::string received_;
  std::string to_send_;
  std::unique_ptr<OperationWatch> operation_;
  Instant deadline_;     ///< for the rest of the request, or for the client to take bytes
  Instant next_look_{};  ///< at the operation
  bool answering_ = false;
  bool finished_ = false;
};

}  // namespace hubmirror
