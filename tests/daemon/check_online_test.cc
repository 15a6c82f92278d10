#include "daemon/cli/check_online.h"

#include <doctest/doctest.h>

#include "daemon/cli/doctor/doctor.h"
#include "support/fake_hubspot.h"

namespace hubmirror {
namespace {

class NoReferences final : public ReferenceSource {
 public:
  Result<ReferencePage, ApiError> ReadReference(const ReferenceRequest&) override {
    return ApiError{.kind = ApiErrorKind::kForbidden, .message = "no"};
  }
};

struct Portal {
  testing::FakeClock clock;
  testing::FakeHubSpot hubspot{clock};
  NoReferences references;
  PortalPlan plan{.key = "acme", .streams = {{.object = *FindObjectType("contacts")}}};

  Portal() {
    hubspot.definitions = {{.name = "email", .data_sensitivity = "non_sensitive"},
                           {.name = "phone", .data_sensitivity = "non_sensitive"}};
    hubspot.Put(1, {{"email", "a@b.c"}, {"hs_hidden", "x"}});
  }

  std::string Check() {
    std::string text;
    for (const ConfigProblem& problem : CheckOnline(hubspot, references, plan).problems) {
      CHECK(problem.severity == Severity::kWarning);
      text += problem.path + ": " + problem.what + "; " + problem.next + "\n";
    }
    return text;
  }
};

TEST_CASE("config check online: what HubSpot answers with is good, listed or not") {
  Portal portal;
  portal.plan.streams[0].columns = {"email", "hs_hidden"};
  portal.plan.streams[0].history = {"phone"};
  CHECK(portal.Check().empty());
}

TEST_CASE(
    "config check online: portal, object, key, property, suggestion and next step are named") {
  Portal portal;
  portal.plan.streams[0].columns = {"emial"};
  const std::string expected =
      "portals.acme.objects.contacts.columns: names emial, which HubSpot does not list and no "
      "record has a value of; did you mean email? correct the name, or remove it\n";
  CHECK(portal.Check() == expected);
}

TEST_CASE("config check online: a list of the portal must fit some object, not every one") {
  Portal portal;
  portal.plan.streams[0].selection.hash = {"email", "zzz"};
  portal.plan.streams[0].shared_lists = {"properties.hash"};
  CHECK(portal.Check() ==
        "portals.acme.properties.hash: names zzz, which matches no property of any object; correct "
        "the name, or remove it\n");
}

TEST_CASE("config check online: that HubSpot does not answer is said, and no reason to complain") {
  Portal portal;
  portal.plan.streams[0].columns = {"emial"};
  portal.hubspot.errors = {{.kind = ApiErrorKind::kForbidden, .message = "no scope"}};
  const OnlineCheck check = CheckOnline(portal.hubspot, portal.references, portal.plan);
  CHECK_FALSE(check.next.empty());
  REQUIRE(check.problems.size() == 1);
  CHECK(check.problems[0].what == "HubSpot could not be asked: no scope");
}

TEST_CASE("config check online: what is about no single type is said once, with its next step") {
  Portal portal;
  portal.plan.streams.push_back(portal.plan.streams[0]);
  portal.plan.streams[1].object = *FindObjectType("companies");
  const ApiError refused{.kind = ApiErrorKind::kUnauthorized, .message = "token refused"};
  portal.hubspot.errors = {refused, refused};
  const OnlineCheck check = CheckOnline(portal.hubspot, portal.references, portal.plan);
  REQUIRE(check.problems.size() == 1);
  CHECK(check.problems[0].what == "HubSpot could not be asked: token refused");
  CHECK(check.next == check.problems[0].next);
}

TEST_CASE("doctor: a named property that HubSpot does not answer with is looked at") {
  Portal portal;
  const auto found = [&] {
    const Findings findings =
        ExamineProperties(portal.hubspot, portal.plan, portal.clock.WallNow());
    for (const Finding& finding : findings.list()) {
      if (finding.check == "named properties") return finding;
    }
    return Finding{};
  };
  CHECK(found().verdict == Finding::Verdict::kGood);
  CHECK_FALSE(found().said.empty());
  portal.plan.streams[0].history = {"emial"};
  CHECK(found().verdict == Finding::Verdict::kLook);
  CHECK(
      found().said ==
      "history of contacts names emial, which HubSpot does not list and no record has a value of");
  CHECK(found().fix == "did you mean email? correct the name, or remove it");
}

}  // namespace
}  // namespace hubmirror
