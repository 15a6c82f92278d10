#pragma once

#include <condition_variable>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "base/result.h"
#include "base/secret.h"

namespace hubmirror {

/// Waits on 127.0.0.1 for the browser that HubSpot sends back with a code. For the command line; it
/// owns one thread while it lives, which waits for sockets and never for a visitor: each has 2 s
/// and 8 KiB for a request, and if there are too many, the oldest is dropped. Thread-safe.
class RedirectListener {
 public:
  /// Listens from here on; port 0 picks a free one. Throws std::runtime_error when the port is
  /// taken. Redirects with another `state` are refused and do not end the waiting.
  RedirectListener(int port, std::string state);
  ~RedirectListener();
  RedirectListener(const RedirectListener&) = delete;
  RedirectListener& operator=(const RedirectListener&) = delete;

  /// `http://localhost:PORT/callback`: what the app must allow.
  const std::string& redirect_uri() const { return redirect_uri_; }

  /// The code, or in words why there will be none. Empty when `stop` was requested before.
  std::optional<Result<Secret, std::string>> Wait(std::stop_token stop);

 private:
  struct Visitor;

  void Serve(const std::stop_token& stop);
  /// Whether the visitor has been served.
  bool Hear(Visitor& visitor);
  void Reply(const Visitor& visitor);
  bool Take(const std::string& target);

  const std::string state_;
  std::string redirect_uri_;
  const int listener_;
  const int wake_;
  Mutex mutex_;
  std::condition_variable_any arrived_;
  std::optional<Result<Secret, std::string>> outcome_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace hubmirror
