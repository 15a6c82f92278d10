#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "endpoints/api.h"
#include "faults/control.h"
#include "http/http_transport.h"
#include "simulation/virtual_clock.h"

namespace hubmirror::simulation {

/// How long requests and answers are on their way: evenly between nothing and this.
struct Latency {
  std::chrono::milliseconds there{50};
  std::chrono::milliseconds back{250};
  double slow_share = 0;  ///< takes up to `slow` instead, each way
  std::chrono::milliseconds slow{0};
};

/// The simulated portal without its sockets: one account, asked by function calls. Used by whoever
/// has the baton.
class HubSpot {
 public:
  HubSpot(const simulated_portal::PortalSettings& settings, const VirtualClock& clock);

  simulated_portal::Portal& portal() { return *portals_.front(); }
  /// The portal's time, in its own unit.
  simulated_portal::Instant Now() const;
  simulated_portal::HttpResponse Answer(const std::string& method, const std::string& target,
                                        const std::string& token, const std::string& body);
  /// What the portal itself says, as `/_control/...` does.
  std::string Truth(const std::string& target);
  void Change(const std::string& what, const std::string& body);

  std::string token = "pat-na1-simulation";

 private:
  const VirtualClock& clock_;
  simulated_portal::Portals portals_;
  simulated_portal::TrafficStats stats_;
  simulated_portal::Api api_;
  simulated_portal::Control control_;
};

/// The way to it: a request is answered as the portal is when it arrives, and its answer, or that
/// there is none, comes later.
class Wires final : public HttpTransport {
 public:
  /// Told of every request that the portal answered, with what became of it.
  using Witness = std::function<void(const ClientRequest&, const simulated_portal::HttpResponse&)>;
  Wires(HubSpot& hubspot, const VirtualClock& clock, Latency latency, uint64_t seed,
        Witness witness)
      : hubspot_(hubspot),
        clock_(clock),
        latency_(latency),
        random_(seed),
        witness_(std::move(witness)) {}

  Result<ClientAnswer, HttpFailure> Send(const ClientRequest& request) override;
  /// The next answers bear a `Date` that is wrong by so much.
  void MisdateNext(int64_t answers, std::chrono::milliseconds by) {
    misdated_ = answers;
    misdated_by_ = by;
  }

 private:
  std::chrono::milliseconds Draw(std::chrono::milliseconds most);
  simulated_portal::HttpResponse Arrive(const ClientRequest& request);

  HubSpot& hubspot_;
  const VirtualClock& clock_;
  const Latency latency_;
  Random random_;
  const Witness witness_;
  int64_t misdated_ = 0;
  std::chrono::milliseconds misdated_by_{0};
};

}  // namespace hubmirror::simulation
