#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace hubmirror::testing {

/// A server on 127.0.0.1 that says exactly the bytes it is told to, one script per connection, so
/// that broken answers can be had. Connections past the last script
/// are closed at once unless told otherwise.
class LoopbackServer {
 public:
  /// One connection, inside a script.
  class Connection {
   public:
    explicit Connection(int socket) : socket_(socket) {}
    /// Reads one request with its body; "" when the client has gone.
    std::string ReadRequest();
    /// False when the client has gone.
    bool Write(const std::string& bytes);
    /// Blocks until the client closes.
    void WaitForClose();

   private:
    const int socket_;
  };
  using Script = std::function<void(Connection&)>;

  /// What connections past the last script get.
  enum class Then { kClose, kRepeatLast };

  explicit LoopbackServer(std::vector<Script> scripts, Then then = Then::kClose);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void Serve(const std::vector<Script>& scripts, Then then);

  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::jthread thread_;
};

/// A whole answer with Content-Length.
std::string AnswerText(const std::string& body, const std::string& more_headers = "");

}  // namespace hubmirror::testing
