#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/store/database_error.h"
#include "model/store/feed.h"
#include "model/store/row_sink.h"
#include "postgres/outbox/echo_ledger.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// An error in a statement of the change feed. It is never the fault of a row (rules R11, F1).
class ChangeFeedError : public DatabaseError {
 public:
  explicit ChangeFeedError(const DatabaseError& error);
};

/// What the change feed says of one record or link.
struct Change {
  std::string op;
  std::string object = {};
  RecordId id{};  ///< 0: of no record
  std::string to_object = {};
  std::optional<RecordId> to = {};
  Param pipeline = {};
  std::optional<TimePoint> changed_at = {};
  Param before = {};  ///< JSON
  Param after = {};
  std::string cause = {};
  std::string origin = {};  ///< filled in as it is written
  std::vector<OutboxId> outbox_ids = {};
};

/// Collects what one transaction changes and writes it into the change feed as its last work, by
/// one statement (rules F1 to F4). Made for one transaction that holds the lock of `_owner`. Owned
/// by one thread.
class ChangeWriter {
 public:
  /// How far the feed has been counted.
  struct Count {
    int64_t last = 0;      ///< the highest number given out
    TimePoint clock = {};  ///< the database's
  };

  /// Statements that a transaction with entries begins with: texts of values depend on them.
  static constexpr const char* kSettings =
      "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; ";

  /// `writes_back`: the portal has an outbox, so that a change may be our own.
  ChangeWriter(const PortalSchema& schema, Count count, bool writes_back = false)
      : schema_(schema), writes_back_(writes_back), count_(count) {}

  /// Where a claim stands with the feed.
  struct Claimed {
    int64_t claim = 0;      ///< its number, see PortalSchema::Claim
    int64_t given_out = 0;  ///< the highest number that this daemon remembers to have given out
  };
  struct Begun {
    int64_t stood = 0;  ///< the highest number that the database knew of
    FeedWritten written;
  };
  /// Begins an epoch, in the transaction of a claim. A feed that the claim before did not find on
  /// says what is loaded (rule F11).
  static Begun BeginFeed(Transaction& transaction, const PortalSchema& schema, Claimed claimed);

  const FeedPlan& plan() const { return schema_.plan().feed; }

  /// Of a record there is one entry in a transaction.
  void AddRecord(Change change);
  /// The record is no longer what it was; its values may have been written before. With `change.to`
  /// it was merged into that one.
  void AddMark(Change change);
  /// All that was said of these records goes; those `marked` get an entry.
  void AddErased(const std::string& object, const std::vector<RecordId>& ids,
                 const std::vector<RecordId>& marked);
  /// From rows of (from_type, from_id, to_type, to_id, before, after), see LinkText: without
  /// `before` a link, without `after` an unlink, with both a relabel.
  void AddLinks(const Rows& rows, ChangeCause cause);
  /// SQL for what an entry says of the link `alias`, a row of `associations`.
  static std::string LinkText(const std::string& alias);
  /// Who keeps a copy of `object` reads it again, or only these properties.
  void AddLoaded(const std::string& object, const std::vector<std::string>& properties = {});
  /// Whatever follows stands behind an epoch, which follows `highest`. Returns its number.
  int64_t BeginEpoch(int64_t highest);

  /// Sets to null what earlier entries say of erased records (rule F9).
  void Forget(Transaction& transaction, const std::string& object,
              const std::vector<RecordId>& ids) const;

  /// Writes everything. Throws ChangeFeedError.
  FeedWritten Write(Transaction& transaction);

  /// Runs a statement of the feed.
  static Rows Run(Transaction& transaction, const std::string& sql, const Params& params);

 private:
  using Place = std::pair<std::string, RecordId>;

  void ForgetLoser(const Change& said);
  void BeginDay(Transaction& transaction);
  std::vector<Change> InOrder();
  /// Says whose doing each of them is.
  void FindOrigins(Transaction& transaction, std::vector<Change>& changes, FeedWritten& written);
  void TakeWithMerged(const Place& place, std::vector<Change>& ordered);

  const PortalSchema& schema_;
  const bool writes_back_;
  Count count_;
  std::map<Place, Change> records_;
  std::multimap<Place, RecordId> losers_;  ///< by survivor
  std::vector<Change> links_;
  std::vector<Change> loaded_;
  std::optional<Change> epoch_;
};

}  // namespace hubmirror
