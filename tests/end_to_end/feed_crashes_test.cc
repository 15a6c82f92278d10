#include <doctest/doctest.h>

#include <array>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "crash_world.h"
#include "receiver.h"
#include "support/await.h"
#include "support/feed_copy.h"
#include "support/sql_session.h"
#include "told.h"

// Killed at each place between a row, its entry, the commit, the hint to listeners, the answer of a
// webhook's receiver, and the number that says it was told.

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr size_t kBatch = 20;
constexpr std::array kAroundAnEntry = {CrashPoint::kRowsWritten,    CrashPoint::kCursorWritten,
                                       CrashPoint::kCommitBegins,   CrashPoint::kCommitEnded,
                                       CrashPoint::kFeedTold,       CrashPoint::kWebhookNoted,
                                       CrashPoint::kWebhookAnswered};

int Rounds() {
  return static_cast<int>(FromEnvironment("HUBMIRROR_CRASHES", 1));
}

/// A portal whose feed is read by everybody who can: by a copy, a consumer and a webhook.
class FollowedWorld {
 public:
  explicit FollowedWorld(uint64_t seed)
      : crash_(seed, {},
               "{enabled: true, everything: true, webhooks: [" +
                   receiver_.Webhook("ok", "/ok", ", batch: " + std::to_string(kBatch)) + "]}"),
        copy_(world().AdminDsn(), "acme") {
    Settle();
    copy_.Take();
    world().Sql("SELECT acme.feed_start('billing', " + std::to_string(copy_.last()) + ")");
    from_ = copy_.last();
    world().daemon.Kill();
  }

  World& world() { return crash_.world(); }

  void DieAt(CrashPoint where) {
    const NamedCrashPoint& point = kCrashPoints[static_cast<size_t>(where)];
    CAPTURE(point.name);
    // What nobody is told of moves the number before the first request does.
    CHECK(crash_.DieAt(point, where == CrashPoint::kWebhookNoted ? 2 : 1, 20s));
    copy_.Follow();
    Consume(1);
  }
  /// Alive, quiet and equal, and everybody knows everything.
  void Settle() {
    crash_.ExpectEqual();
    Await("all to be told", 60s, [&] { return HasTold(world(), "ok"); });
  }
  /// How many entries the receiver took more than once.
  size_t TakenAgain() const {
    size_t again = 0;
    std::map<int64_t, int> times;
    for (const Told& told : receiver_.Log("/ok")) {
      for (const int64_t seq : told.seqs) again += seq > from_ && ++times[seq] > 1 ? 1 : 0;
    }
    return again;
  }
  /// Nobody lacks an entry, or has one in the wrong place.
  void ExpectNothingLost(size_t deaths) {
    copy_.Follow();
    CHECK(copy_.Differences() == "");
    while (Consume(500)) {
    }
    CHECK(consumed_ == world().Sql("SELECT string_agg(seq::text, ' ' ORDER BY seq) FROM"
                                   " acme.changes WHERE seq > " +
                                   std::to_string(from_)));
    CheckTold(receiver_.Log("/ok"), from_, EntriesToTell(world(), from_), kBatch * deaths);
  }

 private:
  bool Consume(int most) {
    Session session(world().AdminDsn());
    const std::string read = session.Run(
        "BEGIN; SELECT string_agg(seq::text, ' ' ORDER BY seq) FROM"
        " acme.feed_read('billing', " +
        std::to_string(most) + ")");
    if (!read.empty()) {
      consumed_ += (consumed_.empty() ? "" : " ") + read;
      session.Run("SELECT acme.feed_ack('billing', " + read.substr(read.rfind(' ') + 1) + ")");
    }
    session.Run("COMMIT");
    return !read.empty();
  }

  const Receiver receiver_;
  CrashWorld crash_;
  FeedCopy copy_;
  std::string consumed_;
  int64_t from_ = 0;
};

TEST_CASE("feed crashes: killed around each entry, and everybody has all of them in order") {
  FollowedWorld followed(904);
  size_t deaths = 0;
  for (const CrashPoint where : kAroundAnEntry) {
    for (int i = 0; i < Rounds(); ++i, ++deaths) followed.DieAt(where);
  }
  followed.Settle();
  followed.ExpectNothingLost(deaths);
}

TEST_CASE("feed crashes: what is noted is not told again, and what is not comes once more") {
  FollowedWorld followed(905);
  for (int i = 0; i < Rounds(); ++i) followed.DieAt(CrashPoint::kWebhookNoted);
  followed.Settle();
  CHECK(followed.TakenAgain() == 0);
  followed.world().daemon.Kill();
  for (int i = 0; i < Rounds(); ++i) followed.DieAt(CrashPoint::kWebhookAnswered);
  followed.Settle();
  const auto deaths = static_cast<size_t>(Rounds());
  CHECK(followed.TakenAgain() >= deaths);
  followed.ExpectNothingLost(deaths);
}

}  // namespace
}  // namespace hubmirror::testing
