#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"
#include "postgres/writing/history_writer.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

struct HistoryFixture : MirrorFixture {
  HistoryFixture() {
    PortalPlan with_history = plan();
    with_history.streams = {{.object = *FindObjectType("contacts"), .history = {"city"}}};
    Open(with_history);
    MakeContacts({Property("city"), Property("email")});
  }

  void Begin() {
    sink().PrepareHistory(contacts()->object);
    sink().BeginHistory(contacts()->object, {.cursor = R"({"scope":{"city":""}})"});
  }
  static HistoryEntry Entry(int64_t id, const std::string& value, int64_t second) {
    return {.id = RecordId{id},
            .property = "city",
            .value = value,
            .changed_at = Second(second),
            .source_type = "CRM_UI",
            .source_id = "userId:4",
            .updated_by = 4};
  }
  int64_t Add(std::vector<HistoryEntry> entries, std::vector<int64_t> settled = {},
              HistoryScope scope = {{"city", ""}}) {
    HistoryCommit commit{.object = contacts()->object,
                         .scope = std::move(scope),
                         .entries = std::move(entries),
                         .sent_at = clock().Now(),
                         .progress = {.cursor = "{}"}};
    for (const int64_t id : settled) commit.settled.push_back(RecordId{id});
    return sink().WriteHistory(commit).added;
  }
  std::string Due() { return List("id", "FROM acme._due WHERE job = 'history' ORDER BY id"); }
  std::string Values() {
    return List("id, coalesce(value, 'NULL')",
                "FROM acme.contacts_history ORDER BY changed_at, id");
  }
};

TEST_CASE_FIXTURE(HistoryFixture, "history: from the beginning of the walk on changes are due") {
  Write({{.id = 1, .values = {{"city", "Ulm"}}}});
  CHECK(Due().empty());
  Begin();
  Write({{.id = 1, .values = {{"city", "Ulm"}}}, {.id = 2, .values = {{"city", "Ulm"}}}});

  CHECK(Due() == "2");
  const HistoryDue due = sink().DueHistory(contacts()->object, 50);
  CHECK(due.live == std::vector<RecordId>{RecordId{2}});
  CHECK(sink().HistoryBlock(contacts()->object, false, std::nullopt, 50).size() == 2);
}

TEST_CASE_FIXTURE(HistoryFixture, "history: a restarted daemon goes on noting changes") {
  Begin();
  Open(plan());
  sink().Claim();
  sink().Load(contacts()->object);
  Write({{.id = 3, .values = {{"city", "Ulm"}}}});
  CHECK(Due() == "3");

  PortalPlan without = plan();
  without.streams[0].history.clear();
  Open(without);
  sink().Claim();
  const StoredStream stored = sink().Load(contacts()->object);
  CHECK(Due().empty());
  CHECK_FALSE(stored.progress.contains(JobKind::kHistory));
}

TEST_CASE_FIXTURE(HistoryFixture, "history: entries are added once, however often they are shown") {
  Write({{.id = 1, .values = {{"city", "Ulm"}}}});
  Begin();
  CHECK(Add({Entry(1, "Ulm", 10), Entry(1, "Ulm", 10)}) == 1);
  CHECK(Add({Entry(1, "", 20), Entry(1, "Ulm", 10)}) == 1);
  CHECK(Add({Entry(1, "", 20), Entry(1, "Ulm", 10)}) == 0);
  CHECK(Values() == "1|Ulm;1|NULL");
  CHECK(List("source_type, source_id, updated_by",
             "FROM acme.contacts_history WHERE value = 'Ulm'") == "CRM_UI|userId:4|4");
}

TEST_CASE_FIXTURE(HistoryFixture, "history: a record written meanwhile stays due") {
  Write({{.id = 1, .values = {{"city", "Ulm"}}}});
  Begin();
  Write({{.id = 1, .modified = Second(1'700'000'000), .values = {{"city", "Bonn"}}},
         {.id = 2, .values = {{"city", "Ulm"}}}});
  const Instant sent_at = clock().Now();
  clock().Advance(1s);
  Write({{.id = 1, .modified = Second(1'800'000'000), .values = {{"city", "Kiel"}}}});

  sink().WriteHistory({.object = contacts()->object,
                       .scope = {{"city", ""}},
                       .entries = {Entry(1, "Bonn", 10)},
                       .settled = {RecordId{1}, RecordId{2}},
                       .sent_at = sent_at});
  CHECK(Due() == "1");
}

TEST_CASE_FIXTURE(HistoryFixture, "history: a record that is put off is due no sooner") {
  Write({{.id = 1, .values = {{"city", "Ulm"}}}, {.id = 2, .values = {{"city", "Ulm"}}}});
  Begin();
  const auto put_off = [&](int64_t id, std::chrono::seconds in) {
    sink().WriteHistory({.object = contacts()->object, .again = {RecordId{id}}, .again_in = in});
  };
  put_off(1, 1h);
  CHECK(sink().DueHistory(contacts()->object, 50).empty());
  put_off(2, 0s);
  CHECK(sink().DueHistory(contacts()->object, 50).live == std::vector<RecordId>{RecordId{2}});
  CHECK(Due() == "1;2");

  ConnectionPool::Lease lease = pool().Take();
  HistoryWriter::AskNow(*lease, "acme", "contacts", RecordId{1});
  CHECK(sink().DueHistory(contacts()->object, 50).live.size() == 2);
}

TEST_CASE_FIXTURE(HistoryFixture,
                  "history: what HubSpot does not show is set aside until it is settled") {
  Write({{.id = 1, .values = {{"city", "Ulm"}}}});
  Begin();
  sink().SaveState(contacts()->object, StreamState::kCurrent, "", "");
  const auto set_aside = [&] {
    return sink().WriteHistory(
        {.object = contacts()->object, .unreadable = {{.id = RecordId{1}, .reason = "it fails"}}});
  };
  CHECK(set_aside().unreadable == 1);
  CHECK(set_aside().unreadable == 0);
  CHECK(List("object, id, reason, attempts", "FROM acme._quarantine") ==
        "contacts_history|1|it fails|2");
  CHECK(sink().Load(contacts()->object).quarantined == 1);
  CHECK(Value("SELECT quarantined FROM hubmirror.status WHERE object = 'contacts'") == "1");

  // A good read of the record itself says nothing about its history.
  Write({{.id = 1, .modified = Second(1'700'000'000), .values = {{"city", "Bonn"}}}});
  CHECK(Value("SELECT count(*) FROM acme._quarantine") == "1");
  CHECK(sink()
            .WriteHistory(
                {.object = contacts()->object, .settled = {RecordId{1}}, .sent_at = clock().Now()})
            .released == 1);
  CHECK(Value("SELECT count(*) FROM acme._quarantine") == "0");

  set_aside();
  PortalPlan without = plan();
  without.streams[0].history.clear();
  Open(without);
  sink().Claim();
  CHECK(Value("SELECT count(*) FROM acme._quarantine") == "0");
}

TEST_CASE_FIXTURE(HistoryFixture,
                  "R14: an erasure takes the past along, and it does not come back") {
  Write({{.id = 1, .values = {{"city", "Ulm"}}}, {.id = 2, .values = {{"city", "Ulm"}}}});
  Begin();
  Add({Entry(1, "Ulm", 10), Entry(2, "Ulm", 11)});
  sink().WriteHistory(
      {.object = contacts()->object, .unreadable = {{.id = RecordId{1}, .reason = "it fails"}}});
  Write({{.id = 1, .modified = Second(1'700'000'000), .values = {{"city", "Bonn"}}}});
  Commit commit = NewCommit();
  commit.fates = {{.id = RecordId{1}, .kind = Fate::Kind::kErased, .at = Second(30)}};
  CHECK(sink().Write(commit).released == 1);

  CHECK(Values() == "2|Ulm");
  CHECK(Value("SELECT count(*) FROM acme._quarantine") == "0");
  CHECK(Due().empty());
  CHECK(Add({Entry(1, "Bonn", 20)}) == 0);
  CHECK(Add({Entry(99, "Ulm", 20)}) == 0);
  CHECK(Values() == "2|Ulm");
}

TEST_CASE_FIXTURE(HistoryFixture, "history: what is left out or hashed loses its past at once") {
  Write({{.id = 1, .values = {{"city", "Ulm"}}}});
  Begin();
  Add({Entry(1, "Ulm", 10)});
  MirrorTable wanted = *contacts();
  for (MirrorColumn& column : wanted.columns) {
    if (column.property() == "city") column.hashed_with = "key one";
  }
  set_contacts(sink().ApplyLayout(wanted));

  CHECK(Values().empty());
  CHECK(Add({Entry(1, "Ulm", 10)}) == 0);
  CHECK(Add({Entry(1, "hash of Ulm", 10)}, {}, {{"city", "key one"}}) == 1);
}

TEST_CASE_FIXTURE(HistoryFixture, "history: a stream that begins anew is followed no more") {
  Begin();
  sink().ResetStream(contacts()->object);
  CHECK_FALSE(sink().DueHistory(contacts()->object, 50).followed);
  CHECK(sink().PrepareHistory(contacts()->object));
}

}  // namespace
}  // namespace hubmirror::testing
