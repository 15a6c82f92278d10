#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "delivery/batch.h"
#include "delivery/course.h"
#include "http/http_transport.h"
#include "model/portal/webhook_plan.h"
#include "model/store/webhook.h"

namespace hubmirror {

/// Bytes of an answer that are read; its status counts whatever its length.
inline constexpr size_t kMostWebhookAnswer = 4 << 10;
inline constexpr std::chrono::seconds kWebhookDeadline{10};

/// Sends a batch to the path and query `target`, signed, and tells what came of it. Blocks.
WebhookAttempt PostBatch(HttpTransport& transport, const std::string& target, const std::string& id,
                         const std::string& body, const std::vector<Secret>& secrets,
                         TimePoint now);

/// Carries the change feed to the receiver of one webhook: entries in order, one request at a time,
/// each at least once (rules H1 to H6). What it has told is noted with the answer; after a death in
/// between the last batch comes again. Owned by one thread at a time.
class Courier {
 public:
  struct Options {
    WebhookPlan plan;
    BatchSender sender;
    std::string target;  ///< path and query of the url
    /// Read before every request, so that a secret may change behind its reference.
    std::function<Result<std::vector<Secret>, std::string>()> secrets;
  };
  struct Parts {
    std::shared_ptr<WebhookStore> store;
    std::shared_ptr<HttpTransport> transport;
    WebhookObserver& observer;
    const Clock& clock;
    Logger& log;
    Random& random;
  };
  Courier(Options options, Parts parts) : options_(std::move(options)), parts_(std::move(parts)) {}

  /// What to do after a turn.
  struct Rest {
    std::chrono::milliseconds wait{0};
    bool until_entries = false;  ///< new entries end the wait
  };
  /// One look at the feed and one request at most. Blocks; throws DatabaseError, and then goes on
  /// where it was.
  Rest Turn();

  const std::string& name() const { return options_.plan.name; }
  const std::string& portal() const { return options_.sender.portal; }

 private:
  Rest Pass(const WebhookLook& look, const Batch& batch);
  Rest Send(const WebhookLook& look, const Batch& batch);
  WebhookAttempt Ask(const Batch& batch);
  void Tell(const WebhookStanding& before, const WebhookStanding& after) const;

  const Options options_;
  const Parts parts_;
  /// What a request led to and the store does not know yet.
  std::optional<Course> unnoted_;
  int64_t above_ = 0;  ///< up to here nothing is left to be told
  int64_t moves_ = 0;  ///< of the standing that `above_` belongs to
  size_t most_ = 0;    ///< entries of the next batch; 0: as many as the plan allows
  std::optional<Instant> noted_at_;
};

}  // namespace hubmirror
