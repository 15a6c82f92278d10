#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hubspot/api_client.h"
#include "hubspot/auth/static_token.h"
#include "hubspot/scripted_transport.h"
#include "support/fake_clock.h"

namespace hubmirror {

using testing::FakeClock;
using testing::ScriptedTransport;

class ExchangeList final : public ExchangeObserver {
 public:
  void OnExchange(const Exchange& exchange) override { all.push_back(exchange); }
  std::vector<Exchange> all;
};

/// One portal whose HubSpot answers by script.
struct ApiClientFixture {
  ScriptedTransport hubspot;
  FakeClock clock;
  SourceClock source_clock;
  ExchangeList exchanges;
  StaticToken token{[] { return Secret("pat-na1-x"); }};
  ApiClient client{{.key = "acme", .version = "2026-09", .base = {.host = "api.hubapi.com"}},
                   Wire{hubspot, clock, source_clock},
                   token,
                   exchanges};
  ObjectType contacts = *FindObjectType("contacts");

  PropertySetPtr Set(std::vector<std::string> names) {
    return std::make_shared<const PropertySet>(std::move(names));
  }
  /// Names that fill a URL to the limit.
  PropertySetPtr WideSet() {
    std::vector<std::string> names;
    for (int i = 0; i < 1000; ++i) names.push_back("a_property_" + std::to_string(10'000 + i));
    return Set(std::move(names));
  }
};

}  // namespace hubmirror
