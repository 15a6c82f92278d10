#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "model/source/api_error.h"

namespace hubmirror {

/// HubSpot's budgets, each with its own limit.
enum class Lane {
  kBurst,         ///< rolling ten seconds, per app and portal; also counts toward the day
  kSearch,        ///< five a second, per account
  kAssociations,  ///< a ten-second window of its own
  kFree,          ///< token endpoint: no limit we know of
};

/// What a request was for: the `endpoint` label.
enum class Endpoint {
  kList,
  kArchivedList,
  kSearch,
  kBatchRead,
  kBatchWrite,  ///< records made, changed and archived
  kLinkWrite,   ///< links made and taken away
  kProperties,
  kAccount,
  kToken,
  kAssociations,
  kAssociationLabels,
  kReference,  ///< owners, teams, users, pipelines, lists, marketing events
};

std::string_view NameOf(Endpoint endpoint);
Lane LaneOf(Endpoint endpoint);
/// What a request writes: `records`, `links`; empty: nothing.
std::string_view WriteOpOf(Endpoint endpoint);

/// The X-HubSpot-RateLimit-* headers. All may be absent: search sends none, OAuth apps get no
/// daily ones.
struct RateHeaders {
  std::optional<int64_t> burst_limit;
  std::optional<int64_t> burst_remaining;
  std::optional<std::chrono::milliseconds> burst_window;
  std::optional<int64_t> daily_limit;
  std::optional<int64_t> daily_remaining;
};

/// One request and its answer, as budgets and metrics see it.
struct Exchange {
  PortalKey portal;
  Endpoint endpoint = Endpoint::kList;
  size_t request = 0;                   ///< tells requests apart: a hash of address and body
  int status = 0;                       ///< 0 = no response
  std::optional<ApiErrorKind> failure;  ///< absent: a usable answer
  std::optional<std::chrono::milliseconds> retry_after;
  Instant sent_at{};
  Instant answered_at{};
  std::optional<TimePoint> date;  ///< HubSpot's clock
  uint64_t body_bytes = 0;        ///< before inflating
  RateHeaders rate;
  /// In definitions, owners, lists and the like: characters that PostgreSQL cannot hold and that
  /// became U+FFFD. Those of records are told with the records.
  uint64_t replaced = 0;
};

/// Told of every exchange, on the thread that made it. Implementations are thread-safe and quick.
class ExchangeObserver {
 public:
  virtual ~ExchangeObserver() = default;
  virtual void OnExchange(const Exchange& exchange) = 0;
};

}  // namespace hubmirror
