#include "daemon/cli/doctor/doctor.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

using namespace std::chrono;
using Verdict = Finding::Verdict;

TimePoint On(int y, unsigned m, unsigned d) {
  return TimePoint(sys_days(year(y) / month(m) / day(d)).time_since_epoch());
}

TEST_CASE(
    "doctor: a dated version is supported for 18 months, and said to end half a year before") {
  CHECK(ExamineVersion("acme", "2026-09", On(2026, 11, 27)).verdict == Verdict::kGood);
  CHECK(ExamineVersion("acme", "2026-09", On(2027, 8, 1)).verdict == Verdict::kGood);
  const Finding soon = ExamineVersion("acme", "2026-09", On(2027, 10, 1));
  CHECK(soon.verdict == Verdict::kLook);
  CHECK(soon.said.find("152 days") != std::string::npos);
  CHECK(ExamineVersion("acme", "2026-09", On(2028, 3, 1)).verdict == Verdict::kMend);
  CHECK(ExamineVersion("acme", "v3", On(2026, 11, 27)).verdict == Verdict::kSkipped);
}

ShownStatus Healthy() {
  ShownStatus status;
  status.version = "0.1.0";
  status.ready = true;
  status.portals = {{.key = "acme",
                     .portal_id = 1,
                     .daily_limit = 1000,
                     .daily_remaining = 900,
                     .streams = {{.object = "contacts", .state = "current"}}}};
  return status;
}

const Finding& Of(const Findings& findings, const std::string& check) {
  for (const Finding& finding : findings.list()) {
    if (finding.check == check) return finding;
  }
  FAIL("no such check: " << check);
  return findings.list().front();
}

TEST_CASE("doctor: what the daemon says becomes findings with a next step") {
  const Settings settings;
  const Findings healthy = ExamineDaemon(Healthy(), "", settings, "0.1.0");
  for (const Finding& finding : healthy.list()) {
    CAPTURE(finding.check);
    CHECK(finding.verdict == Verdict::kGood);
    CHECK(finding.fix.empty());
  }

  ShownStatus ill = Healthy();
  ill.database_up = false;
  ill.last_reload_accepted = false;
  ill.portals[0].daily_remaining = 100;
  ill.portals[0].streams = {{.object = "contacts", .state = "blocked", .quarantined = 2},
                            {.object = "deals", .state = "late"},
                            {.object = "tasks", .state = "failing"}};
  const Findings findings = ExamineDaemon(ill, "", settings, "0.2.0");
  CHECK(Of(findings, "version").verdict == Verdict::kLook);
  CHECK(Of(findings, "reload").verdict == Verdict::kMend);
  CHECK(Of(findings, "database").verdict == Verdict::kMend);
  CHECK(Of(findings, "streams").verdict == Verdict::kMend);
  CHECK(Of(findings, "streams").said == "waiting for a person: acme/contacts");
  CHECK(Of(findings, "errors").said == "fail: acme/tasks");
  CHECK(Of(findings, "freshness").said == "late: acme/deals");
  CHECK(Of(findings, "quota of acme").verdict == Verdict::kLook);
  CHECK(Of(findings, "quarantine").said == "2 records set aside");
  for (const Finding& finding : findings.list()) {
    CHECK((finding.verdict == Verdict::kGood) == finding.fix.empty());
  }

  const Findings away = ExamineDaemon(std::nullopt, "cannot reach the daemon", settings, "0.1.0");
  CHECK(away.list().size() == 1);
  CHECK(Of(away, "running").verdict == Verdict::kLook);
}

TEST_CASE("doctor: streams that are old are not fresh, whatever state they are in") {
  const Settings settings;
  ShownStatus status = Healthy();
  ShownStream& contacts = status.portals[0].streams[0];
  contacts.freshness_target = minutes(5);
  contacts.age = minutes(5);
  CHECK(Of(ExamineDaemon(status, "", settings, "0.1.0"), "freshness").verdict == Verdict::kGood);

  contacts.age = minutes(6);
  const Findings late = ExamineDaemon(status, "", settings, "0.1.0");
  CHECK(Of(late, "freshness").verdict == Verdict::kLook);

  contacts.age = minutes(16);
  contacts.state = "failing";
  const Findings stale = ExamineDaemon(status, "", settings, "0.1.0");
  CHECK(Of(stale, "freshness").verdict == Verdict::kMend);
  CHECK(Of(stale, "freshness").said ==
        "more than three times their freshness_target behind: acme/contacts");

  contacts.state = "paused";
  CHECK(Of(ExamineDaemon(status, "", settings, "0.1.0"), "freshness").verdict == Verdict::kGood);
}

TEST_CASE("doctor: what stops everything comes before what is small") {
  const auto finding = [](const char* area, const char* check, Verdict verdict) {
    return Finding{.area = area, .check = check, .verdict = verdict, .said = {}, .fix = {}};
  };
  const std::vector<Finding> ordered = ByWeight(
      {finding("configuration", "syntax", Verdict::kGood), finding("host", "disk", Verdict::kMend),
       finding("host", "memory", Verdict::kLook), finding("database", "version", Verdict::kGood),
       finding("database", "readers", Verdict::kLook),
       finding("database", "connection", Verdict::kMend), finding("acme", "scopes", Verdict::kMend),
       finding("beta", "names", Verdict::kLook), finding("beta", "token", Verdict::kMend)});
  std::vector<std::string> names;
  for (const Finding& one : ordered) names.push_back(one.area + " " + one.check);
  CHECK(names == std::vector<std::string>{"beta token", "beta names", "database connection",
                                          "database readers", "database version", "acme scopes",
                                          "host disk", "host memory", "configuration syntax"});
}

}  // namespace
}  // namespace hubmirror
