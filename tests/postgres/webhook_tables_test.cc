#include "postgres/feed/webhook_tables.h"

#include <doctest/doctest.h>

#include "postgres/feed/feed_inspection.h"
#include "postgres/feed/feed_upkeep.h"
#include "postgres/feed_fixture.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

struct WebhookFixture : FeedFixture {
  WebhookFixture() : store(shared_pool(), "acme", instance()) {}

  std::string instance() const { return Value("SELECT instance FROM acme._owner"); }
  WebhookLook Look(int64_t above = 0, int64_t most = 100) { return store.Look("won", above, most); }
  /// The numbers of its entries, counted from the beginning of today.
  std::vector<int64_t> Seqs(const WebhookLook& look) const {
    std::vector<int64_t> seqs;
    for (const WebhookEntry& entry : look.entries) seqs.push_back(entry.seq - today);
    return seqs;
  }
  FeedStatus Status(const std::vector<std::string>& names) {
    PortalPlan asking = plan();
    asking.feed.enabled = true;
    return FeedUpkeep(shared_pool(), asking, names).Keep();
  }

  WebhookTables store;
};

TEST_CASE_FIXTURE(WebhookFixture, "webhook tables: a new webhook begins now") {
  Note(1, 3);
  CHECK(Look().entries.empty());
  CHECK(Look().standing.seq == today + 3);

  Note(4, 5);
  const WebhookLook look = Look();
  CHECK(look.ours);
  CHECK_FALSE(look.lost);
  CHECK(Seqs(look) == std::vector<int64_t>{4, 5});
  CHECK(look.standing == WebhookStanding{.seq = today + 3});
}

TEST_CASE_FIXTURE(WebhookFixture, "webhook tables: an entry comes as it stands, in texts") {
  Look();
  Value(
      "INSERT INTO acme.changes (seq, tx, at, object, id, op, to_object, to_id, pipeline,"
      " changed_at, before, after, origin) VALUES (" +
      Seq(1) + ", " + Seq(1) +
      ", '2026-09-01 12:00:00.5+02', 'deals', 9007199254740993, 'update', 'contacts', 4, 'p',"
      " '2026-09-01 10:00:00Z', '{\"a\":null}', '{\"a\":\"\\u00e4\"}', 'hubspot')");
  const WebhookLook look = Look();
  REQUIRE(look.entries.size() == 1);
  const WebhookEntry& entry = look.entries[0];
  CHECK(entry.seq == today + 1);
  CHECK(entry.at == "2026-09-01T10:00:00.500Z");
  CHECK(entry.object == "deals");
  CHECK(entry.id == "9007199254740993");
  CHECK(entry.op == "update");
  CHECK(entry.to_object == "contacts");
  CHECK(entry.to_id == "4");
  CHECK(entry.pipeline == "p");
  CHECK(entry.changed_at == "2026-09-01T10:00:00.000Z");
  CHECK(entry.before == R"({"a": null})");
  CHECK(entry.after == "{\"a\": \"\xc3\xa4\"}");
  CHECK(entry.origin == "hubspot");
}

TEST_CASE_FIXTURE(WebhookFixture, "webhook tables: a look is bounded in entries and in bytes") {
  Look();
  Note(1, 10);
  CHECK(Seqs(Look(0, 3)) == std::vector<int64_t>{1, 2, 3});
  CHECK(Look(0, 3).more);
  CHECK(Seqs(Look(today + 8, 3)) == std::vector<int64_t>{9, 10});
  CHECK_FALSE(Look(today + 8, 3).more);

  Value(
      "UPDATE acme.changes SET after = jsonb_build_object('a', repeat('x', 3000000)) WHERE seq > " +
      Seq(0));
  CHECK(Seqs(Look()) == std::vector<int64_t>{1});
  CHECK(Look().more);
}

TEST_CASE_FIXTURE(WebhookFixture,
                  "webhook tables: what is noted is read again, by whoever is next") {
  Look();
  Note(1, 9);
  const TimePoint at{std::chrono::days(20'000)};
  const WebhookStanding standing{.seq = today + 5,
                                 .reason = "it answered HTTP 503",
                                 .failures = 3,
                                 .failing_since = at,
                                 .refusals = 2,
                                 .refused_since = at + 1s,
                                 .dead_in_row = 1,
                                 .delivered_at = at + 2s};
  store.Note("won", standing,
             DeadEntry{.seq = today + 2,
                       .attempts = 5,
                       .status = 422,
                       .reason = "it answered HTTP 422",
                       .first_at = at,
                       .last_at = at + 10min});
  CHECK(WebhookTables(shared_pool(), "acme", instance()).Look("won", 0, 1).standing == standing);
  CHECK(Value("SELECT concat_ws(' ', webhook, attempts, status, reason) FROM acme.webhook_dead") ==
        "won 5 422 it answered HTTP 422");
}

TEST_CASE_FIXTURE(WebhookFixture, "webhook tables: the number only rises, whoever is late") {
  Look();
  Note(1, 9);
  store.Note("won", {.seq = today + 7}, std::nullopt);
  store.Note("won", {.seq = today + 4}, std::nullopt);
  CHECK(Look().standing.seq == today + 7);
}

TEST_CASE_FIXTURE(WebhookFixture, "webhook tables: what a person did is not undone by a request") {
  Look();
  Note(1, 9);
  const WebhookStanding before = Look().standing;
  Value("UPDATE acme._webhook SET state = 'stopped', reason = 'by hand'");
  WebhookStanding after = before;
  after.seq = today + 4;
  store.Note("won", after, std::nullopt);
  CHECK(Look().standing.stopped);
  CHECK(Look().standing.reason == "by hand");
  CHECK(Look().standing.seq == today + 4);
  CHECK(Look().entries.empty());

  Value("UPDATE acme._webhook SET state = 'on', seq = " + Seq(0) + ", moves = moves + 1");
  store.Note("won", after, std::nullopt);
  CHECK(Look().standing.seq == today);
}

TEST_CASE_FIXTURE(WebhookFixture, "webhook tables: another daemon's portal is left to it") {
  WebhookTables other(shared_pool(), "acme", "somebody else");
  CHECK_FALSE(other.Look("won", 0, 10).ours);
  CHECK(Value("SELECT count(*) FROM acme._webhook") == "0");
}

TEST_CASE_FIXTURE(WebhookFixture,
                  "webhook tables: who has not been told of what is dropped is lost") {
  Look();
  Note(1, 9);
  Value("UPDATE acme._feed SET dropped_to = " + Seq(3));
  CHECK(Look().lost);
  // It was told, and the note of it was on its way.
  CHECK_FALSE(Look(today + 3).lost);
}

TEST_CASE_FIXTURE(WebhookFixture,
                  "webhook tables: a request in doubt waits for nobody who writes") {
  Look();
  Connection writer({.dsn = dsn(), .password = {}});
  writer.Begin("SELECT FROM acme._owner FOR NO KEY UPDATE");
  Note(1, 2);
  CHECK(Look().entries.size() == 2);
  store.Note("won", {.seq = today + 2}, std::nullopt);
  CHECK(Look().standing.seq == today + 2);
  writer.Rollback();
}

TEST_CASE_FIXTURE(WebhookFixture,
                  "webhook tables: the status has all of them, and keeps what they need") {
  Look();
  store.Look("all", 0, 1);
  Note(1, 9);
  store.Note("won", {.seq = today + 2, .stopped = true, .reason = "it is gone for good (HTTP 410)"},
             DeadEntry{.seq = today + 1, .attempts = 5, .status = 400});
  const FeedStatus status = Status({"all", "won"});
  REQUIRE(status.webhooks.size() == 2);
  CHECK(status.webhooks[0].state() == "on");
  CHECK(status.webhooks[0].waits_since);
  CHECK(status.webhooks[1].state() == "stopped");
  CHECK(status.webhooks[1].reason == "it is gone for good (HTTP 410)");
  CHECK(status.webhooks[1].dead == 1);
  CHECK(PlanPurge(*std::make_unique<Connection>(Connection::Target{.dsn = dsn(), .password = {}}),
                  "acme")
            .lost == std::vector<std::string>{"webhook all", "webhook won"});

  // One that leaves the configuration keeps nothing.
  CHECK(Status({"all"}).webhooks.size() == 1);
  CHECK(Value("SELECT count(*) FROM acme.webhook_dead") == "0");
}

TEST_CASE_FIXTURE(WebhookFixture, "webhook tables: a day that a webhook waits for is kept") {
  MakeDay(-20);
  Look();
  Value("UPDATE acme._webhook SET seq = " + Seq(FirstNumberOf(-20) - 1));
  Note(FirstNumberOf(-20), FirstNumberOf(-20) + 2);
  Status({"won"});
  CHECK(Value("SELECT dropped_to FROM acme._feed") == "0");

  Value("UPDATE acme._webhook SET seq = " + Seq(FirstNumberOf(-20) + 2));
  Status({"won"});
  CHECK(Value("SELECT dropped_to FROM acme._feed") == Seq(FirstNumberOf(-20) + 2));
}

TEST_CASE_FIXTURE(WebhookFixture, "F9: who was erased is in no batch that is built later") {
  Look();
  Note(1, 3);
  CHECK(Look().entries[1].after == R"({"a": "1"})");
  Value("UPDATE acme.changes SET before = NULL, after = NULL WHERE seq = " + Seq(2));
  CHECK(Look().entries[1].after.empty());
}

}  // namespace
}  // namespace hubmirror::testing
