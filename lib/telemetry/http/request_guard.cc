#include "telemetry/http/request_guard.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "telemetry/http/listen_address.h"

namespace hubmirror {
namespace {}  // namespace

RequestGuard::RequestGuard(std::vector<std::string> allowed_hosts)
    : allowed_hosts_(std::move(allowed_hosts)) {
  for (std::string& host : allowed_hosts_) host = LowerCase(host);
}

std::optional<HttpRefusal> RequestGuard::Refuses(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    return HttpRefusal{405, "method", "only GET and HEAD; changes go through the control socket"};
  }
  const std::string authority = LowerCase(request.host);
  if (!Knows(authority)) {
    return HttpRefusal{403, "host", "unknown host name; list it in web.allowed_hosts"};
  }
  if (!request.origin) return std::nullopt;
  const std::string origin = LowerCase(*request.origin);
  if (origin == "http://" + authority || origin == "https://" + authority) return std::nullopt;
  return HttpRefusal{403, "origin", "requests from other sites are not answered"};
}

bool RequestGuard::Knows(const std::string& authority) const {
  const auto name = HostOf(authority);
  if (!name) return false;
  return *name == "localhost" || IsLoopback(*name) ||
         std::ranges::find(allowed_hosts_, *name) != allowed_hosts_.end();
}

}  // namespace hubmirror
