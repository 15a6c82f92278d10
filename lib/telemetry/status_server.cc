#include "telemetry/status_server.h"

#include "base/named_thread.h"
#include "telemetry/page/page_assets.h"
#include "telemetry/status_routes.h"

namespace hubmirror {

Result<std::unique_ptr<StatusServer>, ListenError> StatusServer::Start(const Options& options,
                                                                       Telemetry& telemetry,
                                                                       const Clock& clock) {
  const auto address = ParseListenAddress(options.listen);
  if (!address) {
    return ListenError{ListenError::Kind::kBadAddress,
                       "web.listen must be a loopback address and a port, such as 127.0.0.1:9437"};
  }
  std::unique_ptr<StatusServer> server(new StatusServer(options, telemetry));
  auto listener = HttpListener::Open(
      *address, options.limits, clock,
      [self = server.get()](const auto& request) { return self->Answer(request); },
      [&telemetry] { telemetry.CountWebRejection("rate"); });
  if (!listener) return listener.error();
  server->listener_ = std::move(*listener);
  server->thread_ = StartThread("web", [self = server.get()](std::stop_token stop) {
    self->listener_->Run(std::move(stop));
  });
  return server;
}

StatusServer::StatusServer(const Options& options, Telemetry& telemetry)
    : telemetry_(telemetry), guard_(options.allowed_hosts), policy_(ContentSecurityPolicy()) {}

HttpResponse StatusServer::Answer(const Result<HttpRequest, HttpRefusal>& request) {
  if (!request) return Refuse(request.error());
  if (const auto refusal = guard_.Refuses(*request)) return Refuse(*refusal);
  RoutedResponse routed = Route(*request, telemetry_);
  telemetry_.CountWebRequest(routed.route, routed.response.status);
  routed.response.headers.emplace_back("Content-Security-Policy", policy_);
  return std::move(routed.response);
}

HttpResponse StatusServer::Refuse(const HttpRefusal& refusal) {
  telemetry_.CountWebRejection(refusal.reason);
  HttpResponse response = ResponseTo(refusal);
  response.headers.emplace_back("Content-Security-Policy", policy_);
  return response;
}

}  // namespace hubmirror
