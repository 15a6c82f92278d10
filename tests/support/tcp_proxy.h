#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace hubmirror::testing {

/// Stands between a client and a PostgreSQL and cuts connections: between a client's words and
/// the server, or between the server's answer and the client. Serves on loopback from threads of
/// its own. Failures throw std::runtime_error. Thread-safe.
class TcpProxy {
 public:
  enum class Cut {
    kNone,
    kBefore,  ///< what the client said does not arrive
    kAfter,   ///< it arrives and is done; the answer does not, and both sides see the end
  };
  /// Asked about each piece that a client sends.
  using Judge = std::function<Cut(std::string_view)>;

  /// Forwards to a unix socket.
  explicit TcpProxy(std::string socket_path);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const;
  void Set(Judge judge);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hubmirror::testing
