#include "delivery/course.h"

#include <algorithm>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kFirstWait = 1s;
constexpr milliseconds kLongestWait = 5min;
constexpr std::chrono::seconds kMostObeyed = 1h;
// An entry that is refused so often, over so long, is given up.
constexpr int kRefusalsOfDead = 5;
constexpr milliseconds kRefusedForDead = 10min;
constexpr int kMostDeadInRow = 20;

milliseconds WaitAfter(int failures, const WebhookAttempt& attempt, double chance) {
  const int doublings = std::clamp(failures - 1, 0, 9);
  const milliseconds whole = std::min(kLongestWait, kFirstWait * (1 << doublings));
  const milliseconds wait = whole / 2 + std::chrono::duration_cast<milliseconds>(
                                            whole / 2 * std::clamp(chance, 0.0, 1.0));
  const milliseconds asked = std::min(attempt.retry_after.value_or(0s), kMostObeyed);
  return std::max(wait, asked);
}

/// As people write it: 72 h, 90 min.
std::string SpanText(milliseconds span) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(span).count();
  return minutes % 60 == 0 ? std::to_string(minutes / 60) + " h" : std::to_string(minutes) + " min";
}

void Stop(WebhookStanding& standing, std::string reason) {
  standing.stopped = true;
  standing.reason = std::move(reason);
}

void ForgetFailures(WebhookStanding& standing) {
  standing.failures = 0;
  standing.failing_since.reset();
}

void ForgetRefusals(WebhookStanding& standing) {
  standing.refusals = 0;
  standing.refused_since.reset();
}

Course AfterTaken(const WebhookPlan& plan, WebhookStanding standing, const Batch& batch,
                  size_t most, TimePoint now) {
  ForgetFailures(standing);
  ForgetRefusals(standing);
  standing.seq = batch.done_to;
  standing.dead_in_row = 0;
  standing.reason.clear();
  standing.delivered_at = now;
  return {.standing = std::move(standing),
          .most = std::min(static_cast<size_t>(plan.batch), 2 * most)};
}

Course AfterIll(const WebhookPlan& plan, WebhookStanding standing, const WebhookAttempt& attempt,
                size_t most, TimePoint now, double chance) {
  ++standing.failures;
  if (!standing.failing_since) standing.failing_since = now;
  standing.reason = InWords(attempt);
  if (now - *standing.failing_since >= plan.stop_after) {
    Stop(standing, "it failed for " + SpanText(plan.stop_after) + ": " + standing.reason);
  }
  const milliseconds wait = WaitAfter(standing.failures, attempt, chance);
  return {.standing = std::move(standing), .wait = wait, .most = most};
}

Course AfterRefused(WebhookStanding standing, const Batch& batch, const WebhookAttempt& attempt,
                    TimePoint now) {
  ForgetFailures(standing);
  standing.reason = "it refuses entry " + std::to_string(batch.first) + ": " + InWords(attempt);
  if (batch.entries > 1) {
    standing.reason =
        "it refuses some of " + std::to_string(batch.entries) + " entries: " + InWords(attempt);
    return {.standing = std::move(standing), .most = batch.entries / 2};
  }
  ++standing.refusals;
  if (!standing.refused_since) standing.refused_since = now;
  if (standing.refusals < kRefusalsOfDead || now - *standing.refused_since < kRefusedForDead) {
    return {.standing = std::move(standing),
            .wait = kRefusedForDead / (kRefusalsOfDead - 1),
            .most = 1};
  }
  const DeadEntry dead{.seq = batch.first,
                       .attempts = standing.refusals,
                       .status = attempt.status,
                       .reason = InWords(attempt),
                       .first_at = standing.refused_since,
                       .last_at = now};
  ForgetRefusals(standing);
  standing.seq = batch.last;
  if (++standing.dead_in_row > kMostDeadInRow) {
    Stop(standing, "it refused " + std::to_string(standing.dead_in_row) +
                       " entries in a row, so it is not the entries: " + InWords(attempt));
  }
  return {.standing = std::move(standing), .dead = dead, .most = 1};
}

}  // namespace

std::string InWords(const WebhookAttempt& attempt) {
  const std::string status = "HTTP " + std::to_string(attempt.status);
  if (!attempt.trouble.empty()) return attempt.trouble;
  if (attempt.status / 100 == 3) {
    return "it redirects (" + status + "), which is not followed: set url to where it leads";
  }
  if (attempt.status == 401 || attempt.status == 403 || attempt.status == 407) {
    return "it does not believe us (" + status + "): compare the secret, and the receiver's clock";
  }
  if (attempt.status == 410) return "it is gone for good (" + status + ")";
  return "it answered " + status;
}

WebhookVerdict Judge(const WebhookAttempt& attempt) {
  const int status = attempt.status;
  if (!attempt.trouble.empty()) return WebhookVerdict::kIll;
  if (status / 100 == 2) return WebhookVerdict::kTaken;
  if (status == 410) return WebhookVerdict::kGone;
  if (status / 100 != 4) return WebhookVerdict::kIll;
  switch (status) {
    // These speak of us, or of the moment, and would be said of any content.
    case 401:
    case 403:
    case 407:
    case 408:
    case 425:
    case 429:
      return WebhookVerdict::kIll;
    default:
      return WebhookVerdict::kRefused;
  }
}

const char* NameOf(WebhookVerdict verdict) {
  switch (verdict) {
    case WebhookVerdict::kTaken:
      return "ok";
    case WebhookVerdict::kIll:
      return "ill";
    case WebhookVerdict::kRefused:
    case WebhookVerdict::kGone:
      return "refused";
  }
  return "";
}

Course CourseAfter(const WebhookPlan& plan, const WebhookStanding& standing, const Batch& batch,
                   const WebhookAttempt& attempt, size_t most, TimePoint now, double chance) {
  switch (Judge(attempt)) {
    case WebhookVerdict::kTaken:
      return AfterTaken(plan, standing, batch, most, now);
    case WebhookVerdict::kIll:
      return AfterIll(plan, standing, attempt, most, now, chance);
    case WebhookVerdict::kRefused:
      return AfterRefused(standing, batch, attempt, now);
    case WebhookVerdict::kGone:
      break;
  }
  Course course{.standing = standing, .most = most};
  Stop(course.standing, InWords(attempt));
  return course;
}

}  // namespace hubmirror
