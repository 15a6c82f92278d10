#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "daemon/cli/portal/portal_exam.h"
#include "support/fake_hubspot.h"

namespace hubmirror {
namespace {

using testing::FakeClock;
using testing::FakeHubSpot;

/// A portal 4711 and two object types to ask it for.
struct Exam {
  FakeClock clock;
  FakeHubSpot portal{clock};
  std::vector<ObjectType> objects = {*FindObjectType("contacts"), *FindObjectType("deals")};

  PortalFinding Run(PortalId configured = PortalId{4711}) {
    return ExaminePortal(portal, clock, configured, objects);
  }
};

ApiError Error(ApiErrorKind kind, const std::string& message,
               std::vector<std::string> scopes = {}) {
  return {.kind = kind,
          .status = 403,
          .message = message,
          .correlation_id = {},
          .retry_after = {},
          .missing_scopes = std::move(scopes)};
}

PortalFinding FindingWith(std::optional<ApiError> contacts, std::optional<ApiError> deals) {
  PortalFinding finding;
  finding.account.emplace();
  finding.account->portal_id = PortalId{4711};
  finding.objects = {{"contacts", std::move(contacts)}, {"deals", std::move(deals)}};
  return finding;
}

TEST_CASE("portal exam: a portal that answers everything passes, five requests later") {
  Exam exam;
  const PortalFinding finding = exam.Run();
  CHECK(finding.good());
  CHECK(ExitCodeOf(finding) == 0);
  CHECK(NextStepOf(finding).empty());
  CHECK(exam.portal.requests.size() == 5);
}

TEST_CASE("portal exam: every search waits, the first one for those of the command before") {
  Exam exam;
  const Instant began = exam.clock.Now();
  CHECK(exam.Run().good());
  CHECK(exam.clock.Now() - began == std::chrono::milliseconds(800));
}

TEST_CASE("portal exam: nothing of a foreign portal is looked at") {
  Exam exam;
  const PortalFinding finding = exam.Run(PortalId{99});
  CHECK(finding.wrong_portal);
  CHECK(exam.portal.requests.size() == 1);
  CHECK(ExitCodeOf(finding) == 1);
  CHECK(NextStepOf(finding) == "set portal_id to 4711, or store the token of the right portal");
}

TEST_CASE("portal exam: a refused token ends it with what to do") {
  Exam exam;
  exam.portal.errors.push_back(Error(ApiErrorKind::kUnauthorized, "the token is refused"));
  const PortalFinding finding = exam.Run();
  CHECK_FALSE(finding.account);
  CHECK(ExitCodeOf(finding) == 1);
  CHECK(PortalFindingText(finding, "acme") == "acme: the token is refused\n");
  CHECK(NextStepOf(finding) == "store a token that HubSpot accepts");
}

TEST_CASE("portal exam: HubSpot out of reach is no problem of the portal") {
  Exam exam;
  exam.portal.errors.push_back(Error(ApiErrorKind::kConnect, "no connection"));
  CHECK(ExitCodeOf(exam.Run()) == 69);
}

TEST_CASE("portal exam: a missing scope is named and outweighs what passes by itself") {
  const PortalFinding finding =
      FindingWith(Error(ApiErrorKind::kServer, "502"),
                  Error(ApiErrorKind::kForbidden, "the scope is missing", {"crm.deals"}));
  CHECK(ExitCodeOf(finding) == 1);
  CHECK(NextStepOf(finding) == "add the scope crm.deals to the app or the key in HubSpot");
  const std::string text = PortalFindingText(finding, "acme");
  CHECK(text.find("  contacts     502\n  deals        the scope is missing\n") !=
        std::string::npos);
}

TEST_CASE("portal exam: what to do next fits the cause, and is to wait only where waiting helps") {
  const auto next = [](ApiErrorKind kind) {
    return NextStepOf(FindingWith(Error(kind, "refused"), std::nullopt));
  };
  const auto code = [](ApiErrorKind kind) {
    return ExitCodeOf(FindingWith(Error(kind, "refused"), std::nullopt));
  };
  CHECK(next(ApiErrorKind::kTooLarge) == "raise limits.response in the configuration");
  CHECK(code(ApiErrorKind::kTooLarge) == 1);
  CHECK(next(ApiErrorKind::kDecode).find("this answer is not HubSpot's") != std::string::npos);
  CHECK(next(ApiErrorKind::kDailyLimit).find("midnight") != std::string::npos);
  CHECK(code(ApiErrorKind::kDailyLimit) == 69);
  CHECK(next(ApiErrorKind::kNotFound).find("object's name") != std::string::npos);
  CHECK(next(ApiErrorKind::kLocked) == "try again in a minute");
}

TEST_CASE("portal exam: a cause that several objects share is said once") {
  const ApiError same = Error(ApiErrorKind::kForbidden, "the plan lacks this");
  CHECK(PortalFindingText(FindingWith(same, same), "acme")
            .ends_with("\n  contacts, deals the plan lacks this\n"));
}

TEST_CASE("portal exam: a scope that writing lacks is named, with what cannot be written") {
  PortalFinding finding = FindingWith(std::nullopt, std::nullopt);
  finding.writing.emplace();
  CHECK(finding.good());
  CHECK(PortalFindingText(finding, "acme").ends_with("\n  write scopes ok\n"));
  CHECK(PortalFindingJson(finding, "acme").find("\"missing_scopes\": []") != std::string::npos);

  finding.writing->missing = {{.scope = "crm.objects.contacts.write",
                               .objects = {"contacts", "tasks"},
                               .without = "contacts and tasks cannot be written"}};
  CHECK_FALSE(finding.good());
  CHECK(ExitCodeOf(finding) == 1);
  CHECK(PortalFindingText(finding, "acme")
            .ends_with("\n  write scopes the token lacks crm.objects.contacts.write: contacts and "
                       "tasks cannot be written\n"));
  CHECK(NextStepOf(finding).starts_with("add crm.objects.contacts.write to the app or the key"));

  // It outweighs what passes by itself.
  finding.objects[0].failure = Error(ApiErrorKind::kServer, "502");
  CHECK(ExitCodeOf(finding) == 1);
  CHECK(NextStepOf(finding).starts_with("add crm.objects.contacts.write"));
}

TEST_CASE("portal exam: what HubSpot does not say of a token is no fault of the portal") {
  PortalFinding finding = FindingWith(std::nullopt, std::nullopt);
  finding.writing.emplace();
  finding.writing->untold = "HubSpot does not say";
  CHECK(finding.good());
  CHECK(ExitCodeOf(finding) == 0);
  CHECK(PortalFindingText(finding, "acme")
            .ends_with("\n  write scopes not known: HubSpot does not say\n"));
  CHECK(finding.writing->Next() ==
        "rows that the token may not write say so: `hubmirror write status`");
}

TEST_CASE("portal exam: as JSON, the verdict counts the portal id too") {
  PortalFinding finding = FindingWith(std::nullopt, std::nullopt);
  finding.wrong_portal = true;
  const std::string json = PortalFindingJson(finding, "acme");
  CHECK(json.find("\"portal_id\": 4711") != std::string::npos);
  CHECK(json.find("\"ok\": false") != std::string::npos);
}

}  // namespace
}  // namespace hubmirror
