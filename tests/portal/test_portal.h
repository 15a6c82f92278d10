#pragma once

#include <rapidjson/document.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "endpoints/api.h"
#include "faults/control.h"

namespace simulated_portal {

/// A small portal with its API and control endpoint, without a network and with a clock that tests
/// move. Contacts only, unless records say otherwise.
class TestPortal {
 public:
  using SwitchList = std::vector<std::pair<std::string, std::string>>;
  explicit TestPortal(SwitchList switches = {}, size_t contacts = 300);

  HttpResponse Get(const std::string& target) { return Send("GET", target, ""); }
  HttpResponse Post(const std::string& target, const std::string& body) {
    return Send("POST", target, body);
  }
  HttpResponse Send(const std::string& method, const std::string& target, const std::string& body);

  Portal& portal() { return *portals_.front(); }
  CrmObject& contacts() { return portal().objects[kContacts]; }
  [[nodiscard]] std::string Stats();

  Instant now = 1'790'000'000'000;
  std::string token = "pat-na1-test";
  int number_on_connection = 0;
  std::string more_headers;  ///< whole lines, with their ends

 private:
  static PortalSettings Settings(SwitchList switches, size_t contacts);

  Portals portals_;
  TrafficStats stats_;
  Api api_;
  Control control_;
};

rapidjson::Document ParseAnswer(const HttpResponse& response);
/// The ids of `results`, in order.
std::vector<RecordId> IdsOf(const HttpResponse& response);
/// `paging.next.after`, or "".
std::string AfterOf(const HttpResponse& response);
std::string HeaderOf(const HttpResponse& response, const std::string& name);

}  // namespace simulated_portal
