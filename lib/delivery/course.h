#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/clock.h"
#include "delivery/batch.h"
#include "model/portal/webhook_plan.h"
#include "model/store/webhook.h"

namespace hubmirror {

/// What came of one request.
struct WebhookAttempt {
  int status = 0;       ///< 0: no answer
  std::string trouble;  ///< why there was no whole answer, in words; empty: there was one
  std::optional<std::chrono::seconds> retry_after;  ///< what the answer asks for
};

enum class WebhookVerdict {
  kTaken,
  kIll,      ///< the endpoint does not take anything now: it is asked again, nothing is given up
  kRefused,  ///< it does not take this content
  kGone,     ///< it is not coming back
};
WebhookVerdict Judge(const WebhookAttempt& attempt);
/// What came of it, for people: `it answered HTTP 503`.
std::string InWords(const WebhookAttempt& attempt);
/// `ok`, `ill` or `refused`: for metrics.
const char* NameOf(WebhookVerdict verdict);

/// What follows from a request.
struct Course {
  WebhookStanding standing;
  std::optional<DeadEntry> dead;
  std::chrono::milliseconds wait{0};  ///< before the next request
  size_t most = 1;                    ///< entries of it, at most
};

/// Decides what comes after a request (rules H4 to H6). `most`: as it was for this one; `now` is of
/// the database's clock, `chance` in [0, 1) spreads those that wait for the same endpoint. Pure.
Course CourseAfter(const WebhookPlan& plan, const WebhookStanding& standing, const Batch& batch,
                   const WebhookAttempt& attempt, size_t most, TimePoint now, double chance);

}  // namespace hubmirror
