#pragma once

#include <algorithm>
#include <string>

#include "jobs/links/links_job.h"
#include "jobs/links/relink_job.h"
#include "support/stream_fixture.h"

namespace hubmirror::testing {

struct LinksFixture : StreamFixture {
  explicit LinksFixture(const std::string& object = "companies") : StreamFixture(object) {
    hubspot.Put(1);
    Pass();
    Load();
    links.live = {RecordId{1}, RecordId{2}};
    context->facts().Tell([](StreamFacts& facts) { facts.links_due = false; });
  }

  void Partner(const std::string& name) { partners.Add(*FindObjectType(name)); }
  /// Steps a job through failures, with the time between tries, until its cycle ends; false: it
  /// does not.
  bool RunThrough(Job& job, int failures_most = 40) {
    for (int i = 0; i < failures_most; ++i) {
      const StepOutcome outcome = Run(job);
      if (outcome.end == StepOutcome::End::kCaughtUp) return true;
      if (outcome.end == StepOutcome::End::kFailed) Pass(std::chrono::minutes(1));
    }
    return false;
  }
  bool Distrusted(const std::string& promise) const {
    const auto& all = observer.broken_promises;
    return std::find(all.begin(), all.end(), promise) != all.end();
  }
  bool Said(const std::string& event) const { return log.Count(event) > 0; }

  LinkPartners partners;
};

}  // namespace hubmirror::testing
