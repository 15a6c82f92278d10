#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "delivery/entry_filter.h"
#include "model/store/webhook.h"

namespace hubmirror {

/// What a webhook says of itself, beside entries.
struct BatchSender {
  std::string portal;
  std::string webhook;
  int64_t epoch = 0;
  /// Where people see a record in HubSpot, by object and id; empty: nowhere.
  std::function<std::string(const std::string& object, const std::string& id)> url_of = {};
};

/// One request's worth of entries.
struct Batch {
  size_t entries = 0;
  int64_t first = 0;
  int64_t last = 0;
  /// With the batch all entries up to this one are done: those behind `last` are for nobody.
  int64_t done_to = 0;
  std::string body;  ///< JSON; holds values of records: never logged

  /// `acme-won-100-163`: the same as long as the batch is.
  std::string Id(const BatchSender& sender) const;
};

/// Bytes of a request's body, but for what cannot be made smaller.
inline constexpr size_t kMostBatchBytes = 256 << 10;

/// Takes up to `most` of the entries that the rules name, oldest first, as far as they fit. An
/// entry that alone is too large has its longest values cut, as `value_max` of the feed does. A
/// batch of no entries says how far nobody wants any.
Batch MakeBatch(const BatchSender& sender, const EntryFilter& filter,
                const std::vector<WebhookEntry>& entries, size_t most);

/// A body without an entry, by which people try whether a receiver understands us.
Batch MakePing(const BatchSender& sender);

}  // namespace hubmirror
