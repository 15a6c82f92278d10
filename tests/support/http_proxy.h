#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace hubmirror::testing {

/// Stands between a daemon and its portal, and may change what the portal answers: whatever a
/// server, a cache or a firewall could do to an answer. Serves on loopback from threads of its own.
/// Failures throw std::runtime_error. Thread-safe.
class HttpProxy {
 public:
  struct Asked {
    std::string method;
    std::string path;  ///< with its query
    std::string body;
  };
  struct Answer {
    int status = 0;
    std::map<std::string, std::string> headers;  ///< names in small letters
    std::string body;
    bool without_length = false;  ///< no Content-Length: in chunks
  };
  /// Runs in the thread of its request.
  using Meddle = std::function<void(const Asked&, Answer&)>;
  struct Tls {
    std::string certificate_file;
    std::string key_file;
  };

  struct Options {
    std::optional<Tls> tls = {};
    int port = 0;                       ///< 0: a free one
    std::string address = "127.0.0.1";  ///< of loopback
  };

  /// Listens at once. Requests wait until ForwardTo was called.
  HttpProxy() : HttpProxy(Options{}) {}
  explicit HttpProxy(const Options& options);
  ~HttpProxy();
  HttpProxy(const HttpProxy&) = delete;
  HttpProxy& operator=(const HttpProxy&) = delete;

  int port() const;
  /// `http://127.0.0.1:PORT`; with TLS `https://localhost:PORT`, as its certificate is for a name.
  std::string url() const;
  void ForwardTo(const std::string& portal_url);
  /// From now on each answer goes through it; nullptr: as it is.
  void Set(Meddle meddle);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hubmirror::testing
