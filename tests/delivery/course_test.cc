#include "delivery/course.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow{std::chrono::days(20'000)};
const WebhookPlan kPlan{.name = "won"};
const Batch kBatch{.entries = 100, .first = 11, .last = 150, .done_to = 160};
const Batch kSingle{.entries = 1, .first = 11, .last = 11, .done_to = 20};

Course After(const WebhookStanding& standing, const WebhookAttempt& attempt,
             const Batch& batch = kBatch, TimePoint now = kNow, size_t most = 100) {
  return CourseAfter(kPlan, standing, batch, attempt, most, now, 1.0);
}

TEST_CASE("course: what was taken moves the number, up to the next entry that is wanted") {
  const Course course =
      After({.seq = 10, .reason = "x", .failures = 3, .failing_since = kNow - 1h}, {.status = 204});
  CHECK(course.standing.seq == 160);
  CHECK(course.standing.reason.empty());
  CHECK(course.standing.failures == 0);
  CHECK_FALSE(course.standing.failing_since);
  CHECK(course.standing.delivered_at == kNow);
  CHECK(course.wait == 0ms);
}

TEST_CASE("course: an endpoint that is ill is asked again, later and later, and keeps its number") {
  WebhookStanding standing{.seq = 10};
  std::vector<std::chrono::milliseconds> waits;
  for (int i = 0; i < 11; ++i) {
    const Course course = After(standing, {.status = 503});
    waits.push_back(course.wait);
    standing = course.standing;
    CHECK(standing.seq == 10);
    CHECK(course.most == 100);
  }
  CHECK(waits == std::vector<std::chrono::milliseconds>{1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s,
                                                        300s, 300s});
  CHECK(standing.failures == 11);
  CHECK(standing.reason == "it answered HTTP 503");
}

TEST_CASE("course: half of every wait is chance, so that receivers are not met by all at once") {
  const Course course = CourseAfter(kPlan, {.failures = 8}, kBatch, {.status = 500}, 1, kNow, 0);
  CHECK(course.wait == 128s);
}

TEST_CASE("course: which answers say that the endpoint is ill, and which that the content is") {
  for (const int status : {100, 301, 302, 307, 401, 403, 407, 408, 425, 429, 500, 502, 503, 504}) {
    CAPTURE(status);
    CHECK(Judge({.status = status}) == WebhookVerdict::kIll);
  }
  for (const int status : {400, 404, 405, 413, 415, 422, 451}) {
    CAPTURE(status);
    CHECK(Judge({.status = status}) == WebhookVerdict::kRefused);
  }
  CHECK(Judge({.status = 410}) == WebhookVerdict::kGone);
  CHECK(Judge({.status = 200, .trouble = "no whole answer within 10 s"}) == WebhookVerdict::kIll);
  CHECK(Judge({.trouble = "cannot connect"}) == WebhookVerdict::kIll);
  for (const int status : {200, 201, 202, 204}) {
    CHECK(Judge({.status = status}) == WebhookVerdict::kTaken);
  }
}

TEST_CASE("course: a redirect is named with what to do") {
  CHECK(After({}, {.status = 301}).standing.reason ==
        "it redirects (HTTP 301), which is not followed: set url to where it leads");
}

TEST_CASE("course: Retry-After is obeyed, up to an hour") {
  CHECK(After({}, {.status = 429, .retry_after = 90s}).wait == 90s);
  CHECK(After({}, {.status = 503, .retry_after = 24h}).wait == 1h);
  CHECK(After({.failures = 9}, {.status = 503, .retry_after = 1s}).wait == 300s);
}

TEST_CASE("course: an endpoint that fails for stop_after is stopped, and nothing is given up") {
  const WebhookStanding failing{.seq = 10, .failures = 900, .failing_since = kNow - 72h + 1s};
  CHECK_FALSE(After(failing, {.status = 500}).standing.stopped);

  const Course course = After(failing, {.status = 500}, kBatch, kNow + 1s);
  CHECK(course.standing.stopped);
  CHECK(course.standing.reason == "it failed for 72 h: it answered HTTP 500");
  CHECK(course.standing.seq == 10);
  CHECK_FALSE(course.dead);
}

TEST_CASE("course: how long it failed is said as stop_after has it, also below an hour") {
  const WebhookStanding failing{.seq = 10, .failures = 9, .failing_since = kNow - 100min};
  const auto reason = [&](std::chrono::milliseconds stop_after) {
    return CourseAfter({.name = "won", .stop_after = stop_after}, failing, kBatch, {.status = 500},
                       100, kNow, 1.0)
        .standing.reason;
  };
  CHECK(reason(30min) == "it failed for 30 min: it answered HTTP 500");
  CHECK(reason(90min) == "it failed for 90 min: it answered HTTP 500");
  CHECK(reason(1h) == "it failed for 1 h: it answered HTTP 500");
}

TEST_CASE("course: 410 stops a webhook at once") {
  const Course course = After({.seq = 10}, {.status = 410});
  CHECK(course.standing.stopped);
  CHECK(course.standing.reason == "it is gone for good (HTTP 410)");
  CHECK(course.standing.seq == 10);
}

TEST_CASE("course: a batch that is refused is halved down to the entry that is") {
  Batch batch = kBatch;
  std::vector<size_t> sizes;
  while (batch.entries > 1) {
    const Course course = After({.seq = 10}, {.status = 400}, batch);
    CHECK(course.wait == 0ms);
    CHECK(course.standing.seq == 10);
    batch.entries = course.most;
    sizes.push_back(course.most);
  }
  CHECK(sizes == std::vector<size_t>{50, 25, 12, 6, 3, 1});
}

TEST_CASE("course: one entry refused five times over ten minutes is given up, by its number") {
  WebhookStanding standing{.seq = 10};
  TimePoint now = kNow;
  Course course;
  int requests = 0;
  do {
    course = After(standing, {.status = 422}, kSingle, now, 1);
    ++requests;
    now += course.wait;
    standing = course.standing;
    REQUIRE(requests < 20);
  } while (!course.dead);

  CHECK(requests == 5);
  CHECK(now - kNow == 10min);
  CHECK(*course.dead == DeadEntry{.seq = 11,
                                  .attempts = 5,
                                  .status = 422,
                                  .reason = "it answered HTTP 422",
                                  .first_at = kNow,
                                  .last_at = now});
  CHECK(standing.seq == 11);
  CHECK(standing.refusals == 0);
  CHECK(standing.dead_in_row == 1);
  CHECK_FALSE(standing.stopped);
}

TEST_CASE("course: more than 20 given up in a row are not the entries' fault") {
  const WebhookStanding near{
      .seq = 10, .refusals = 4, .refused_since = kNow - 10min, .dead_in_row = 20};
  const Course course = After(near, {.status = 404}, kSingle);
  CHECK(course.standing.stopped);
  CHECK(course.standing.reason ==
        "it refused 21 entries in a row, so it is not the entries: it answered HTTP 404");

  CHECK(After(near, {.status = 200}, kSingle).standing.dead_in_row == 0);
}

TEST_CASE("course: batches grow again when they are taken") {
  CHECK(After({}, {.status = 200}, kSingle, kNow, 1).most == 2);
  CHECK(After({}, {.status = 200}, kBatch, kNow, 64).most == 100);
}

}  // namespace
}  // namespace hubmirror
