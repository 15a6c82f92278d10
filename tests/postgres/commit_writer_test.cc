#include <doctest/doctest.h>
#include <sys/resource.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

struct CommitWriterFixture : MirrorFixture {
  CommitWriterFixture() {
    MakeContacts({Property("a"), Property("b"),
                  Property("o", ColumnType::kText, Storage::kOverflow),
                  Property("p", ColumnType::kText, Storage::kOverflow)});
  }

  ProvenRange Range(int64_t from, int64_t to, const std::vector<int64_t>& present,
                    bool archived = false) {
    ProvenRange range{.from = RecordId{from},
                      .to = RecordId{to},
                      .present = {},
                      .sent_at = clock().Now(),
                      .archived_list = archived};
    for (const int64_t id : present) range.present.push_back(RecordId{id});
    return range;
  }
  std::string PendingNow() { return List("id, cause", "FROM acme._pending ORDER BY id"); }
  SettledRecord Taken(int64_t id) {
    for (const PendingRecord& record : sink().DuePending(contacts()->object, Second(99), 99)) {
      if (record.id.value == id) return {.id = record.id, .version = record.version};
    }
    return {.id = RecordId{id}};
  }
  CommitOutcome Prove(const ProvenRange& range) {
    Commit commit = NewCommit();
    commit.ranges = {range};
    return sink().Write(commit);
  }
};

/// The most that this process has ever held, in bytes.
int64_t PeakMemory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * int64_t{1024};
}

constexpr int64_t kInfinity = std::numeric_limits<int64_t>::max();

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "a partial read changes what it asked for, in columns, _overflow and _rejected") {
  for (const int count : {1, 250}) {
    CAPTURE(count);
    std::vector<Told> records;
    std::vector<Told> partial;
    for (int i = 1; i <= count; ++i) {
      records.push_back({.id = i,
                         .values = {{"a", "1"}, {"b", "1"}, {"o", "1"}, {"p", "1"}},
                         .rejected = {{"a", "bad"}, {"b", "bad"}}});
      partial.push_back({.id = i, .values = {{"a", "2"}, {"o", "2"}}});
    }
    Write(records);

    Write(PartialBatch({"lastmodifieddate", "a", "o"}, partial));

    CHECK(List("a, b, _overflow, _rejected", "FROM acme.contacts WHERE id = 1") ==
          R"(2|1|{"o": "2", "p": "1"}|{"b": "bad"})");
    Value("DELETE FROM acme.contacts");
  }
}

TEST_CASE_FIXTURE(CommitWriterFixture, "a partial read that shows a value empty clears it") {
  Write({{.id = 1, .values = {{"a", "1"}, {"b", "1"}, {"o", "1"}}}});

  Write(PartialBatch({"lastmodifieddate", "a", "o"}, {{.id = 1}}));

  CHECK(List("coalesce(a, '-'), b, coalesce(_overflow::text, 'none')", "FROM acme.contacts") ==
        "-|1|none");
}

TEST_CASE_FIXTURE(CommitWriterFixture, "the last values of archived properties stay") {
  Write({{.id = 1, .values = {{"a", "1"}, {"b", "1"}, {"o", "1"}, {"p", "1"}}}});
  MirrorTable wanted = *contacts();
  for (MirrorColumn& column : wanted.columns) {
    column.definition.Edit().archived = column.property() == "b" || column.property() == "p";
  }
  set_contacts(sink().ApplyLayout(wanted));

  Write({{.id = 1, .modified = Second(1'700'000'000), .values = {{"a", "2"}, {"o", "2"}}}});

  CHECK(List("a, b, _overflow", "FROM acme.contacts") == R"(2|1|{"o": "2", "p": "1"})");
}

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "rows read for an older layout keep clear of what was retyped meanwhile") {
  const RowBatch under_way = Batch({{.id = 1, .values = {{"a", "text"}, {"b", "x"}}}});
  MirrorTable wanted = *contacts();
  wanted.columns[1].type = ColumnType::kNumeric;
  sink().ApplyLayout(wanted);

  const CommitOutcome outcome = Write(under_way);

  CHECK(outcome.quarantined == 0);
  CHECK(List("coalesce(a::text, 'none'), b", "FROM acme.contacts") == "none|x");
}

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "a proven range makes suspects of live rows that are not on it") {
  Write({{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4, .archived = true}, {.id = 9}});

  const CommitOutcome outcome = Prove(Range(1, 5, {1, 3}));

  CHECK(outcome.suspects == 1);
  CHECK(PendingNow() == "2|absent");
}

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "the last page proves everything above it, however much that is") {
  std::vector<Told> records;
  for (int i = 1; i <= 7000; ++i) records.push_back({.id = i});
  Write(records);

  const CommitOutcome outcome = Prove(Range(2, kInfinity, {3}));

  CHECK(outcome.suspects == 6998);
  CHECK(Value("SELECT count(*) FROM acme._pending WHERE id IN (1, 3)") == "0");
}

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "an empty last page of a large table makes suspects by the hundred thousand") {
  Value("INSERT INTO acme.contacts (id, a) SELECT i, 'x' FROM generate_series(1, 250000) i");
  const int64_t before = PeakMemory();

  // In one statement's time, which is half a minute.
  CHECK(Prove(Range(1, kInfinity, {})).suspects == 100'000);

  // Ids of all at once, as numbers and as text, are some 15 MB.
  CHECK(PeakMemory() - before < 64 << 20);
  // What these turn out to be decides whether the others are looked at.
  Value("UPDATE acme.contacts SET erased_at = now() FROM acme._pending p WHERE p.id = contacts.id");
  CHECK(Prove(Range(1, kInfinity, {})).suspects == 100'000);
  CHECK(Value("SELECT count(*) FROM acme._pending") == "200000");
}

TEST_CASE_FIXTURE(CommitWriterFixture, "a range and its rows in one commit need no second look") {
  Write({{.id = 1, .values = {{"a", "1"}}}, {.id = 2}});
  Commit commit = NewCommit();
  commit.rows.push_back(Batch({{.id = 1, .values = {{"a", "1"}}}, {.id = 3}}));
  commit.ranges = {Range(0, 10, {1, 3})};

  const CommitOutcome outcome = sink().Write(commit);

  CHECK(outcome.unchanged == 1);
  CHECK(outcome.inserted == 1);
  CHECK(outcome.suspects == 1);
  CHECK(PendingNow() == "2|absent");
}

TEST_CASE_FIXTURE(CommitWriterFixture, "a range begins with its first id and ends with its last") {
  Write({{.id = 9}, {.id = 10}, {.id = 20}, {.id = 30}, {.id = 31}});

  CHECK(Prove(Range(11, 29, {20})).suspects == 0);
  CHECK(Prove(Range(10, 30, {20})).suspects == 2);
  CHECK(PendingNow() == "10|absent;30|absent");
}

TEST_CASE_FIXTURE(CommitWriterFixture, "a row written from a later request is no suspect") {
  const ProvenRange range = Range(0, 10, {});
  clock().Advance(1s);
  Write({{.id = 1}});

  CHECK(Prove(range).suspects == 0);
}

TEST_CASE_FIXTURE(CommitWriterFixture, "a row written from an earlier request is one") {
  Write({{.id = 1}});

  CHECK(Prove(Range(0, 10, {})).suspects == 1);
}

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "the archived list makes suspects of rows flagged archived") {
  Write({{.id = 1, .archived = true}, {.id = 2, .archived = true}, {.id = 3}});

  const CommitOutcome outcome = Prove(Range(0, kInfinity, {1}, true));

  CHECK(outcome.suspects == 1);
  CHECK(PendingNow() == "2|unarchived");
}

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "a suspicion does not replace what is pending already, a commit does") {
  Write({{.id = 1}});
  Commit commit = NewCommit();
  commit.pending = {{.id = RecordId{1},
                     .cause = PendingCause::kNominated,
                     .nominated = Second(50),
                     .absent_since = Second(60),
                     .attempts = 3,
                     .not_before = Second(70)}};
  sink().Write(commit);

  CHECK(Prove(Range(0, 10, {})).suspects == 0);

  const auto due = sink().DuePending(contacts()->object, Second(70), 10);
  REQUIRE(due.size() == 1);
  CHECK(due[0].cause == PendingCause::kNominated);
  CHECK(due[0].nominated == Second(50));
  CHECK(due[0].absent_since == Second(60));
  CHECK(due[0].attempts == 3);
  CHECK(due[0].not_before == Second(70));
  CHECK(sink().DuePending(contacts()->object, Second(69), 10).empty());
  CHECK(sink().CountPending(contacts()->object).waiting == 1);
  CHECK(sink().CountPending(contacts()->object).absent == 1);

  commit.pending = {{.id = RecordId{1}, .cause = PendingCause::kRequested}};
  sink().Write(commit);
  CHECK(sink().DuePending(contacts()->object, Second(0), 10).at(0).cause ==
        PendingCause::kRequested);
  // When it was found nowhere first is not forgotten.
  CHECK(sink().CountPending(contacts()->object).absent == 1);
}

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "an unproved record is counted by itself and left out of the live views") {
  Write({{.id = 1}, {.id = 2}, {.id = 3}});
  Commit commit = NewCommit();
  commit.pending = {
      {.id = RecordId{1}, .cause = PendingCause::kUnproved, .absent_since = Second(60)},
      {.id = RecordId{2}, .cause = PendingCause::kAbsent, .absent_since = Second(60)}};
  sink().Write(commit);

  const PendingCounts counts = sink().CountPending(contacts()->object);
  CHECK(counts.waiting == 1);
  CHECK(counts.absent == 2);
  CHECK(counts.unproved == 1);
  CHECK(sink().DuePending(contacts()->object, Second(70), 10).size() == 2);
  CHECK(List("id", "FROM acme.contacts_live ORDER BY id") == "2;3");
  CHECK(List("id", "FROM acme.contacts_readable ORDER BY id") == "2;3");
  CHECK(List("pending, unproved", "FROM hubmirror.status WHERE object = 'contacts'") == "1|1");

  commit.pending = {};
  commit.settled = {Taken(1)};
  sink().Write(commit);
  CHECK(List("id", "FROM acme.contacts_live ORDER BY id") == "1;2;3");
}

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "a record is settled as it was read, whatever it waits for") {
  Commit commit = NewCommit();
  commit.pending = {{.id = RecordId{1}, .cause = PendingCause::kAbsent}, {.id = RecordId{2}}};
  sink().Write(commit);
  commit.pending.clear();
  commit.settled = {Taken(1)};
  sink().Write(commit);

  CHECK(PendingNow() == "2|nominated");
}

TEST_CASE_FIXTURE(CommitWriterFixture, "what is found of a waiting record again is not settled") {
  Write({{.id = 1}});
  Commit commit = NewCommit();
  clock().Advance(1s);
  commit.ranges = {Range(1, 1, {})};
  CHECK(sink().Write(commit).suspects == 1);
  const SettledRecord taken = Taken(1);
  CHECK(sink().Write(commit).suspects == 0);

  Commit late = NewCommit();
  late.settled = {taken};
  late.pending = {{.id = RecordId{1}, .cause = PendingCause::kUnproved, .version = taken.version}};
  sink().Write(late);

  CHECK(PendingNow() == "1|absent");
}

TEST_CASE_FIXTURE(CommitWriterFixture, "a stamp settles the nominations it answers for, only") {
  Commit commit = NewCommit();
  commit.pending = {{.id = RecordId{1}, .nominated = Second(5)},
                    {.id = RecordId{2}, .nominated = Second(7)},
                    {.id = RecordId{3}, .cause = PendingCause::kAbsent}};
  sink().Write(commit);
  commit.pending.clear();
  for (const int64_t id : {1, 2, 3}) {
    commit.settled.push_back({.id = RecordId{id}, .shown = Second(6)});
  }
  sink().Write(commit);

  CHECK(PendingNow() == "2|nominated;3|absent");
}

TEST_CASE_FIXTURE(CommitWriterFixture, "a nomination leaves what was found out before") {
  Commit commit = NewCommit();
  commit.pending = {{.id = RecordId{1},
                     .nominated = Second(5),
                     .absent_since = Second(9),
                     .attempts = 3,
                     .not_before = Second(20)}};
  sink().Write(commit);
  commit.pending = {{.id = RecordId{1}, .nominated = Second(5), .not_before = Second(30)}};
  sink().Write(commit);
  const auto same = sink().DuePending(contacts()->object, Second(20), 9);
  REQUIRE(same.size() == 1);
  CHECK(same.front().absent_since == Second(9));
  CHECK(same.front().attempts == 3);

  commit.pending = {{.id = RecordId{1}, .nominated = Second(6), .not_before = Second(30)}};
  sink().Write(commit);
  CHECK(sink().DuePending(contacts()->object, Second(29), 9).empty());
  const auto newer = sink().DuePending(contacts()->object, Second(30), 9);
  REQUIRE(newer.size() == 1);
  CHECK(newer.front().absent_since == Second(9));
  CHECK(newer.front().attempts == 0);
}

TEST_CASE_FIXTURE(CommitWriterFixture, "what a stream owes and what it lost is stored with rows") {
  Commit commit = NewCommit();
  commit.debts = R"({"sweeps_wanted":1})";
  sink().Write(commit);
  sink().Write(NewCommit());
  CHECK(sink().Load(contacts()->object).debts == R"({"sweeps_wanted":1})");

  sink().ResetStream(contacts()->object);
  CHECK(sink().Load(contacts()->object).debts.empty());
}

TEST_CASE_FIXTURE(CommitWriterFixture, "a walk without order finds what it never saw") {
  Write({{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4, .archived = true}});
  Value("UPDATE acme.contacts SET _synced_at = now() - interval '1 h'");
  sink().BeginSeen(contacts()->object);
  sink().AddSeen(contacts()->object, {RecordId{1}});
  sink().AddSeen(contacts()->object, {RecordId{1}, RecordId{77}});
  Write({{.id = 5}});

  CHECK(sink().SuspectUnseen(contacts()->object, Second(4'000'000'000)) == 2);
  CHECK(PendingNow() == "2|absent;3|absent");
}

TEST_CASE_FIXTURE(CommitWriterFixture, "values lost are counted where many rows change at once") {
  std::vector<Told> records;
  for (int i = 1; i <= 300; ++i) {
    records.push_back({.id = i, .values = {{"a", "1"}, {"b", "1"}, {"o", "1"}}});
  }
  Write(records);
  for (int i = 0; i < 300; ++i) {
    records[static_cast<size_t>(i)].values = {{"b", "2"}};
    if (i >= 250) records[static_cast<size_t>(i)].rejected = {{"a", "bad"}};
  }

  const CommitOutcome outcome = Write(records);

  CHECK(outcome.updated == 300);
  CHECK(outcome.values_lost.size() == 2);
  CHECK(outcome.values_lost.at("a") == 250);
  CHECK(outcome.values_lost.at("o") == 300);
  CHECK(sink().Load(contacts()->object).values_lost == outcome.values_lost);

  Commit forgetting = NewCommit();
  forgetting.forget_lost_values = true;
  sink().Write(forgetting);
  CHECK(sink().Load(contacts()->object).values_lost.empty());
}

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "a witness is a record that is there for certain, read most recently") {
  CHECK_FALSE(sink().WitnessRecord(contacts()->object, false));
  Write({{.id = 1}, {.id = 9}});
  Write({{.id = 5}});
  Write({{.id = 4, .archived = true}});

  CHECK(sink().WitnessRecord(contacts()->object, false) == RecordId{5});
  CHECK(sink().WitnessRecord(contacts()->object, true) == RecordId{4});

  Commit commit = NewCommit();
  commit.pending = {{.id = RecordId{5}, .cause = PendingCause::kAbsent}};
  sink().Write(commit);
  CHECK(sink().WitnessRecord(contacts()->object, false) == RecordId{9});

  // A restart has seen nothing yet.
  const auto restarted = AnotherSink("me");
  restarted->Claim();
  restarted->Load(contacts()->object);
  CHECK(restarted->WitnessRecord(contacts()->object, false) == RecordId{9});
  CHECK(restarted->WitnessRecord(contacts()->object, true) == RecordId{4});
}

TEST_CASE_FIXTURE(CommitWriterFixture, "a reset forgets cursors and pending records, not rows") {
  Commit commit = NewCommit();
  commit.rows.push_back(Batch({{.id = 1}}));
  commit.progress[JobKind::kChanges] = {.cursor = "{}"};
  commit.pending = {{.id = RecordId{2}}};
  sink().Write(commit);

  sink().ResetStream(contacts()->object);

  const StoredStream stored = sink().Load(contacts()->object);
  CHECK(stored.progress.empty());
  CHECK(stored.pending.waiting == 0);
  CHECK(stored.rows == 1);
}

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "live rows are counted along, through every way a record can go") {
  Write({{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4}, {.id = 5}, {.id = 6, .archived = true}});
  Write({{.id = 1, .archived = true},
         {.id = 2, .modified = Second(1'700'000'000), .merged_ids = {3}}});
  Commit commit = NewCommit();
  commit.fates = {{.id = RecordId{4}, .kind = Fate::Kind::kErased},
                  {.id = RecordId{6}, .kind = Fate::Kind::kPurged}};
  sink().Write(commit);

  CHECK(sink().Load(contacts()->object).rows == 2);
  CHECK(sink().CountRows(contacts()->object) == 2);
  Value("DELETE FROM acme.contacts WHERE id = 5");
  CHECK(sink().CountRows(contacts()->object) == 1);
  CHECK(sink().Load(contacts()->object).rows == 1);
}

TEST_CASE_FIXTURE(CommitWriterFixture,
                  "a record that HubSpot does not show is set aside by its id") {
  Write({{.id = 1}, {.id = 2}});
  Commit commit = NewCommit();
  commit.pending = {{.id = RecordId{1}, .cause = PendingCause::kUnreadable}};
  sink().Write(commit);
  CHECK(PendingNow() == "1|unreadable");
  CHECK(sink().DuePending(contacts()->object, Second(1'700'000'000), 10).front().cause ==
        PendingCause::kUnreadable);
  commit.pending.clear();
  commit.settled = {Taken(1)};
  commit.unreadable = {{RecordId{1}, "HubSpot fails"}, {RecordId{7}, "HubSpot fails"}};

  const CommitOutcome first = sink().Write(commit);
  const CommitOutcome again = sink().Write(commit);

  CHECK(PendingNow().empty());
  CHECK(first.unreadable == 2);
  CHECK(again.unreadable == 0);
  CHECK(List("object, id, reason, record, attempts", "FROM acme._quarantine ORDER BY id") ==
        "contacts|1|HubSpot fails|{}|2;contacts|7|HubSpot fails|{}|2");
  CHECK(sink().Load(contacts()->object).quarantined == 2);
}

TEST_CASE_FIXTURE(CommitWriterFixture, "a record shown as it is stored is not set aside any more") {
  Write({{.id = 1}, {.id = 2}});
  Commit commit = NewCommit();
  commit.unreadable = {{RecordId{1}, "HubSpot fails"}, {RecordId{2}, "HubSpot fails"}};
  sink().Write(commit);

  const CommitOutcome shown = Write({{.id = 1}});
  Commit gone = NewCommit();
  gone.fates = {{.id = RecordId{2}, .kind = Fate::Kind::kPurged}};
  const CommitOutcome purged = sink().Write(gone);

  CHECK(shown.unchanged == 1);
  CHECK(shown.released == 1);
  CHECK(purged.released == 1);
  CHECK(Value("SELECT count(*) FROM acme._quarantine") == "0");
}

TEST_CASE_FIXTURE(CommitWriterFixture, "the account and property groups are kept") {
  Account account;
  account.portal_id = PortalId{4711};
  account.time_zone = "Europe/Berlin";
  account.additional_currencies = {"EUR", "US\"D"};
  sink().SaveAccount(account);
  sink().SaveAccount(account);
  sink().SavePropertyGroups(contacts()->object, {{.name = "g", .label = "Group"}});
  sink().SavePropertyGroups(contacts()->object, {{.name = "h", .label = "Other"}});

  CHECK(List("portal_id, time_zone, additional_currencies[2]", "FROM acme.account") ==
        "4711|Europe/Berlin|US\"D");
  CHECK(List("name, label", "FROM acme.property_groups") == "h|Other");
}

}  // namespace
}  // namespace hubmirror::testing
