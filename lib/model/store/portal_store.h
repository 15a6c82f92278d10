#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "model/source/history.h"
#include "model/source/reference.h"
#include "model/store/feed.h"
#include "model/store/link_sink.h"
#include "model/store/row_sink.h"
#include "model/store/verify.h"
#include "model/store/write_sink.h"

namespace hubmirror {

/// The hash key of a portal that has none.
inline Result<Secret, std::string> NoHashKey() {
  return std::string("the portal has no hash_key, but properties to hash");
}

inline constexpr size_t kMostFlushBytes = 3 << 20;

/// What one portal is kept in, by kind of data, and the terms on which it is. One object may serve
/// as several of them. A copy shares the objects.
struct PortalStore {
  RowSink& rows;
  LinkSink& links;
  HistorySink& histories;
  ReferenceSink& references;
  VerifySink& comparisons;
  /// Reads the key that values are hashed with.
  std::function<Result<Secret, std::string>()> hash_key = NoHashKey;
  /// Bytes of rows that one walk gathers for a transaction.
  size_t flush_bytes = kMostFlushBytes;
  /// As in PortalSource.
  std::shared_ptr<const void> owner = {};
  FeedKeeper* feed = nullptr;   ///< null: nobody keeps a feed
  WriteSink* outbox = nullptr;  ///< null: nothing is written to HubSpot
};

}  // namespace hubmirror
