#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace hubmirror {

/// One entry of the change feed in texts, as a receiver is told of it. What an entry does not have
/// is empty.
struct WebhookEntry {
  int64_t seq = 0;
  std::string at;  ///< RFC 3339
  std::string object;
  std::string id;
  std::string op;
  std::string pipeline;
  std::string changed_at;  ///< RFC 3339
  std::string before;      ///< a JSON object: texts or null by property, `{"cut":true}` where cut
  std::string after;
  std::string to_object;
  std::string to_id;
  std::string origin;
};

/// Where a webhook stands. Times are of the database's clock.
struct WebhookStanding {
  int64_t seq = 0;  ///< it has been told of all entries up to this one
  bool stopped = false;
  std::string reason;  ///< why it is stopped, or what the last request ran into; empty: all is well
  int failures = 0;    ///< requests in a row that the endpoint did not take
  std::optional<TimePoint> failing_since;
  int refusals = 0;  ///< of the entry after `seq`, sent alone
  std::optional<TimePoint> refused_since;
  int dead_in_row = 0;  ///< entries given up since one was taken
  std::optional<TimePoint> delivered_at;
  int64_t moves = 0;  ///< how often a person started it or moved its number
  friend bool operator==(const WebhookStanding&, const WebhookStanding&) = default;
};

/// An entry that a receiver refuses again and again: its number, never what it says.
struct DeadEntry {
  int64_t seq = 0;
  int attempts = 0;
  int status = 0;  ///< of the last answer
  std::string reason;
  std::optional<TimePoint> first_at;
  std::optional<TimePoint> last_at;
  friend bool operator==(const DeadEntry&, const DeadEntry&) = default;
};

/// What a look at the feed finds for one webhook.
struct WebhookLook {
  bool ours = false;  ///< this daemon mirrors the portal; otherwise another one sends
  WebhookStanding standing;
  TimePoint now;                      ///< by the database's clock
  bool lost = false;                  ///< entries are dropped that it has not been told of
  int64_t epoch = 0;                  ///< rises with every claim of the portal
  std::vector<WebhookEntry> entries;  ///< oldest first
  bool more = false;                  ///< there may be entries behind them
};

/// What came of one request of a webhook, for metrics. Thread-safe and quick: no I/O.
class WebhookObserver {
 public:
  virtual ~WebhookObserver() = default;
  /// `outcome`: ok, ill or refused.
  virtual void OnWebhookRequest(const PortalKey& portal, const std::string& webhook,
                                const std::string& outcome, std::chrono::milliseconds took) = 0;
};

/// The feed and the standing of the webhooks of one portal. No call takes the lock of `_owner`, so
/// that no commit of the mirror waits for it. Blocks; throws DatabaseError. Thread-safe.
class WebhookStore {
 public:
  virtual ~WebhookStore() = default;

  /// Up to `most` entries above `above`, or above where it stands if that is more. A webhook that
  /// nobody knows yet begins now.
  virtual WebhookLook Look(const std::string& name, int64_t above, int64_t most) = 0;
  /// Notes where it stands now, unless a person moved it since; its number only rises, and what a
  /// person stopped stays so.
  virtual void Note(const std::string& name, const WebhookStanding& standing,
                    const std::optional<DeadEntry>& dead) = 0;
};

}  // namespace hubmirror
