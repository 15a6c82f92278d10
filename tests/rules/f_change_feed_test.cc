#include <doctest/doctest.h>

#include <random>
#include <thread>

#include "postgres/mirror_fixture.h"
#include "postgres/writing/change_numbers.h"
#include "postgres/writing/change_writer.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr FeedDay kDay20000 = 20'000;  // 2024-10-04
const TimePoint kMidnight{std::chrono::days(kDay20000)};

TEST_CASE(
    "F2: the numbers of a day begin with the day and its epochs with the "
    "second") {
  const int64_t first = FirstNumberOf(kDay20000);
  CHECK(NextFeedEpoch(0, kMidnight) == first + kFeedEpoch);
  CHECK(NextFeedEpoch(0, kMidnight + 10s + 999ms) == first + 11 * kFeedEpoch);
  CHECK(FeedDayOf(NextFeedEpoch(0, kMidnight + 24h - 1ms)) == kDay20000);
}

TEST_CASE("F6: an epoch begins above every number that was given out") {
  const int64_t ahead = FirstNumberOf(kDay20000) + 7 * kFeedEpoch + 5;
  CHECK(NextFeedEpoch(ahead, kMidnight) == FirstNumberOf(kDay20000) + 8 * kFeedEpoch);
  // The clock was set back by a day.
  CHECK(NextFeedEpoch(ahead, kMidnight - 24h) == FirstNumberOf(kDay20000) + 8 * kFeedEpoch);
  CHECK(NextFeedEpoch(8 * kFeedEpoch, TimePoint{}) == 9 * kFeedEpoch);
}

struct FollowedMirror : MirrorFixture {
  FollowedMirror() { Begin(FeedPlan{.enabled = true}); }

  PortalPlan FedPlan(FeedPlan feed = {.enabled = true}) const {
    PortalPlan with_feed = plan();
    with_feed.feed = std::move(feed);
    return with_feed;
  }
  void Begin(FeedPlan feed) {
    Open(FedPlan(std::move(feed)));
    MakeContacts({Property("a"), Property("b"), Property("n", ColumnType::kNumeric),
                  Property("o", ColumnType::kText, Storage::kOverflow)});
    Follow();
  }
  /// Entries from here on.
  void Follow() { from_ = Last(); }
  std::string Last() const { return Value("SELECT coalesce(max(seq), 0) FROM acme.changes"); }
  /// Entries since Follow, without what all of them have.
  std::string Entries(const std::string& columns = "op, object, id, to_id, before, after") const {
    return List(columns, "FROM acme.changes WHERE seq > " + from_ + " ORDER BY seq");
  }

 private:
  std::string from_ = "0";
};

Told Person(int64_t id, int64_t second, std::map<std::string, std::string> values) {
  return {.id = id, .modified = Second(second), .values = std::move(values)};
}

TEST_CASE_FIXTURE(FollowedMirror, "F3: an update says what differs, as it was and as it is") {
  Write({Person(1, 100, {{"a", "x"}, {"b", "same"}, {"n", "1.50"}, {"o", "far"}})});
  Follow();

  Write({Person(1, 200, {{"a", "y"}, {"b", "same"}, {"n", "1.5"}, {"o", "near"}})});

  CHECK(Entries() == R"(update|contacts|1|{"a": "x", "o": "far"}|{"a": "y", "o": "near"})");
  CHECK(Entries("cause, origin, extract(epoch FROM changed_at)::bigint, tx = seq") ==
        "changes|hubspot|200|t");
}

TEST_CASE_FIXTURE(FollowedMirror, "F3: a value that goes and one that comes stand as null") {
  Write({Person(1, 100, {{"a", "x"}})});
  Follow();
  Write({Person(1, 200, {{"o", "y"}})});
  CHECK(Entries("op, before, after") == R"(update|{"a": "x", "o": null}|{"a": null, "o": "y"})");
}

TEST_CASE_FIXTURE(FollowedMirror, "F1: a commit that changes nothing but stamps has no entry") {
  Write({Person(1, 100, {{"a", "x"}})});
  Follow();
  Write({Person(1, 200, {{"a", "x"}})});
  CHECK(Value("SELECT extract(epoch FROM lastmodifieddate)::bigint FROM "
              "acme.contacts") == "200");
  CHECK(Entries().empty());
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F3: a record that is met is created or seen, by when it was made") {
  Commit commit = NewCommit();
  // All records of this fixture were made at 1,500,000,000.
  commit.load_began = Second(1'500'000'000);
  commit.rows.push_back(Batch({Person(1, 100, {{"a", "x"}, {"o", "y"}})}));
  sink().Write(commit);
  commit.rows = {Batch({Person(2, 100, {})})};
  commit.load_began = Second(1'500'000'001);
  sink().Write(commit);
  CHECK(Entries() == R"(create|contacts|1|{"a": "x", "o": "y"};seen|contacts|2)");
}

TEST_CASE_FIXTURE(FollowedMirror, "F5: a first load writes one entry, at its end") {
  Commit commit = NewCommit();
  commit.cause = ChangeCause::kSweep;
  commit.loads = true;
  commit.rows.push_back(Batch({Person(1, 100, {{"a", "x"}}), Person(2, 100, {{"a", "x"}})}));
  sink().Write(commit);
  CHECK(Entries().empty());

  // One that the changes beside it brought is no longer what it was.
  commit.rows = {Batch({Person(1, 200, {{"a", "y"}}), Person(3, 200, {{"a", "x"}})})};
  commit.loaded = "contacts";
  sink().Write(commit);
  CHECK(Entries("op, object, id, cause") == "update|contacts|1|sweep;loaded|contacts|load");
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F5: who was merged before a first load met it is part of the load") {
  Commit commit = NewCommit();
  commit.loads = true;
  Told loser = Person(2, 100, {});
  loser.archived = true;
  Told survivor = Person(1, 100, {});
  survivor.merged_ids = {2};
  commit.rows.push_back(Batch({loser, survivor}));
  sink().Write(commit);
  CHECK(Value("SELECT merged_into FROM acme.contacts WHERE id = 2") == "1");
  CHECK(Entries().empty());
}

TEST_CASE_FIXTURE(FollowedMirror, "F3: many rows are compared as few are") {
  std::vector<Told> before;
  std::vector<Told> after;
  for (int i = 1; i <= 300; ++i) {
    before.push_back(Person(i, 100, {{"a", "x"}, {"o", "far"}}));
    after.push_back(Person(i, 200, {{"a", i % 2 == 0 ? "y" : "x"}, {"o", "far"}}));
  }
  Write(before);
  Follow();
  Write(after);
  CHECK(List("count(*), min(before::text), max(after::text), max(seq) - min(tx)",
             "FROM acme.changes WHERE op = 'update'") == R"(150|{"a": "x"}|{"a": "y"}|149)");
}

TEST_CASE_FIXTURE(FollowedMirror, "F3: a partial read says nothing of what it did not ask for") {
  Write({Person(1, 100, {{"a", "x"}, {"b", "x"}, {"o", "x"}})});
  Follow();
  Write(PartialBatch({"lastmodifieddate", "a"}, {Person(1, 200, {{"a", "y"}})}));
  CHECK(Entries("op, before, after") == R"(update|{"a": "x"}|{"a": "y"})");
}

TEST_CASE_FIXTURE(FollowedMirror, "F3: a row that is left alone has no entry") {
  Write({Person(1, 200, {{"a", "x"}})});
  Follow();
  Write({Person(1, 100, {{"a", "older"}})});
  CHECK(Entries().empty());
}

TEST_CASE_FIXTURE(FollowedMirror, "F3: archived and restored say what changed with it") {
  Write({Person(1, 100, {{"a", "x"}})});
  Follow();
  Told gone = Person(1, 100, {{"a", "x"}});
  gone.archived = true;
  Write({gone});
  Write({Person(1, 200, {{"a", "y"}})});
  Told unseen = Person(2, 100, {{"a", "x"}});
  unseen.archived = true;
  Write({unseen});
  CHECK(Entries("op, id, before, after") ==
        R"(archive|1;restore|1|{"a": "x"}|{"a": "y"};archive|2|{"a": "x"})");
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F4: a loser comes before its survivor, and goes with it along a chain") {
  Write({Person(1, 100, {}), Person(2, 100, {}), Person(3, 100, {})});
  Follow();
  Told survivor = Person(2, 200, {{"a", "x"}});
  survivor.merged_ids = {3};
  Write({survivor});
  CHECK(Entries("op, id, to_id, after") == R"(merge|3|2;update|2|{"a": "x"})");
  Follow();
  survivor = Person(1, 200, {{"a", "y"}});
  survivor.merged_ids = {2};
  Write({survivor});
  CHECK(Entries("op, id, to_id") == "merge|2|1;merge|3|1;update|1");
}

TEST_CASE_FIXTURE(FollowedMirror, "F3: what was written and merged in one commit has one entry") {
  Write({Person(1, 100, {}), Person(2, 100, {{"a", "x"}})});
  Follow();
  Told survivor = Person(1, 200, {});
  survivor.merged_ids = {2};
  Told loser = Person(2, 200, {{"a", "y"}});
  loser.archived = true;
  Write({survivor, loser});
  CHECK(Entries("op, id, to_id, before, after") == R"(merge|2|1|{"a": "x"}|{"a": "y"})");
}

TEST_CASE_FIXTURE(FollowedMirror, "F3: a purge is said once") {
  Write({Person(1, 100, {{"a", "x"}})});
  Follow();
  Commit commit = NewCommit();
  commit.cause = ChangeCause::kResolve;
  commit.fates = {{.id = RecordId{1}, .kind = Fate::Kind::kPurged, .at = Second(300)}};
  sink().Write(commit);
  sink().Write(commit);
  CHECK(Entries("op, id, coalesce(changed_at::text, 'none'), cause") == "purge|1|none|resolve");
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F9: an erasure takes back what was said of the person, merged or not") {
  Write({Person(1, 100, {{"a", "secret"}}), Person(2, 100, {{"a", "secret"}}),
         Person(3, 100, {{"a", "kept"}})});
  Told survivor = Person(1, 200, {{"a", "secret too"}});
  survivor.merged_ids = {2};
  Write({survivor});
  Commit commit = NewCommit();
  commit.rows.push_back(Batch({Person(1, 300, {{"a", "secret as well"}})}));
  commit.fates = {{.id = RecordId{1}, .kind = Fate::Kind::kErased, .at = Second(400)}};
  Follow();
  sink().Write(commit);
  CHECK(Entries("op, id, coalesce(changed_at::text, 'none')") == "erase|1|none;erase|2|none");
  CHECK(Value("SELECT count(*) FROM acme.changes c WHERE c::text LIKE "
              "'%secret%'") == "0");
  CHECK(Value("SELECT count(*) FROM acme.changes c WHERE c::text LIKE '%kept%'") == "1");
}

TEST_CASE_FIXTURE(FollowedMirror, "F3: a long value stands as its length and digest") {
  Write({Person(1, 100, {{"a", "short"}})});
  Follow();
  Write({Person(1, 200, {{"a", std::string(9000, 'x')}})});
  CHECK(Value("SELECT after->'a'->>'cut' || (after->'a'->>'bytes') FROM "
              "acme.changes"
              " ORDER BY seq DESC LIMIT 1") == "true9000");
  CHECK(Value("SELECT after->'a'->>'sha256' = "
              "encode(sha256(convert_to(repeat('x', 9000), 'UTF8')),"
              " 'hex') FROM acme.changes ORDER BY seq DESC LIMIT 1") == "t");
  Write({Person(2, 200, {{"a", std::string(9000, 'x')}, {"b", "y"}})});
  CHECK(Value("SELECT after->'a'->>'bytes' || (after->>'b') FROM acme.changes "
              "WHERE id = 2") == "9000y");
}

TEST_CASE_FIXTURE(FollowedMirror, "F1: a bad row has no entry, and those beside it have theirs") {
  Value("ALTER TABLE acme.contacts ADD CHECK (a <> 'bad')");
  Write({Person(1, 100, {{"a", "x"}}), Person(2, 100, {{"a", "x"}}), Person(3, 100, {{"a", "x"}})});
  Follow();
  Write({Person(1, 200, {{"a", "y"}}), Person(2, 200, {{"a", "bad"}}), Person(3, 200, {{"a", "y"}}),
         Person(4, 200, {{"a", "bad"}})});
  CHECK(Entries("op, id, after") == R"(update|1|{"a": "y"};update|3|{"a": "y"})");
  CHECK(Value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM "
              "acme._quarantine") == "2 4");
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F3: a value that no column can hold moves, and the entry says so once") {
  // An index holds about 2,700 bytes: the value goes into `_overflow`.
  Value("CREATE INDEX ON acme.contacts (a)");
  std::mt19937 random(1);
  std::string long_value;
  while (long_value.size() < 6000) long_value += static_cast<char>('a' + random() % 26);
  Write({Person(1, 100, {{"a", "x"}})});
  Follow();
  Write({Person(1, 200, {{"a", long_value}})});
  CHECK(Value("SELECT a IS NULL AND _overflow ? 'a' FROM acme.contacts") == "t");
  CHECK(Entries("op, before, after->>'a' = '" + long_value + "'") == R"(update|{"a": "x"}|t)");
  Follow();
  Write({Person(1, 300, {{"a", "y"}})});
  CHECK(Entries("op, before->>'a' = '" + long_value + "', after") == R"(update|t|{"a": "y"})");
}

TEST_CASE_FIXTURE(FollowedMirror, "F1: an error of the feed is never a bad row") {
  Write({Person(1, 100, {{"a", "x"}})});
  Value("ALTER TABLE acme.changes ADD CHECK (op <> 'update')");
  CHECK_THROWS_AS(Write({Person(1, 200, {{"a", "y"}}), Person(2, 200, {})}), DatabaseError);
  CHECK(Value("SELECT count(*) FROM acme._quarantine") == "0");
  CHECK(List("id, a", "FROM acme.contacts") == "1|x");
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F5: a property that is still filled is no change until it is filled") {
  MirrorTable wanted = *contacts();
  wanted.columns.push_back(Property("fresh"));
  wanted.columns.back().state = PropertyState::kFilling;
  Write({Person(1, 100, {{"a", "x"}})});
  set_contacts(sink().ApplyLayout(wanted));
  Follow();
  Write({Person(1, 200, {{"a", "y"}, {"fresh", "1"}}), Person(2, 200, {{"fresh", "1"}})});
  Write({Person(1, 300, {{"a", "y"}, {"fresh", "2"}})});
  CHECK(Entries("op, id, before, after") == R"(update|1|{"a": "x"}|{"a": "y"};seen|2)");
  Follow();
  set_contacts(sink().MarkFilled(contacts()->object, {"fresh"}));
  Write({Person(1, 400, {{"a", "y"}, {"fresh", "3"}})});
  CHECK(Entries("op, id, before, after") ==
        R"(loaded|{"properties": ["fresh"]};update|1|{"fresh": "2"}|{"fresh": "3"})");
}

TEST_CASE_FIXTURE(FollowedMirror, "F3: what somebody edited and verify mended is no change") {
  Write({Person(1, 100, {{"a", "x"}}), Person(2, 100, {{"a", "x"}})});
  Value("UPDATE acme.contacts SET a = 'by hand' WHERE id = 1");
  Value(
      "UPDATE acme.contacts SET a = 'missed', lastmodifieddate = "
      "'1970-01-01', _hash = 1 WHERE"
      " id = 2");
  Follow();
  Commit page = NewCommit();
  page.cause = ChangeCause::kVerify;
  page.rows.push_back(Batch({Person(1, 100, {{"a", "x"}}), Person(2, 100, {{"a", "x"}})}));
  CommitOutcome outcome;
  sink().Verify(page, {.repair = true}, outcome);
  CHECK(outcome.updated == 2);
  CHECK(Entries("op, id, before, after, cause") == R"(update|2|{"a": "missed"}|{"a": "x"}|verify)");
}

TEST_CASE_FIXTURE(FollowedMirror, "F4: links: an entry each way, in order, after the records") {
  Write({Person(1, 100, {}), Person(2, 100, {}), Person(3, 100, {})});
  Follow();
  const LinkPair pair{contacts()->object, contacts()->object};
  const auto write = [&](std::vector<Link> links, int64_t at, bool loads = false) {
    sink().WriteLinks({.pair = pair,
                       .read = {RecordId{1}},
                       .links = std::move(links),
                       .at = Second(at),
                       .progress = {},
                       .budget = {},
                       .loads = loads});
  };
  const auto to = [](int64_t id, const std::string& label) {
    return Link{RecordId{1}, RecordId{id}, {"USER_DEFINED", 5, label}};
  };
  write({to(3, ""), to(2, "boss")}, 100);
  CHECK(Entries("op, object, id, to_object, to_id, after->>'label', cause") ==
        "link|contacts|1|contacts|2|boss|links;link|contacts|1|contacts|3|links");
  Follow();
  write({to(2, "friend")}, 200);
  write({to(2, "friend")}, 300);
  CHECK(Entries("op, to_id, before->>'label', after->>'label'") ==
        "relabel|2|boss|friend;unlink|3");
  Follow();
  write({to(2, "friend"), to(3, "")}, 400, true);
  CHECK(Entries().empty());
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F3: links that come back with an archived record are links again") {
  Write({Person(1, 100, {}), Person(2, 100, {})});
  sink().WriteLinks({.pair = {contacts()->object, contacts()->object},
                     .read = {RecordId{1}},
                     .links = {{RecordId{1}, RecordId{2}, {"USER_DEFINED", 5, ""}}},
                     .at = Second(100)});
  sink().WriteLinks({.pair = {contacts()->object, contacts()->object},
                     .read = {RecordId{1}},
                     .links = {},
                     .at = Second(1'650'000'500)});
  Follow();
  Told archived = Person(2, 200, {});
  archived.archived = true;  // at 1,650,000,000
  Write({archived});
  CHECK(Entries("op, id, to_id") == "archive|2;link|1|2");
}

TEST_CASE_FIXTURE(FollowedMirror, "F6: a claim begins an epoch that says which number it follows") {
  Write({Person(1, 100, {})});
  const int64_t last = std::stoll(Last());
  sink().Claim();
  const int64_t epoch = std::stoll(Last());
  CHECK(epoch % kFeedEpoch == 0);
  CHECK(epoch > last);
  CHECK(Value("SELECT op || (after->>'follows') FROM acme.changes ORDER BY seq "
              "DESC LIMIT 1") == "epoch" + std::to_string(last));
  Write({Person(2, 100, {})});
  CHECK(std::stoll(Last()) == epoch + 1);
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F6: a database that lost the last claim gives out no number twice") {
  Write({Person(1, 100, {})});
  const std::string before = Last();
  sink().Claim();
  sink().Claim();
  const int64_t lost = std::stoll(Last());
  Value("DELETE FROM acme.changes WHERE seq > " + before);
  sink().Claim();
  CHECK(std::stoll(Last()) > lost);
  CHECK(Value("SELECT after->>'follows' FROM acme.changes ORDER BY seq DESC "
              "LIMIT 1") == before);
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F6: what the state directory remembers counts after a restart, and a database "
                  "that went back is noticed") {
  Write({Person(1, 100, {})});
  const int64_t before = std::stoll(Last());
  // As of a daemon whose later entries a failover lost, on a server with a late clock.
  const int64_t given_out = before + 5'000'000;
  std::vector<std::pair<int64_t, int64_t>> noticed;
  PortalSink restarted(
      shared_pool(),
      {.plan = FedPlan(),
       .instance = "me",
       .given_out = given_out,
       .on_lost_entries = [&](int64_t stands,
                              int64_t given) { noticed.emplace_back(stands, given); }},
      clock(), observer());
  restarted.Claim();

  CHECK(std::stoll(Last()) > given_out + kFeedEpoch);
  CHECK(Value("SELECT after->>'follows' FROM acme.changes ORDER BY seq DESC LIMIT 1") ==
        std::to_string(before));
  CHECK(noticed == std::vector{std::pair(before, given_out)});
  restarted.Claim();
  CHECK(noticed.size() == 1);
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F1: entries are counted when they are committed, by their kind") {
  observer().entries.clear();
  Write({Person(1, 100, {{"a", "x"}}), Person(2, 100, {})});
  Write({Person(1, 200, {{"a", "y"}})});
  CHECK(observer().entries == std::map<std::string, int64_t>{{"seen", 2}, {"update", 1}});
  Value("ALTER TABLE acme.changes ADD CHECK (op <> 'update') NOT VALID");
  CHECK_THROWS_AS(Write({Person(1, 300, {{"a", "z"}})}), DatabaseError);
  CHECK(observer().entries["update"] == 1);
  sink().Claim();
  CHECK(observer().entries["epoch"] == 1);
}

TEST_CASE_FIXTURE(FollowedMirror, "F2: a day begins with an epoch, when it has its partition") {
  const PortalSchema schema(plan(), "me");
  const auto write_at = [&](TimePoint clock) {
    Transaction transaction(pool());
    ChangeWriter feed(schema, {.last = std::stoll(Last()), .clock = clock});
    feed.AddLoaded("contacts");
    const int64_t last = feed.Write(transaction).last;
    transaction.Commit();
    return last;
  };
  const int64_t stood = std::stoll(Last());
  const FeedDay today = FeedDayOf(stood);
  const TimePoint tomorrow = TimePoint(std::chrono::days(today + 1)) + 90min;
  // Partitions are made for two days ahead. A clock that runs ahead, or back, counts on.
  CHECK(write_at(tomorrow + 720h) == stood + 1);
  CHECK(write_at(tomorrow - 720h) == stood + 2);
  CHECK(write_at(tomorrow) == FirstNumberOf(today + 1) + 5401 * kFeedEpoch + 1);
  CHECK(write_at(tomorrow) == FirstNumberOf(today + 1) + 5401 * kFeedEpoch + 2);
  CHECK(Entries("op") == "loaded;loaded;epoch;loaded;loaded");
  CHECK(Value("SELECT after->>'follows' FROM acme.changes WHERE op = 'epoch' ORDER BY seq DESC"
              " LIMIT 1") == std::to_string(stood + 2));
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F5: a property whose values move to another type is read again") {
  Write({Person(1, 100, {{"a", "007"}})});
  Follow();
  MirrorTable wanted = *contacts();
  wanted.columns[1].type = ColumnType::kInteger;
  set_contacts(sink().ApplyLayout(wanted));
  CHECK(Entries("op, after") == R"(loaded|{"properties": ["a"]})");
}

TEST_CASE_FIXTURE(FollowedMirror, "F2: whoever waits for the lock counts from what was committed") {
  // Under this the lock is waited for with an old snapshot, and the commit fails with 40001.
  Value("ALTER DATABASE " + database() + " SET default_transaction_isolation = 'repeatable read'");
  Begin(FeedPlan{.enabled = true});
  Session other(dsn());
  other.Run("BEGIN; UPDATE acme._owner SET renewed_at = renewed_at");
  std::jthread ends([&] {
    std::this_thread::sleep_for(500ms);
    other.Run("COMMIT");
  });
  CHECK_NOTHROW(Write({Person(1, 100, {})}));
  CHECK(Entries("op, id") == "seen|1");
}

TEST_CASE_FIXTURE(FollowedMirror,
                  "F11: a feed that is switched on later says so for what is loaded") {
  Begin(FeedPlan{});
  Commit commit = NewCommit();
  commit.progress[JobKind::kSweep] = {.cursor = {}, .last_complete_at = Second(100)};
  sink().Write(commit);
  Begin(FeedPlan{.enabled = true});
  CHECK(List("op, object", "FROM acme.changes ORDER BY seq DESC LIMIT 2") ==
        "loaded|contacts;epoch");
  sink().Claim();
  CHECK(List("op, object", "FROM acme.changes ORDER BY seq DESC LIMIT 1") == "epoch");
}

TEST_CASE_FIXTURE(FollowedMirror, "F10: properties that the plan leaves out stay out") {
  Begin(FeedPlan{.enabled = true, .exclude = {"a*", "o"}});
  Write({Person(1, 100, {{"a", "x"}, {"b", "x"}, {"o", "x"}})});
  Write({Person(1, 200, {{"a", "y"}, {"b", "x"}, {"o", "y"}})});
  Write({Person(1, 300, {{"a", "y"}, {"b", "y"}, {"o", "y"}})});
  CHECK(Entries("op, before, after") == R"(seen|{"b": "x"};update|{"b": "x"}|{"b": "y"})");
}

TEST_CASE_FIXTURE(MirrorFixture, "F1: without a feed nothing is written into it") {
  MakeContacts({Property("a")});
  Write({Person(1, 100, {{"a", "x"}})});
  Write({Person(1, 200, {{"a", "y"}})});
  CHECK(Value("SELECT count(*) FROM acme.changes") == "0");
}

}  // namespace
}  // namespace hubmirror::testing
