#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "control/control_desk.h"

namespace hubmirror {

/// The control socket: a unix stream socket (0660: owner and group may ask) that takes one request
/// line, answers it in lines and closes. All connections are served by one thread, `control`, which
/// waits for the sockets and never for a client: a slow or hostile one costs a connection and a
/// buffer until its deadline. Started and destroyed by one thread.
class ControlServer {
 public:
  struct Options {
    std::string socket_path = {};
    size_t max_connections = 32;       ///< then the oldest that has not asked makes room
    size_t max_request_bytes = 65536;  ///< a longer request line is refused
    std::chrono::milliseconds request_time{5000};  ///< to send the whole request
    std::chrono::milliseconds answer_time{10000};  ///< for the client to take any byte of an answer
    std::chrono::milliseconds progress_tick{200};  ///< how often an operation is checked
  };

  ControlServer(Options options, ControlDesk& desk, const Clock& clock);
  /// Stops the thread, closes every connection, removes the socket.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Makes the socket and starts the thread. A socket left behind by a dead daemon is replaced. One
  /// that answers belongs to a living daemon and is an error, as is a path that is not a socket.
  /// The error is one line with the next step; the process should exit with 73.
  Result<Done, std::string> Start();

 private:
  class Loop;

  const Options options_;
  ControlDesk& desk_;
  const Clock& clock_;
  std::unique_ptr<Loop> loop_;
  std::jthread thread_;
};

}  // namespace hubmirror
