#include "support/portal_process.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "compare/truth_reader.h"
#include "support/http_json.h"

namespace hubmirror::testing {
namespace {

TEST_CASE("portal process: what a test does to the portal shows in its truth") {
  PortalProcess portal({.seed = 3, .records = 200});
  compare::TruthReader truth(portal.url(), 1234567);
  CHECK(truth.Definitions("contacts").size() > 100);

  const std::string id =
      portal.Mutate(R"({"object":"contacts","kind":"create","properties":{"firstname":"Ada"}})");

  truth.Begin("contacts");
  bool found = false;
  while (const auto record = truth.Next()) {
    if (std::to_string(record->id) != id) continue;
    found = true;
    CHECK(record->Raw("firstname") == "Ada");
    CHECK(record->state == compare::RecordState::kLive);
    CHECK_FALSE(record->read);
  }
  CHECK(found);
}

TEST_CASE("portal process: requests and violations are counted") {
  PortalProcess portal({.records = 200});
  CHECK(portal.LimitViolations().total() == 0);

  CHECK(HttpGet(portal.url(), "/crm/objects/2026-09/contacts").status == 401);
  CHECK(portal.Requests("list contacts") == 1);
  CHECK(portal.Requests("list contacts", 200) == 0);

  portal.ResetStats();
  CHECK(portal.Requests("list") == 0);
}

TEST_CASE("portal process: a wrong wish is an error with the portal's words") {
  const PortalProcess portal({.records = 200});

  CHECK_THROWS_AS(portal.Mutate(R"({"object":"contacts","kind":"explode"})"), std::runtime_error);
}

}  // namespace
}  // namespace hubmirror::testing
