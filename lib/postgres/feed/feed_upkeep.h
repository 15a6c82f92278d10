#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/portal/portal_plan.h"
#include "model/store/feed.h"
#include "postgres/feed/feed_retention.h"
#include "postgres/session/connection_pool.h"

namespace hubmirror {

/// The upkeep of one portal's feed in PostgreSQL. It never takes the lock of `_owner`, so that no
/// commit of the mirror waits for it; and it only reads where consumers stand (rule F13).
/// Thread-safe: holds only what never changes.
class FeedUpkeep final : public FeedKeeper {
 public:
  /// `webhooks`: the names of those that there are.
  FeedUpkeep(std::shared_ptr<ConnectionPool> pool, const PortalPlan& plan,
             std::vector<std::string> webhooks = {})
      : pool_(std::move(pool)),
        schema_(plan.schema),
        plan_(plan.feed),
        webhooks_(std::move(webhooks)) {}

  FeedStatus Keep() override;

 private:
  /// False: somebody is reading.
  bool Drop(FeedDay day) const;

  const std::shared_ptr<ConnectionPool> pool_;
  const std::string schema_;
  const FeedPlan plan_;
  const std::vector<std::string> webhooks_;
};

/// The entries up to `number` are given up, and whoever has not read them is lost (rule F8): the
/// first step, before anything is dropped. Inside a transaction.
void GiveUpEntries(Connection& connection, const std::string& schema, int64_t number);

/// How the feed of a schema stands, for whoever only looks. Inside a transaction.
FeedStatus ReadFeedStatus(Connection& connection, const std::string& schema);

}  // namespace hubmirror
