#pragma once

#include <functional>
#include <string>

#include "endpoints/oauth_endpoints.h"
#include "faults/traffic_stats.h"
#include "http/http_message.h"

namespace simulated_portal {

/// `/_control/...`: how tests change the portals and read back the truth. Owned by one thread;
/// refers to the portals and the stats.
class Control {
 public:
  /// `traffic` appends what only the server knows: `"bytes_sent":1,` and the like.
  using Traffic = std::function<void(std::string& out)>;
  Control(Portals& portals, TrafficStats& stats, Traffic traffic)
      : portals_(portals), stats_(stats), traffic_(std::move(traffic)) {}

  static bool IsControl(const HttpRequest& request) {
    return request.path.starts_with("/_control/");
  }
  HttpResponse Answer(const HttpRequest& request, Instant wall_now);
  /// Lets all scripts make the changes due by now.
  void StepScripts(Instant wall_now);

 private:
  HttpResponse Get(const HttpRequest& request, Instant wall_now);
  std::string Post(const std::string& what, const HttpRequest& request, Instant wall_now);
  HttpResponse Truth(const HttpRequest& request, const std::string& portal,
                     const std::string& object);
  std::string Stats();
  std::string ListPortals() const;
  std::string Quiet(Instant wall_now);
  Portal& Find(const std::string& portal_id);

  Portals& portals_;
  TrafficStats& stats_;
  Traffic traffic_;
};

}  // namespace simulated_portal
