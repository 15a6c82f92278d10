#include <doctest/doctest.h>

#include "postgres/outbox_fixture.h"

namespace hubmirror::testing {
namespace {

const TimePoint kEchoSent = Second(1'700'000'000);

Echo EchoOf(const std::string& property, const std::string& value, int64_t record = 1) {
  return {.object = "contacts", .id = RecordId{record}, .property = property, .value = value};
}

struct EchoFixture : OutboxFixture {
  EchoFixture() : OutboxFixture({"score", "city", "note", "day", "at", "flag", "far"}, true) {
    auto columns = Properties();
    MirrorColumn choices = Property("choices");
    choices.definition.Edit().type = "enumeration";
    choices.definition.Edit().field_type = "checkbox";
    columns.push_back(choices);
    columns.push_back(Property("email"));
    MirrorColumn made = Property("calc", ColumnType::kNumeric);
    made.definition.Edit().calculated = true;
    columns.push_back(made);
    MakeContacts(columns);
    // Older than the first load, so that what comes later is new.
    Shows({.id = 1, .values = {{"city", "Bonn"}}});
    Value("DELETE FROM acme.changes");
  }

  /// A row for contact 1 that is claimed, to send `echoes`.
  OutboxId Sends(const std::vector<Echo>& echoes, int attempts = 0) {
    const OutboxId id = Insert(1, R"({"city": "any"})");
    Claims(id, echoes, attempts);
    return id;
  }
  void Claims(OutboxId id, const std::vector<Echo>& echoes, int attempts = 0) {
    const auto claimed = sink().Claim(
        Contacts(),
        {{.id = id, .attempts = attempts, .record = RecordId{1}, .sent = {}, .echoes = echoes}},
        kEchoSent);
    REQUIRE(claimed.size() == 1);
  }
  /// A read of the records, each a second younger than the one before.
  CommitOutcome Shows(Told told) {
    clock().Advance(std::chrono::seconds(1));
    told.modified = Second(1'600'000'000 + ++reads_);
    return Write({told});
  }
  void Ends(OutboxId id, OutboxState state, bool over) {
    Change({.id = id, .attempts = 1, .state = state, .record = RecordId{1}, .echo_over = over});
  }
  /// The entries since the last look, `op origin rows` each.
  std::string Entries() {
    const std::string rows = List("op, origin, coalesce(outbox_ids::text, '-')",
                                  "FROM acme.changes WHERE origin IS NOT NULL ORDER BY seq");
    Value(
        "DELETE FROM acme.changes WHERE seq < (SELECT max(seq) FROM acme.changes)"
        " OR seq = (SELECT max(seq) FROM acme.changes) AND origin IS NOT NULL");
    return rows;
  }
  std::string Left() const { return Value("SELECT count(*) FROM acme._echo"); }

 private:
  int64_t reads_ = 0;
};

TEST_CASE_FIXTURE(EchoFixture, "W14: a value that a row wrote is known as ours, once") {
  const OutboxId id = Sends({EchoOf("city", "Ulm")});
  CHECK(Left() == "1");

  Shows({.id = 1, .values = {{"city", "Ulm"}}});
  CHECK(Entries() == "update|own|{" + std::to_string(id.value) + "}");
  CHECK(Left() == "0");
  CHECK(observer().echoes == std::map<std::string, int64_t>{{"own", 1}});

  Shows({.id = 1, .values = {{"city", "Bonn"}}});
  Shows({.id = 1, .values = {{"city", "Ulm"}}});
  CHECK(Entries() == "update|hubspot|-;update|hubspot|-");
}

TEST_CASE_FIXTURE(EchoFixture, "W14: another value, property or record is never ours") {
  Sends({EchoOf("city", "Ulm")});

  Shows({.id = 1, .values = {{"city", "ulm"}}});
  Shows({.id = 1, .values = {{"city", "ulm"}, {"note", "Ulm"}}});
  Shows({.id = 2, .values = {{"city", "Ulm"}}});

  CHECK(Entries() == "update|hubspot|-;update|hubspot|-;seen|hubspot|-");
  CHECK(Left() == "1");
}

TEST_CASE_FIXTURE(EchoFixture, "W14: values are compared as parsed") {
  struct Spelling {
    std::string property, sent, shown;
  };
  for (const auto& [property, sent, shown] :
       {Spelling{"score", "2.5", "2.500"}, Spelling{"score", "1e3", "1000"},
        Spelling{"day", "2026-11-30", "2026-11-30"},
        Spelling{"at", "2026-11-30T10:00:00.120Z", "2026-11-30T10:00:00.120Z"},
        Spelling{"flag", "true", "true"}, Spelling{"far", "x", "x"},
        Spelling{"choices", "b;a", "a;b"}, Spelling{"email", "Jo@Example.com", "jo@example.com"},
        Spelling{"note", std::string(20'000, 'n'), std::string(20'000, 'n')}}) {
    CAPTURE(property);
    Shows({.id = 1});
    Entries();
    Sends({EchoOf(property, sent)});
    Shows({.id = 1, .values = {{property, shown}}});
    CHECK(Entries().starts_with("update|own|"));
  }
}

TEST_CASE_FIXTURE(EchoFixture, "W14: a value that was taken away is one of ours, too") {
  Sends({EchoOf("city", "")});
  Shows({.id = 1});
  CHECK(Entries().starts_with("update|own|"));
}

TEST_CASE_FIXTURE(EchoFixture, "W14: where others changed something as well it is mixed") {
  Sends({EchoOf("city", "Ulm"), EchoOf("score", "3")});
  Shows({.id = 1, .values = {{"city", "Ulm"}, {"score", "3"}, {"note", "theirs"}}});
  CHECK(Entries().starts_with("update|mixed|"));
  // Who calculates something because of ours is HubSpot.
  Sends({EchoOf("city", "Bonn")});
  Shows({.id = 1, .values = {{"city", "Bonn"}, {"score", "3"}, {"note", "theirs"}, {"calc", "1"}}});
  CHECK(Entries().starts_with("update|mixed|"));
}

TEST_CASE_FIXTURE(EchoFixture, "W14: what HubSpot made of a value is known once it has answered") {
  const OutboxId id = Sends({EchoOf("note", "+49 1")});

  SUBCASE("and not before: a near miss") {
    Shows({.id = 1, .values = {{"city", "Bonn"}, {"note", "+491"}}});
    CHECK(Entries() == "update|hubspot|-");
    CHECK(observer().echoes["near_miss"] == 1);
  }
  SUBCASE("whoever reads it then") {
    Change({.id = id,
            .attempts = 1,
            .state = OutboxState::kWritten,
            .record = RecordId{1},
            .echoes = {EchoOf("note", "+491")}});
    CHECK(Left() == "2");
    Shows({.id = 1, .values = {{"city", "Bonn"}, {"note", "+491"}}});
    CHECK(Entries().starts_with("update|own|"));
    CHECK(observer().echoes["near_miss"] == 0);
    CHECK(Left() == "0");
  }
}

TEST_CASE_FIXTURE(EchoFixture, "W14: what was not carried out is nobody's echo") {
  const OutboxId id = Sends({EchoOf("city", "Ulm")});

  SUBCASE("refused") {
    Ends(id, OutboxState::kFailed, true);
    CHECK(Left() == "0");
  }
  SUBCASE("nobody knows: it may have been") {
    Ends(id, OutboxState::kUnknown, false);
    Shows({.id = 1, .values = {{"city", "Ulm"}}});
    CHECK(Entries().starts_with("update|own|"));
  }
}

TEST_CASE_FIXTURE(EchoFixture, "W14: of a row that is done nothing is left to be seen") {
  const OutboxId id = Sends({EchoOf("city", "Ulm")});
  Change({.id = id, .attempts = 1, .state = OutboxState::kWritten, .record = RecordId{1}});

  SUBCASE("overwritten before anybody saw it") {
    Done(id, 1, {.id = 1, .modified = Second(1'600'000'900), .values = {{"city", "Kiel"}}});
    CHECK(Entries() == "update|hubspot|-");
  }
  SUBCASE("seen with the commit that ends it") {
    Done(id, 1, {.id = 1, .modified = Second(1'600'000'900), .values = {{"city", "Ulm"}}});
    CHECK(Entries().starts_with("update|own|"));
  }
  SUBCASE("seen by a poll before") {
    Shows({.id = 1, .values = {{"city", "Ulm"}}});
    Done(id, 1, {.id = 1, .modified = Second(1'600'000'900), .values = {{"city", "Ulm"}}});
    CHECK(Entries().starts_with("update|own|"));
  }
  SUBCASE("the mirror is ahead of the read that ends it") {
    Shows({.id = 1, .values = {{"city", "Kiel"}}});
    Done(id, 1, {.id = 1, .modified = Second(1'500'000'000), .values = {{"city", "Ulm"}}});
    CHECK(Entries() == "update|hubspot|-");
  }
  CHECK(Left() == "0");
}

TEST_CASE_FIXTURE(EchoFixture, "W14: a later row's value uses up what an earlier one left") {
  const OutboxId first = Sends({EchoOf("city", "Ulm")});
  Ends(first, OutboxState::kUnknown, false);
  Value("UPDATE acme.outbox SET state = 'failed', reason = 'retries'");
  const OutboxId second = Sends({EchoOf("city", "Kiel")});
  Shows({.id = 1, .values = {{"city", "Kiel"}}});
  Shows({.id = 1, .values = {{"city", "Ulm"}}});
  CHECK(Entries() == "update|own|{" + std::to_string(second.value) + "};update|hubspot|-");
}

TEST_CASE_FIXTURE(EchoFixture,
                  "W14: a record that a row made is known by its guard, or the answer") {
  Echo guard = EchoOf("note", "hm-1", 0);
  guard.names_record = true;
  const OutboxId id = Sends({guard, EchoOf("city", "Ulm", 0)});

  SUBCASE("by the guard, whoever reads it first") {
    Shows({.id = 5, .values = {{"city", "Ulm"}, {"note", "hm-2"}}});
    CHECK(Entries() == "seen|hubspot|-");
    Shows({.id = 6, .values = {{"city", "Ulm"}, {"note", "hm-1"}, {"calc", "7"}}});
    CHECK(Entries() == "seen|own|{" + std::to_string(id.value) + "}");
    CHECK(Left() == "0");
  }
  SUBCASE("what others had written by then is not ours") {
    Shows({.id = 6, .values = {{"city", "Ulm"}, {"note", "hm-1"}, {"far", "theirs"}}});
    CHECK(Entries().starts_with("seen|mixed|"));
  }
  SUBCASE("but only a new one") {
    const OutboxId other = Insert(2, R"({"city": "any"})");
    Claims(other, {EchoOf("city", "Trier")});
    clock().Advance(std::chrono::seconds(1));
    Write({{.id = 1,
            .modified = Second(1'600'000'100),
            .values = {{"city", "Trier"}, {"note", "hm-1"}}},
           {.id = 7, .modified = Second(1'600'000'100), .values = {{"city", "Kiel"}}}});
    CHECK(Entries() == "update|mixed|{" + std::to_string(other.value) + "};seen|hubspot|-");
    CHECK(Left() == "2");
  }
  SUBCASE("by its id") {
    Change({.id = id, .attempts = 1, .state = OutboxState::kWritten, .record = RecordId{6}});
    Shows({.id = 5, .values = {{"note", "hm-1"}}});
    CHECK(Entries() == "seen|hubspot|-");
    Shows({.id = 6, .values = {{"city", "Ulm"}, {"note", "hm-1"}}});
    CHECK(Entries().starts_with("seen|own|"));
  }
}

TEST_CASE_FIXTURE(EchoFixture, "W14: a record that a row archived is known as such") {
  Sends({EchoOf(std::string(kEchoOfArchive), "archived")});
  Shows({.id = 1, .values = {{"city", "Bonn"}}, .archived = true});
  CHECK(Entries().starts_with("archive|own|"));
  clock().Advance(std::chrono::minutes(5));
  Shows({.id = 1, .values = {{"city", "Bonn"}}});
  clock().Advance(std::chrono::minutes(5));
  Shows({.id = 1, .values = {{"city", "Bonn"}}, .archived = true});
  CHECK(Entries() == "restore|hubspot|-;archive|hubspot|-");
}

TEST_CASE_FIXTURE(EchoFixture, "W14: a link that a row made or took away is known by its type") {
  const LinkPair pair{Contacts(), *FindObjectType("companies")};
  const LinkType plain{"HUBSPOT_DEFINED", 279, ""};
  const LinkType boss{"USER_DEFINED", 7, "Boss"};
  const auto shows = [&](const std::vector<Link>& links, int64_t at) {
    sink().WriteLinks({.pair = pair, .read = {RecordId{1}}, .links = links, .at = Second(at)});
  };
  const auto echo = [&](bool made, int64_t to, const LinkType& type) {
    return EchoOf(std::string(kEchoOfLink), LinkEcho(made, "companies", RecordId{to}, type));
  };
  Sends({echo(true, 9, {}), echo(true, 9, boss)});

  shows({{RecordId{1}, RecordId{8}, plain}}, 100);
  CHECK(Entries() == "link|hubspot|-");
  shows({{RecordId{1}, RecordId{8}, plain}, {RecordId{1}, RecordId{9}, plain}}, 200);
  CHECK(Entries().starts_with("link|own|"));
  CHECK(Left() == "1");
  shows({{RecordId{1}, RecordId{8}, boss}, {RecordId{1}, RecordId{9}, plain}}, 300);
  CHECK(Entries() == "link|hubspot|-;unlink|hubspot|-");

  Sends({echo(false, 9, plain)});
  shows({{RecordId{1}, RecordId{8}, boss}}, 400);
  CHECK(Entries().starts_with("unlink|own|"));
  CHECK(observer().echoes["near_miss"] == 0);
}

TEST_CASE_FIXTURE(EchoFixture, "W14: what nobody has seen for a day is forgotten, and counted") {
  Sends({EchoOf("city", "Ulm")});
  Value("UPDATE acme._echo SET until = now() - interval '1 s'");

  Shows({.id = 1, .values = {{"city", "Ulm"}}});
  CHECK(Entries() == "update|hubspot|-");
  sink().Heartbeat();

  CHECK(Left() == "0");
  CHECK(observer().echoes == std::map<std::string, int64_t>{{"expired", 1}});
}

TEST_CASE_FIXTURE(EchoFixture, "W14: neither values nor their hashes of an erased contact stay") {
  Sends({EchoOf("city", "Ulm")});
  Commit commit = NewCommit();
  commit.fates = {{.id = RecordId{1}, .kind = Fate::Kind::kErased, .at = Second(1'600'001'000)}};
  sink().Write(commit);
  CHECK(Entries() == "erase|hubspot|-");
  CHECK(Left() == "0");
}

TEST_CASE_FIXTURE(OutboxFixture, "W14: without a feed nothing is kept to tell changes apart by") {
  const OutboxId id = Insert(1, R"({"city": "Ulm"})");
  sink().Claim(Contacts(),
               {{.id = id, .record = RecordId{1}, .sent = {}, .echoes = {EchoOf("city", "Ulm")}}},
               kEchoSent);
  CHECK(Value("SELECT count(*) FROM acme._echo") == "0");
}

}  // namespace
}  // namespace hubmirror::testing
