#pragma once

#include <chrono>
#include <memory>

#include "model/source/exchange.h"
#include "model/source/source_clock.h"

namespace hubmirror::testing {

inline constexpr Instant kStart{std::chrono::hours(1)};
/// HubSpot's clock at kStart: noon.
inline constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 9 / 1} +
                                 std::chrono::hours(12)};

/// HubSpot's clock, known from the start.
inline std::shared_ptr<const SourceClock> ClockFromNoon() {
  auto clock = std::make_shared<SourceClock>();
  clock->Judge({.date = kNoon, .sent_at = kStart, .answered_at = kStart, .wall = kNoon});
  return clock;
}

/// An answer to a request that left at `sent_at`, 50 ms later unless told otherwise.
inline Exchange Answered(Endpoint endpoint, Instant sent_at,
                         Duration after = std::chrono::milliseconds(50)) {
  Exchange exchange{.portal = "acme", .endpoint = endpoint, .status = 200};
  exchange.sent_at = sent_at;
  exchange.answered_at = sent_at + after;
  exchange.date =
      kNoon + std::chrono::floor<std::chrono::milliseconds>(exchange.answered_at - kStart);
  return exchange;
}

/// A refusal, as a job and the governor see it.
inline Exchange Refusal(Endpoint endpoint, Instant sent_at, ApiErrorKind failure) {
  Exchange exchange = Answered(endpoint, sent_at);
  exchange.status = 429;
  exchange.failure = failure;
  return exchange;
}

}  // namespace hubmirror::testing
