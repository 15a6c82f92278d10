#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "telemetry/http/http_listener.h"
#include "telemetry/http/request_guard.h"
#include "telemetry/telemetry.h"

namespace hubmirror {

/// The local port: page, checks, metrics and status documents on loopback, read-only. Runs on its
/// own thread, `web`, from Start until it is destroyed.
class StatusServer {
 public:
  struct Options {
    std::string listen = "127.0.0.1:9437";   ///< port 0: any free one
    std::vector<std::string> allowed_hosts;  ///< names beside localhost and loopback addresses
    HttpLimits limits;
  };

  /// Opens the port and begins to answer. `telemetry` and `clock` must outlive it.
  static Result<std::unique_ptr<StatusServer>, ListenError> Start(const Options& options,
                                                                  Telemetry& telemetry,
                                                                  const Clock& clock);
  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;

  /// Where it listens, as `127.0.0.1:9437`; the port is the real one.
  std::string address() const { return FormatAddress(listener_->address()); }

 private:
  StatusServer(const Options& options, Telemetry& telemetry);

  HttpResponse Answer(const Result<HttpRequest, HttpRefusal>& request);
  HttpResponse Refuse(const HttpRefusal& refusal);

  Telemetry& telemetry_;
  const RequestGuard guard_;
  const std::string policy_;
  std::unique_ptr<HttpListener> listener_;
  std::jthread thread_;  ///< last: it is joined before what it uses goes
};

}  // namespace hubmirror
