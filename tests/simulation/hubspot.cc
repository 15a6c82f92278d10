#include "simulation/hubspot.h"

#include <algorithm>
#include <exception>

#include "base/check.h"
#include "simulation/crew.h"

namespace hubmirror::simulation {
namespace {

using namespace std::chrono_literals;
using simulated_portal::Delivery;
using simulated_portal::HttpResponse;

/// A request's deadline in the daemon.
constexpr auto kDeadline = 25s;

/// A request on its way whose sender dies: it arrives all the same.
class OnItsWay {
 public:
  explicit OnItsWay(std::function<void()> arrive) : arrive_(std::move(arrive)) {}
  ~OnItsWay() {
    if (std::uncaught_exceptions() > unwinding_) arrive_();
  }
  OnItsWay(const OnItsWay&) = delete;
  OnItsWay& operator=(const OnItsWay&) = delete;

 private:
  const std::function<void()> arrive_;
  const int unwinding_ = std::uncaught_exceptions();
};

simulated_portal::ParsedRequest Parse(const std::string& method, const std::string& target,
                                      const std::string& token, const std::string& body) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: portal\r\n";
  if (!token.empty()) text += "Authorization: Bearer " + token + "\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  auto parsed = simulated_portal::ParseRequest(text);
  CHECK_THAT(parsed.state == simulated_portal::ParsedRequest::State::kComplete);
  return parsed;
}

/// After it was handed over.
HttpFailure Failure(HttpFailure::Kind kind, const char* message) {
  return {.kind = kind, .message = message, .left = true};
}

}  // namespace

HubSpot::HubSpot(const simulated_portal::PortalSettings& settings, const VirtualClock& clock)
    : clock_(clock),
      api_(portals_, stats_, "2026-09"),
      control_(portals_, stats_, [](std::string&) {}) {
  simulated_portal::PortalSettings ours = settings;
  ours.tokens = {{token, simulated_portal::AllScopes()}};
  portals_.push_back(std::make_unique<simulated_portal::Portal>(
      ours, clock.TrueTime().time_since_epoch().count()));
}

simulated_portal::Instant HubSpot::Now() const {
  return portals_.front()->Now(clock_.TrueTime().time_since_epoch().count());
}

HttpResponse HubSpot::Answer(const std::string& method, const std::string& target,
                             const std::string& bearer, const std::string& body) {
  portal().CatchUp(Now());
  const int64_t now = clock_.TrueTime().time_since_epoch().count();
  api_.DoLateWork(now);
  return api_.Answer(Parse(method, target, bearer, body).request, now);
}

std::string HubSpot::Truth(const std::string& target) {
  const int64_t now = clock_.TrueTime().time_since_epoch().count();
  api_.DoLateWork(now);
  const HttpResponse response =
      control_.Answer(Parse("GET", "/_control/" + target, "", "").request, now);
  CHECK_THAT(response.status == 200);
  return response.body;
}

void HubSpot::Change(const std::string& what, const std::string& body) {
  control_.Answer(Parse("POST", "/_control/" + what, "", body).request,
                  clock_.TrueTime().time_since_epoch().count());
}

std::chrono::milliseconds Wires::Draw(std::chrono::milliseconds most) {
  if (random_.Fraction() < latency_.slow_share) most = latency_.slow;
  return std::chrono::milliseconds(
      static_cast<int64_t>(random_.Fraction() * static_cast<double>(most.count() + 1)));
}

HttpResponse Wires::Arrive(const ClientRequest& request) {
  HttpResponse response = hubspot_.Answer(request.body.empty() ? "GET" : "POST", request.target,
                                          request.bearer.Reveal(), request.body);
  witness_(request, response);
  return response;
}

Result<ClientAnswer, HttpFailure> Wires::Send(const ClientRequest& request) {
  if (request.once && clock_.BootNow() > request.once->leave_by) {
    return HttpFailure{.message = "it is too late to send what was claimed"};
  }
  const Instant deadline =
      clock_.Now() + (request.once ? Duration(request.once->deadline) : Duration(kDeadline));
  const auto arrives_after = Draw(latency_.there);
  const auto comes_after = Draw(latency_.back);
  {
    // Every other one is lost with its sender.
    const bool arrives = request.once && arrives_after.count() % 2 == 1;
    const OnItsWay way([&] {
      if (arrives) Arrive(request);
    });
    Crew::WaitUntil(std::min(deadline, clock_.Now() + arrives_after));
  }
  if (clock_.Now() >= deadline) return Failure(HttpFailure::Kind::kTimeout, "no answer in time");

  HttpResponse response = Arrive(request);
  ClientAnswer answer{.status = response.status, .headers = {}, .body = std::move(response.body)};
  answer.wire_bytes = answer.body.size();
  const auto add = [&](std::string name, std::string value) {
    if (response.lower_case_names) {
      std::ranges::transform(name, name.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
      });
    }
    answer.headers.emplace_back(std::move(name), std::move(value));
  };
  simulated_portal::Instant date = response.date.value_or(hubspot_.Now());
  if (misdated_ > 0) {
    --misdated_;
    date += misdated_by_.count();
  }
  add("Date", simulated_portal::FormatHttpDate(date));
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) add(name, value);

  Duration way = comes_after + std::chrono::milliseconds(response.delay);
  if (response.delivery == Delivery::kDrip || response.delivery == Delivery::kHang) {
    way += std::chrono::milliseconds(response.spread);
  }
  Crew::WaitUntil(std::min(deadline, clock_.Now() + way));
  if (clock_.Now() >= deadline) return Failure(HttpFailure::Kind::kTimeout, "no answer in time");
  switch (response.delivery) {
    case Delivery::kWhole:
    case Delivery::kCloseAfter:
    case Delivery::kDrip:
      return answer;
    case Delivery::kHalf:
      return Failure(HttpFailure::Kind::kDecode, "the answer is cut off");
    case Delivery::kNothing:
    case Delivery::kReset:
    case Delivery::kHang:
      break;
  }
  return Failure(HttpFailure::Kind::kConnect, "the connection was closed without an answer");
}

}  // namespace hubmirror::simulation
