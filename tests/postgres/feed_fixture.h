#pragma once

#include <string>

#include "postgres/feed/feed_partitions.h"
#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {

/// A portal whose feed is on, with entries put in by hand: an epoch at the first number of the day
/// that PostgreSQL's clock is in, which is number 0 here, and what a test adds.
struct FeedFixture : MirrorFixture {
  explicit FeedFixture(FeedPlan feed = {.enabled = true}) {
    PortalPlan asking = plan();
    asking.feed = std::move(feed);
    Open(asking);
    sink().Claim();
    today = std::stoll(Value("SELECT floor(extract(epoch FROM now()) / 86400)::bigint")) << 34;
    Clear();
    NoteEpoch(0, -today);
  }

  void Clear() { Value("DELETE FROM acme.changes"); }
  /// The partition of a day before, counted from today.
  void MakeDay(FeedDay day) {
    Transaction transaction(pool());
    MakeFeedPartitions(transaction.connection(), "acme", FeedDayOf(today) + day);
    transaction.Commit();
  }
  /// Entries of deal 7 with the numbers `from` to `to`, counted from the beginning of today.
  void Note(int64_t from, int64_t to) {
    Value(
        "INSERT INTO acme.changes (seq, tx, object, id, op, after) SELECT n, n, 'deals', 7,"
        " 'update', '{\"a\":\"1\"}' FROM generate_series(" +
        Seq(from) + "::bigint, " + Seq(to) + ") n");
  }
  void NoteEpoch(int64_t number, int64_t follows) {
    Value("INSERT INTO acme.changes (seq, tx, op, after) VALUES (" + Seq(number) + ", " +
          Seq(number) + ", 'epoch', jsonb_build_object('follows', " + Seq(follows) + "::bigint))");
  }
  std::string Seq(int64_t number) const { return std::to_string(today + number); }
  void StandAt(int64_t number) { Value("UPDATE acme.feed_consumers SET seq = " + Seq(number)); }
  /// Where a consumer stands, counted from the beginning of today.
  int64_t StandOf(const std::string& consumer) const {
    return std::stoll(
               Value("SELECT seq FROM acme.feed_consumers WHERE name = '" + consumer + "'")) -
           today;
  }

  int64_t today = 0;  ///< the first number of it
};

/// SQLSTATE and message of a statement that fails; "none" where it does not.
inline std::string FailureOf(Connection& connection, const std::string& sql) {
  try {
    connection.Run(sql);
  } catch (const DatabaseError& error) {
    return error.sqlstate() + " " + error.what();
  }
  return "none";
}
inline bool Says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace hubmirror::testing
