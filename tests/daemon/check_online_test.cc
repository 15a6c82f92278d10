#include "daemon/cli/check_online.h"

#include <doctest/doctest.h>

#include "daemon/cli/doctor/doctor.h"
#include "hubspot/read/reference_reader.h"
#include "model/portal/custom_type.h"
#include "support/fake_hubspot.h"

namespace hubmirror {
namespace {

/// Of deals one pipeline with two stages.
class Pipelines final : public ReferenceSource {
 public:
  Result<ReferencePage, ApiError> ReadReference(const ReferenceRequest& request) override {
    uint64_t replaced = 0;
    if (request.kind == ReferenceKind::kObjectTypes && !types.empty()) {
      return ReadReferencePage(types, request, replaced);
    }
    if (request.kind != ReferenceKind::kPipelines) {
      return ApiError{.kind = ApiErrorKind::kForbidden, .message = "no"};
    }
    return ReadReferencePage(
        R"({"results":[{"id":"default","label":"Sales","stages":[{"id":"won"},{"id":"lost"}]}]})",
        request, replaced);
  }
  std::string types;  ///< the answer about custom types
};

struct Portal {
  testing::FakeClock clock;
  testing::FakeHubSpot hubspot{clock};
  Pipelines references;
  std::vector<WebhookPlan> webhooks;
  PortalPlan plan{.key = "acme", .streams = {{.object = *FindObjectType("contacts")}}};

  Portal() {
    hubspot.definitions = {{.name = "email", .data_sensitivity = "non_sensitive"},
                           {.name = "phone", .data_sensitivity = "non_sensitive"}};
    hubspot.Put(1, {{"email", "a@b.c"}, {"hs_hidden", "x"}});
  }

  std::string Check() {
    std::string text;
    for (const ConfigProblem& problem : CheckOnline(hubspot, references, plan, webhooks).problems) {
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

TEST_CASE("config check online: what a custom type cannot be made without must be mirrored") {
  Portal portal;
  portal.references.types =
      R"({"results":[{"objectTypeId":"2-7","name":"pets","fullyQualifiedName":"p1_pets",
      "requiredProperties":["email","phone","tag","key"]}]})";
  StreamPlan& pets = portal.plan.streams[0];
  pets.object = *AskedCustomType("p1_pets");
  pets.write.create = true;
  pets.write.key_property = "key";
  portal.hubspot.definitions.push_back({.name = "key",
                                        .type = "string",
                                        .data_sensitivity = "non_sensitive",
                                        .has_unique_value = true});
  pets.selection.exclude = {"phone"};
  const std::string said =
      "portals.acme.write.objects.pets.create: lets records be made, which "
      "HubSpot makes none of without ";
  const std::string next =
      ", which is not mirrored; mirror that property, no longer require it in "
      "HubSpot, or remove this\n";
  CHECK(portal.Check() == said + "phone" + next + said + "tag" + next);
  pets.write.create = false;
  CHECK(portal.Check().empty());
}

TEST_CASE("config check online: that HubSpot does not answer is said, and no reason to complain") {
  Portal portal;
  portal.plan.streams[0].columns = {"emial"};
  portal.hubspot.errors = {{.kind = ApiErrorKind::kForbidden, .message = "no scope"}};
  const OnlineCheck check =
      CheckOnline(portal.hubspot, portal.references, portal.plan, portal.webhooks);
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
  const OnlineCheck check =
      CheckOnline(portal.hubspot, portal.references, portal.plan, portal.webhooks);
  REQUIRE(check.problems.size() == 1);
  CHECK(check.problems[0].what == "HubSpot could not be asked: token refused");
  CHECK(check.next == check.problems[0].next);
}

/// A portal of deals, whose webhook `won` has one rule.
struct PortalWithRule : Portal {
  explicit PortalWithRule(WebhookRule rule) {
    plan.streams[0].object = *FindObjectType("deals");
    hubspot.definitions = {
        {.name = "dealstage", .type = "enumeration", .data_sensitivity = "non_sensitive"},
        {.name = "dealtype",
         .type = "enumeration",
         .data_sensitivity = "non_sensitive",
         .options = {{.value = "newbusiness"}, {.value = "existingbusiness"}}},
        {.name = "amount", .type = "number", .data_sensitivity = "non_sensitive"},
        {.name = "old", .data_sensitivity = "non_sensitive", .archived = true}};
    webhooks = {{.name = "won", .when = {std::move(rule)}}};
  }
};

TEST_CASE("config check online: a rule that some entry can fit is good") {
  const WebhookRule rules[] = {
      {},
      {.object = "associations", .op = {"loaded"}},
      {.changed = {"amount", "dealtype"}},
      {.object = "deals", .property = "dealstage", .from = {""}, .to = {"won"}},
      {.object = "deals", .property = "dealstage", .to = {"lost"}, .pipeline = "default"},
      {.object = "deals", .property = "dealtype", .to = {"newbusiness;existingbusiness"}},
      {.object = "deals", .property = "amount", .to = {"5"}}};
  for (const WebhookRule& rule : rules) CHECK(PortalWithRule(rule).Check() == "");
}

TEST_CASE("config check online: a rule that no entry can ever fit is named, with what was meant") {
  const auto said = [](WebhookRule rule) {
    const std::string text = PortalWithRule(std::move(rule)).Check();
    const std::string path = "portals.acme.feed.webhooks.won: names ";
    CHECK(text.starts_with(path));
    return text.substr(std::min(path.size(), text.size()));
  };
  const std::string correct = "correct the name, or remove it";
  CHECK(said({.object = "deals", .changed = {"amuont"}}) ==
        "amuont, which is no property of deals; did you mean amount? " + correct + "\n");
  CHECK(said({.changed = {"old"}}) == "old, which is no property of any object; " + correct + "\n");
  CHECK(said({.object = "deals", .property = "dealstage", .to = {"wonn"}}) ==
        "wonn, which dealstage never is; did you mean won? " + correct + "\n");
  CHECK(said({.object = "deals", .property = "dealtype", .from = {"newbusines"}}) ==
        "newbusines, which dealtype never is; did you mean newbusiness? " + correct + "\n");
  CHECK(said({.object = "deals", .pipeline = "defualt"}) ==
        "the pipeline defualt, which deals does not have; did you mean default? " + correct + "\n");
}

TEST_CASE("config check online: a custom type that is not mirrored is named, where HubSpot knows") {
  PortalWithRule portal({.object = "deal"});
  CHECK(portal.Check() == "");
  portal.plan.custom_asked = {"p1_pets"};
  CHECK(portal.Check() ==
        "portals.acme.feed.webhooks.won: names the object deal, which is not mirrored; did you "
        "mean deals? correct the name, or remove it, or add it to the portal's objects\n");
}

TEST_CASE("config check online: a rule for what stays out of the feed is named") {
  PortalWithRule portal({.object = "deals", .changed = {"amount"}});
  portal.plan.feed.exclude = {"am*"};
  CHECK(portal.Check() ==
        "portals.acme.feed.webhooks.won: names amount, which feed.properties.exclude leaves out; "
        "take it out of one of the two\n");
}

TEST_CASE("config check online: nothing is said of a rule where HubSpot did not answer") {
  PortalWithRule portal({.object = "*", .changed = {"amuont"}});
  portal.plan.streams.push_back({.object = *FindObjectType("companies")});
  portal.hubspot.errors = {{.kind = ApiErrorKind::kForbidden, .message = "no scope"}};
  CHECK(portal.Check().find("amuont") == std::string::npos);
}

TEST_CASE("config check online: what may be written must be there, and not be calculated") {
  Portal portal;
  portal.hubspot.definitions[1].calculated = true;
  portal.plan.streams[0].write.update = {"e*", "phone", "lead_scor"};
  CHECK(
      portal.Check() ==
      "portals.acme.write.objects.contacts.update: names phone, which HubSpot calculates; remove "
      "it: nobody can write it\n"
      "portals.acme.write.objects.contacts.update: names lead_scor, which no property of contacts "
      "fits; correct the name, or make the property in HubSpot\n");
}

TEST_CASE("config check online: what records are known by must be there, unique and a text") {
  Portal portal;
  ObjectWritePlan& write = portal.plan.streams[0].write;
  write.create = true;
  write.key_property = "hubmirror_key";
  const auto doctor = [&] {
    const Findings findings =
        ExamineProperties(portal.hubspot, portal.plan, portal.clock.WallNow());
    for (const Finding& finding : findings.list()) {
      if (finding.check == "named properties") return finding.said;
    }
    return std::string();
  };
  const std::string path = "portals.acme.write.objects.contacts.key_property: ";
  const std::string missing =
      "names hubmirror_key, which contacts does not have: rows that make records are refused";
  CHECK(portal.Check() == path + missing + "; `hubmirror write setup acme/contacts` makes it\n");
  CHECK(doctor() == "key_property of contacts " + missing);

  portal.hubspot.definitions.push_back(
      {.name = "hubmirror_key", .type = "string", .data_sensitivity = "non_sensitive"});
  CHECK(portal.Check().starts_with(
      path + "names hubmirror_key, which cannot be the key: its values need not be unique; "));
  portal.hubspot.definitions.back().has_unique_value = true;
  CHECK(portal.Check().empty());
  portal.hubspot.definitions.back().archived = true;
  CHECK(portal.Check().starts_with(path + missing));
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
