#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/store/feed.h"
#include "model/store/webhook.h"
#include "postgres/session/connection_pool.h"

namespace hubmirror {

/// The webhooks of one portal in PostgreSQL: the feed is read in short transactions, and `_webhook`
/// is written without the lock of `_owner`, so that no commit of the mirror waits for it (rules
/// F13, H8). Thread-safe: holds only what never changes.
class WebhookTables final : public WebhookStore {
 public:
  /// `instance`: who we are in `_owner`.
  WebhookTables(std::shared_ptr<ConnectionPool> pool, std::string schema, std::string instance)
      : pool_(std::move(pool)), schema_(std::move(schema)), instance_(std::move(instance)) {}

  WebhookLook Look(const std::string& name, int64_t above, int64_t most) override;
  void Note(const std::string& name, const WebhookStanding& standing,
            const std::optional<DeadEntry>& dead) override;

 private:
  const std::shared_ptr<ConnectionPool> pool_;
  const std::string schema_;
  const std::string instance_;
};

/// Up to `most` entries above `above`, as far as they are not too large together, for
/// WebhookEntryOf.
Rows ReadWebhookRows(Connection& connection, const std::string& schema, int64_t above,
                     int64_t most);
WebhookEntry WebhookEntryOf(const Rows& rows, size_t row);

/// How all webhooks of a schema stand, by name. Inside a transaction.
std::vector<FeedWebhook> ReadWebhooks(Connection& connection, const std::string& schema,
                                      int64_t dropped_to);

/// Inside a transaction: forgets the webhooks that are none of `names`, with what they gave up.
void KeepOnlyWebhooks(Connection& connection, const std::string& schema,
                      const std::vector<std::string>& names);

}  // namespace hubmirror
