#pragma once

#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/http_message.h"

namespace simulated_portal {

/// This machine's wall clock.
Instant WallNow();

/// An HTTP/1.1 server in one thread: requests are answered by one function, and waiting (latency,
/// drips, hangs) is a timer, so that it costs nothing. Owned by one thread.
class EventLoop {
 public:
  using Answer = std::function<HttpResponse(const HttpRequest&)>;

  /// Listens at once; throws std::runtime_error when it cannot. Port 0 takes a free one.
  EventLoop(const std::string& host, int port, Answer answer);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  [[nodiscard]] int port() const { return port_; }
  /// Runs `task` once, `delay` from now, within Run().
  void After(Duration delay, std::function<void()> task);
  /// Serves until a signal arrives on `signal_fd`.
  void Run(int signal_fd);

  struct Counters {
    uint64_t connections = 0;
    uint64_t bytes_received = 0;
    uint64_t bytes_sent = 0;
  };
  [[nodiscard]] Counters& counters() { return counters_; }

 private:
  struct Connection {
    int fd = -1;
    uint64_t serial = 0;
    std::string input;
    std::string head;
    std::string body;
    size_t sent = 0;     ///< of head and body together
    size_t allowed = 0;  ///< how much of them may leave by now
    bool answering = false;
    bool close_after = false;
    bool continued = false;
    int requests = 0;
    uint32_t interest = 0;
  };
  struct Timer {
    int64_t due;  ///< steady milliseconds
    uint64_t number;
    std::function<void()> task;
    bool operator<(const Timer& other) const {
      return std::pair(due, number) > std::pair(other.due, other.number);
    }
  };

  void Accept();
  void OnReady(uint64_t serial, uint32_t events);
  /// False when the connection is gone.
  bool Receive(Connection& connection);
  void AnswerNext(Connection& connection);
  void Begin(uint64_t serial, HttpResponse response, bool keep_alive);
  void Drip(uint64_t serial, size_t bytes, Duration pause);
  void Send(Connection& connection);
  void Finish(Connection& connection);
  void Watch(Connection& connection, uint32_t interest);
  void Close(uint64_t serial, bool reset = false);
  Connection* Find(uint64_t serial);
  void RunTimers();
  [[nodiscard]] int NextWait() const;

  Answer answer_;
  int listen_fd_ = -1;
  int epoll_fd_ = -1;
  int port_ = 0;
  uint64_t next_serial_ = 2;  ///< 0 is the listener, 1 the signals
  uint64_t next_timer_ = 0;
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Timer> timers_;
  Counters counters_;
};

}  // namespace simulated_portal
