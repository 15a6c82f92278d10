#include <doctest/doctest.h>

#include "postgres/outbox_fixture.h"

namespace hubmirror::testing {
namespace {

const TimePoint kClaimed = Second(1'700'000'000);

/// A portal in which contacts may be made: `key` is the property that hubmirror sets, `code` one
/// whose values HubSpot keeps unique as well.
struct CreateFixture : OutboxFixture {
  explicit CreateFixture(std::string key_property = "key", bool unguarded = false,
                         std::string archive = "false") {
    PortalPlan asking = Asking({"score", "city"});
    asking.streams[0].write.create = true;
    asking.streams[0].write.key_property = std::move(key_property);
    asking.streams[0].write.unguarded = unguarded;
    asking.streams[0].write.archive = std::move(archive);
    Open(asking);
    std::vector<MirrorColumn> columns = Properties();
    for (const char* const name : {"key", "code", "email"}) {
      columns.push_back(Property(name));
      columns.back().definition.Edit().has_unique_value = std::string_view(name) != "email";
    }
    columns.push_back(Property("sum"));
    columns.back().definition.Edit().calculated = true;
    MakeContacts(columns);
  }
  OutboxId Create(const std::string& properties, const std::string& key = "NULL") const {
    return OutboxId{std::stoll(Value(Making(properties, key) + " RETURNING id"))};
  }
  static std::string Making(const std::string& properties, const std::string& key = "NULL") {
    return "INSERT INTO acme.outbox (key, object, op, properties) VALUES (" + key +
           ", 'contacts', 'create', '" + properties + "')";
  }
  /// State, message and hint of the error that `sql` ends in; `none`.
  std::string Refused(const std::string& sql) const {
    Connection other({.dsn = dsn(), .password = {}});
    other.Run(
        "CREATE FUNCTION pg_temp.failure_of(sql text) RETURNS text LANGUAGE plpgsql AS $$"
        " DECLARE hint text; BEGIN EXECUTE sql; RETURN 'none'; EXCEPTION WHEN OTHERS THEN"
        " GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;"
        " RETURN concat_ws(' ', SQLSTATE, SQLERRM, hint); END $$");
    return std::string(other.Run("SELECT pg_temp.failure_of($1)", {sql}).Text(0, 0));
  }
};
struct CreateByEmail : CreateFixture {
  CreateByEmail() : CreateFixture("") {}
};
struct CreateUnguarded : CreateFixture {
  CreateUnguarded() : CreateFixture("", true) {}
};

TEST_CASE_FIXTURE(CreateFixture, "a create may set what HubSpot takes, and not the key") {
  CHECK(Value("SELECT string_agg(op || ':' || property, ' ' ORDER BY op, property)"
              " FROM acme._writable WHERE op <> 'create'") ==
        "key:key match:code match:email update:city update:score upsert:city upsert:score");
  CHECK(Refused(Making(R"({"closed": "x", "score": 2.50})")) == "none");
  CHECK(Says(Refused(Making(R"({"sum": "1"})")), "42501"));
  CHECK(Says(Refused(Making(R"({"key": "mine"})")), "42501"));
  CHECK(Says(Refused(Making(R"({"lastmodifieddate": "1"})")), "42501"));
  CHECK(Says(Refused(Making("{}")), "22023"));
  CHECK(Says(Refused("INSERT INTO acme.outbox (object, op, record_id, properties) VALUES"
                     " ('contacts', 'create', 5, '{\"city\": \"Ulm\"}')"),
             "takes no record_id"));
  CHECK(Says(Refused("INSERT INTO acme.outbox (object, op, properties, base) VALUES"
                     " ('contacts', 'create', '{\"city\": \"Ulm\"}', '{}')"),
             "based on nothing"));
  CHECK(Says(Refused("INSERT INTO acme.outbox (object, op, record_id) VALUES ('contacts',"
                     " 'archive', 5)"),
             "42501"));
}

TEST_CASE_FIXTURE(CreateByEmail, "without a key property, a create sets a unique value") {
  CHECK(Says(Refused(Making(R"({"city": "Ulm"})")), "Set one of these: code, email, key"));
  CHECK(Says(Refused(Making(R"({"email": ""})")), "22023"));
  CHECK(Refused(Making(R"({"email": "jo@example.com"})")) == "none");
}

TEST_CASE_FIXTURE(CreateFixture, "W2: a create of a custom type needs what its schema requires") {
  // To the database it is one type like another.
  Value(
      "INSERT INTO acme.object_types (type_id, object, required_properties) VALUES"
      " ('2-1', 'contacts', '[\"city\", \"score\", \"key\"]')");
  const std::string refused = Refused(Making(R"({"score": "", "closed": "x"})"));
  CHECK(refused ==
        "22023 a new record of contacts needs city, score HubSpot makes no record of this type "
        "without them: give each a value in properties.");
  CHECK(Refused(Making(R"({"city": null, "score": 1})")).find("needs city HubSpot") !=
        std::string::npos);
  CHECK(Refused(Making(R"({"city": "Ulm", "score": 0})")) == "none");
  Insert(1, R"({"city": "Ulm"})");
  Value("UPDATE acme.object_types SET archived_at = now()");
  CHECK(Refused(Making(R"({"closed": "x"})")) == "none");
}

TEST_CASE_FIXTURE(CreateUnguarded, "what may be unguarded needs none") {
  CHECK(Refused(Making(R"({"city": "Ulm"})")) == "none");
}

TEST_CASE_FIXTURE(CreateFixture,
                  "W8: the guard is the key, or what HubSpot can only compare in one way") {
  const auto guard = [&](const std::string& key) {
    Create(R"({"city": "Ulm"})", key);
    return Pick().back().guard;
  };
  CHECK(guard("'crm/4711'") == "crm/4711");
  CHECK(guard("'CRM/4711'") == "hm-65f5ba31f6b8f62e83e5a2fc51050003");
  CHECK(guard("'a b'").starts_with("hm-"));
  CHECK(guard("'\u00e4'").size() == 35);
  CHECK(guard("repeat('x', 101)").size() == 35);
  CHECK(guard("repeat('x', 100)") == std::string(100, 'x'));
  const std::string own = guard("NULL");
  CHECK(own.size() == 35);
  CHECK(own != guard("NULL"));
}

TEST_CASE_FIXTURE(CreateFixture, "a create is picked, claimed, answered and read back") {
  const OutboxId id = Create(R"({"city": "Ulm", "score": 2.50, "far": null})", "'k'");

  const auto rows = Pick();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].op == WriteOp::kCreate);
  CHECK(rows[0].record == RecordId{0});
  REQUIRE(rows[0].values.size() == 3);
  CHECK(rows[0].values[2].value == "2.50");
  CHECK_FALSE(rows[0].values[0].base);
  CHECK_FALSE(rows[0].in_doubt);
  CHECK_FALSE(rows[0].first_sent);

  REQUIRE(Claim(id, {{"city", "Ulm"}, {"key", "k"}}, kClaimed));
  CHECK(Picked(Second(0)).empty());
  const auto doubtful = Pick(kClaimed);
  REQUIRE(doubtful.size() == 1);
  CHECK(doubtful[0].in_doubt);
  CHECK(doubtful[0].first_sent == kClaimed);
  REQUIRE(Claim(id, {{"city", "Ulm"}, {"key", "k"}}, kClaimed + std::chrono::seconds(200), 1));
  CHECK(Pick(kClaimed + std::chrono::seconds(200))[0].first_sent == kClaimed);

  Change({.id = id, .attempts = 2, .state = OutboxState::kWritten, .record = RecordId{77}});
  const auto written = sink().Written(Contacts(), 10);
  REQUIRE(written.size() == 1);
  CHECK(written[0].record == RecordId{77});
  Done(id, 2, {.id = 77, .values = {{"city", "Ulm"}}});
  CHECK(Of(id, "concat_ws('|', state, result_id)") == "done|77");
  CHECK(Value("SELECT city FROM acme.contacts WHERE id = 77") == "Ulm");
}

TEST_CASE_FIXTURE(CreateFixture, "W4: records that are to be made do not wait for each other") {
  for (int i = 0; i < 5; ++i) Create(R"({"city": "Ulm"})");
  Insert(1, R"({"score": 1})");
  Insert(1, R"({"score": 2})");

  CHECK(Picked() == "1 2 3 4 5 6");
  CHECK(Picked(Second(0), 3) == "1 2 3");
}

TEST_CASE_FIXTURE(CreateFixture,
                  "W8: a row in doubt is looked at again once something tells its record") {
  const OutboxId id = Create(R"({"city": "Ulm"})", "'k'");
  REQUIRE(Claim(id, {{"city", "Ulm"}, {"key", "k"}}, kClaimed));
  const std::string unique = "UPDATE acme.properties SET has_unique_value = ";
  Value(unique + "false WHERE name = 'key'");
  Change({.id = id, .attempts = 1, .state = OutboxState::kUnknown, .reason = "doubt"});
  CHECK(Picked(kClaimed).empty());
  Value(unique + "true WHERE name = 'key'");
  const auto rows = Pick(kClaimed);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].doubted);
  CHECK(rows[0].guarded_by == "key");
  Change({.id = id,
          .attempts = 1,
          .state = OutboxState::kUnknown,
          .reason = "doubt",
          .not_within = std::chrono::hours(24)});
  CHECK(StateOf(id) == "unknown/doubt");
  CHECK(Picked(kClaimed).empty());

  SUBCASE("a person says that there is none") {
    CHECK(Value("SELECT acme.outbox_resolve(1)") == "t");
    const auto again = Pick();
    REQUIRE(again.size() == 1);
    CHECK_FALSE(again[0].in_doubt);
    CHECK_FALSE(again[0].first_sent);
    CHECK_FALSE(again[0].doubted);
  }
  SUBCASE("a person has found it") {
    CHECK(Value("SELECT acme.outbox_resolve(1, 5)") == "t");
    const auto again = Pick(kClaimed);
    REQUIRE(again.size() == 1);
    CHECK(again[0].created == RecordId{5});
    CHECK(again[0].first_sent == kClaimed);
  }
}

TEST_CASE_FIXTURE(CreateUnguarded, "W13: a row in doubt waits until a person has answered") {
  const OutboxId id = Create(R"({"city": "Ulm"})");
  REQUIRE(Claim(id, {{"city", "Ulm"}}, kClaimed));
  CHECK(Value("SELECT acme.outbox_resolve(1, 5)") == "f");
  Change({.id = id, .attempts = 1, .state = OutboxState::kUnknown, .reason = "doubt"});
  CHECK(Picked(kClaimed).empty());
  CHECK(Value("SELECT acme.outbox_retry(1)") == "f");
  CHECK(Says(Refused("SELECT acme.outbox_resolve(1, 0)"), "22023"));
  CHECK(Says(Refused("SELECT acme.outbox_resolve(2, 5)"), "42704"));

  SUBCASE("the record was made") {
    CHECK(Value("SELECT acme.outbox_resolve(1, created => 5)") == "t");
    const auto rows = Pick(kClaimed);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].created == RecordId{5});
    CHECK(Value("SELECT event FROM acme.outbox_log ORDER BY at DESC LIMIT 1") == "created");
  }
  SUBCASE("no record was made") {
    CHECK(Value("SELECT acme.outbox_resolve(1)") == "t");
    CHECK(StateOf(id) == "queued");
    const auto rows = Pick();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].created == RecordId{0});
    CHECK_FALSE(rows[0].in_doubt);
    CHECK(rows[0].attempts == 1);
  }
  SUBCASE("it is given up") {
    CHECK(Value("SELECT acme.outbox_cancel(1)") == "t");
    CHECK(StateOf(id) == "cancelled");
  }
}

TEST_CASE_FIXTURE(CreateFixture,
                  "W24: the values of a person that was made here go with the person") {
  const OutboxId id = Create(R"({"city": "Ulm", "email": "jo@example.com"})", "'k'");
  REQUIRE(Claim(id, {{"city", "Ulm"}, {"key", "k"}}, kClaimed));
  Change({.id = id, .attempts = 1, .state = OutboxState::kWritten, .record = RecordId{77}});
  Done(id, 1, {.id = 77, .values = {{"city", "Ulm"}}});

  Commit commit = NewCommit();
  commit.fates = {{.id = RecordId{77}, .kind = Fate::Kind::kErased, .at = Second(1'700'000'000)}};
  sink().Write(commit);

  CHECK(Of(id, "concat_ws('|', state, properties, sent)") == "done|{}");
  CHECK(
      Value("SELECT count(*) FROM acme.outbox_log WHERE sent IS NOT NULL OR before IS NOT NULL") ==
      "0");
}

/// Contacts may be upserted by e-mail address, and archived.
struct UpsertFixture : CreateFixture {
  UpsertFixture() : CreateFixture("key", false, "true") {}
  OutboxId Upsert(const std::string& email, const std::string& properties,
                  const std::string& more = "NULL") const {
    return OutboxId{
        std::stoll(Value("INSERT INTO acme.outbox (object, op, match_property, match_value, "
                         "properties, on_conflict) VALUES ('contacts', 'upsert', 'email', '" +
                         email + "', '" + properties + "', " + more + ") RETURNING id"))};
  }
};

TEST_CASE_FIXTURE(UpsertFixture,
                  "W10: an upsert names the record by a unique value, which the mirror may know") {
  Write({{.id = 7, .values = {{"email", "jo@example.com"}, {"city", "Bonn"}}}});
  const OutboxId known = Upsert("Jo@Example.com", R"({"city": "Ulm"})");
  const OutboxId unknown = Upsert("new@example.com", R"({"city": "Ulm"})", "'theirs'");

  CHECK(Of(known, "concat_ws('|', record_id, base)") == "7|{\"city\": \"Bonn\"}");
  CHECK(Of(unknown, "concat_ws('|', record_id, base)").empty());
  const auto rows = Pick();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].op == WriteOp::kUpsert);
  CHECK(rows[0].match == PropertyText{"email", "Jo@Example.com"});
  CHECK(rows[0].values[0].base == "Bonn");
  CHECK(rows[1].on_conflict == ConflictRule::kTheirs);

  const std::string insert =
      "INSERT INTO acme.outbox (object, op, match_property, match_value, properties) VALUES "
      "('contacts', 'upsert', ";
  CHECK(Says(Refused(insert + "'email', '', '{\"city\": 1}')"), "22023"));
  CHECK(Says(Refused(insert + "'city', 'Ulm', '{\"score\": 1}')"), "code, email"));
  CHECK(Says(Refused(insert + "'key', 'x', '{\"score\": 1}')"), "code, email"));
  CHECK(Says(Refused(insert + "'email', ' x ', '{\"score\": 1}')"), "blanks"));
  CHECK(Says(Refused(insert + "'email', 'x@y.de', '{\"closed\": 1}')"), "42501"));
  CHECK(Says(Refused(insert + "'code', 'c', '{}')"), "22023"));
  CHECK(Refused(insert + "'code', 'c', '{\"score\": 1}')") == "none");
}

TEST_CASE_FIXTURE(UpsertFixture, "W4: rows that name a record by one value go one after another") {
  const OutboxId first = Upsert("a@x.de", R"({"city": "Ulm"})");
  const OutboxId second = Upsert("A@x.de", R"({"city": "Bonn"})");
  Upsert("b@x.de", R"({"city": "Ulm"})");

  CHECK(Picked() == "1 3");
  CHECK(StateOf(second) == "queued/order");
  REQUIRE(Claim(first, {{"city", "Ulm"}}));
  Change({.id = first, .attempts = 1, .state = OutboxState::kWritten, .record = RecordId{77}});
  CHECK(Picked() == "3");
  Done(first, 1, {.id = 77, .values = {{"city", "Ulm"}, {"email", "a@x.de"}}});
  CHECK(Picked() == "2 3");
}

TEST_CASE_FIXTURE(UpsertFixture,
                  "W4: an upsert that the mirror can resolve waits for rows of the record") {
  Write({{.id = 7, .values = {{"email", "jo@example.com"}}}});
  const OutboxId first = Insert(7, R"({"score": 1})");
  const OutboxId second = Upsert("jo@example.com", R"({"score": 2})");

  CHECK(Picked() == "1");
  CHECK(Value("SELECT acme.outbox_cancel(1)") == "t");
  CHECK(StateOf(first) == "cancelled");
  CHECK(StateOf(second) == "queued");
  CHECK(Picked() == "2");
}

TEST_CASE_FIXTURE(UpsertFixture, "an archive names its record and nothing else") {
  Write({{.id = 1}, {.id = 9}});
  Value("UPDATE acme.contacts SET merged_into = 9 WHERE id = 1");
  const std::string insert = "INSERT INTO acme.outbox (object, op, record_id, properties) VALUES ";
  CHECK(Refused(insert + "('contacts', 'archive', 1, NULL)") == "none");
  CHECK(Says(Refused(insert + "('contacts', 'archive', NULL, NULL)"), "an archive needs"));
  CHECK(Says(Refused(insert + "('contacts', 'archive', 1, '{\"score\": 1}')"), "22023"));

  const auto rows = Pick();

  REQUIRE(rows.size() == 1);
  CHECK(rows[0].op == WriteOp::kArchive);
  CHECK(rows[0].values.empty());
  CHECK(rows[0].record == RecordId{1});
  REQUIRE(Claim(rows[0].id, {}));
  Change({.id = rows[0].id, .attempts = 1, .state = OutboxState::kWritten, .record = {1}});
  CHECK(sink().Written(Contacts(), 5)[0].op == WriteOp::kArchive);
}

TEST_CASE_FIXTURE(CreateFixture, "W8: it is known by what a row was sent") {
  const OutboxId id = Create(R"({"city": "Ulm"})", "'k'");
  CHECK(Pick()[0].guarded_by.empty());
  REQUIRE(Claim(id, {{"city", "Ulm"}, {"key", "k"}}, kClaimed));
  CHECK(Pick(kClaimed)[0].guarded_by == "key");
}

TEST_CASE_FIXTURE(CreateFixture, "a retry may say what is done about a conflict") {
  const OutboxId id = Insert(1, R"({"score": 1})");
  CHECK_FALSE(Pick()[0].on_conflict);
  Change({.id = id, .state = OutboxState::kConflict});

  CHECK(Says(Refused("SELECT acme.outbox_retry(1, 'mine')"), "22023"));
  CHECK(Value("SELECT acme.outbox_retry(1, 'ours')") == "t");

  CHECK(Pick()[0].on_conflict == ConflictRule::kOurs);
}

}  // namespace
}  // namespace hubmirror::testing
