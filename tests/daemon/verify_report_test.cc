#include "daemon/cli/portal/verify_report.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "base/digest.h"
#include "model/store/verify.h"

using namespace hubmirror;
using namespace std::chrono_literals;

namespace {

constexpr const char* kAnswer = R"({"result":"problem","code":1,"message":"acme/contacts: ...",
  "verified":{"deals":{"stale":0,"checked":7,"missing":0,"extra":0,"different":0,"findings":[]},
  "contacts":{"checked":3,"missing":0,"extra":0,"different":1,"stale":0,"left":1,
  "findings":[{"kind":"different","id":42,"properties":["email","straße"]}]}}})";

VerifyAsked Asked() {
  return {.program = "hubmirror 1.2.3",
          .target = "acme",
          .asked_at = TimePoint(1'767'225'600'000ms),
          .answered_at = TimePoint(1'767'225'660'000ms)};
}

/// What stands behind `"report":`, to the end of the object.
std::string CanonicalIn(const std::string& file) {
  const size_t at = file.find("\"report\":");
  REQUIRE(at != std::string::npos);
  return file.substr(at + 9, file.size() - (at + 9) - 2);
}

}  // namespace

TEST_CASE("verify report: sorted, without white space, and its digest is that of its bytes") {
  const std::string file = VerifyReportText(Asked(), kAnswer).value();
  const std::string form = CanonicalIn(file);

  CHECK(form.starts_with(R"({"answered_at":"2026-01-01T00:01:00.000Z","asked_at":)"));
  CHECK(form.find(R"("equal":false)") != std::string::npos);
  CHECK(form.find(R"("objects":{"contacts":{"checked":3,"different":1,"extra":0,"findings":[)"
                  R"({"id":42,"kind":"different","properties":["email","straße"]}],"left":1,)"
                  R"("missing":0,"stale":0},"deals":{"checked":7,)") != std::string::npos);
  CHECK(form.find("message") == std::string::npos);
  CHECK(file.find("\"hex\":\"" + Sha256Hex(form) + "\"") != std::string::npos);
}

TEST_CASE("verify report: the same comparison has the same digest, another has another") {
  const std::string file = VerifyReportText(Asked(), kAnswer).value();
  CHECK(VerifyReportText(Asked(), kAnswer).value() == file);
  VerifyAsked other = Asked();
  other.repair = true;
  CHECK(VerifyReportText(other, kAnswer).value() != file);
}

TEST_CASE("verify report: without a difference it says equal") {
  const auto file = VerifyReportText(
      Asked(), R"({"verified":{"deals":{"missing":0,"extra":0,"different":0,"stale":0}}})");
  CHECK(file.value().find(R"("equal":true)") != std::string::npos);
}

TEST_CASE("verify report: an answer without a comparison makes none") {
  CHECK_FALSE(VerifyReportText(Asked(), R"({"result":"try_later","code":75})"));
  CHECK_FALSE(VerifyReportText(Asked(), "nonsense"));
  CHECK_FALSE(VerifyReportText(Asked(), ""));
}

TEST_CASE("verify report: what the daemon says in words counts as people write it") {
  VerifyReport report{.checked = 27'600, .different = 1, .repaired = 1};
  report.Note(VerifyFinding::Kind::kDifferent, RecordId{42}, {"email", "city"});

  CHECK(report.Text() ==
        "27,600 checked, 0 missing, 0 extra, 1 different, 0 stale; 1 repaired, 0 left\n"
        "  different 42: email, city");
}
