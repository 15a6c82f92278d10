// R14: gone is erased (contacts: everything personal leaves the database) or purged (the row is
// kept).
#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"
#include "postgres/outbox/outbox_upkeep.h"
#include "postgres/outbox_fixture.h"

namespace hubmirror::testing {
namespace {

Commit OneFate(const MirrorFixture& fixture, Fate fate) {
  Commit commit = fixture.NewCommit();
  commit.fates = {fate};
  return commit;
}

TEST_CASE_FIXTURE(MirrorFixture, "R14: of an erased contact nothing personal is left anywhere") {
  MirrorColumn archived = Property("old");
  MakeContacts(
      {Property("email"), archived, Property("rare", ColumnType::kText, Storage::kOverflow)});
  Write({{.id = 1,
          .values = {{"email", "ada@example.org"}, {"old", "Ada"}, {"rare", "Lovelace"}},
          .rejected = {{"n", "ada"}}},
         {.id = 2, .values = {{"email", "bob@example.org"}}}});
  // A later version of the record could not be stored.
  Value(
      "INSERT INTO acme._quarantine (object, id, sqlstate, reason, record)"
      " VALUES ('contacts', 1, '22P02', 'ada', '{\"email\": \"ada\"}')");
  Value("INSERT INTO acme._pending (object, id, cause) VALUES ('contacts', 1, 'absent')");

  const CommitOutcome outcome = sink().Write(
      OneFate(*this, {.id = RecordId{1}, .kind = Fate::Kind::kErased, .at = Second(300)}));

  CHECK(outcome.erased == 1);
  CHECK(outcome.live_change == -1);
  CHECK(Value("SELECT to_jsonb(c) - '{id,created_at,archived,erased_at,_synced_at}'::text[]"
              " = (SELECT jsonb_object_agg(key, null) FROM jsonb_object_keys(to_jsonb(c) -"
              " '{id,created_at,archived,erased_at,_synced_at}'::text[]) key)"
              " FROM acme.contacts c WHERE id = 1") == "t");
  CHECK(Value("SELECT created_at IS NOT NULL AND _synced_at IS NOT NULL AND NOT archived AND"
              " erased_at = to_timestamp(300) FROM acme.contacts WHERE id = 1") == "t");
  CHECK(Value("SELECT count(*) FROM acme._quarantine") == "0");
  CHECK(Value("SELECT count(*) FROM acme._pending") == "0");
  CHECK(List("id", "FROM acme.contacts_live") == "2");
  CHECK(Value("SELECT email FROM acme.contacts WHERE id = 2") == "bob@example.org");
}

// The ids under which the person was known. 4711 is the portal's.
constexpr const char* kPlanted = "(ada|90000[1234])";

/// Every column of every table of the portal that shows something planted: `table.column`. What
/// PostgreSQL draws at random (`uuid`) may spell anything, and holds nothing of a person.
std::string Found(const MirrorFixture& fixture) {
  fixture.Value(
      "CREATE OR REPLACE FUNCTION public.found(planted text) RETURNS SETOF text LANGUAGE plpgsql AS"
      " $$ DECLARE c record; n bigint; BEGIN FOR c IN SELECT a.attrelid::regclass::text AS t,"
      " a.attname FROM pg_attribute a JOIN pg_class k ON k.oid = a.attrelid WHERE k.relkind = 'r'"
      " AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid <> 'uuid'::regtype"
      " AND k.relnamespace::regnamespace::text IN"
      " ('acme', 'hubmirror') ORDER BY 1, 2 LOOP"
      " EXECUTE format('SELECT count(*) FROM %s t WHERE t.%I::text ~* %L', c.t, c.attname, planted)"
      " INTO n; IF n > 0 THEN RETURN NEXT c.t || '.' || c.attname; END IF; END LOOP; END $$");
  return fixture.List("f", std::string("FROM public.found('") + kPlanted + "') f");
}

/// Tables of a portal that name no record, and so were not planted in.
constexpr const char* kAboutNobody =
    "'_portal', '_owner', '_stream_state', 'account', 'properties', 'property_options',"
    " 'property_groups', 'association_labels', 'owners', 'teams', 'account_users', 'pipelines',"
    " 'pipeline_stages', 'lists', 'marketing_events', 'object_types', 'schema_changes',"
    " 'currencies', '_feed', 'feed_consumers', '_webhook', 'webhook_dead'";

TEST_CASE_FIXTURE(MirrorFixture,
                  "R14: a person is erased with all that was merged into it, in every table") {
  MakeContacts({Property("email"), Property("hs_merged_object_ids")});
  // 900004 was merged before it ever got a row, 900003 into 900002 first.
  Write({{.id = 900003, .values = {{"email", "ada@third.example"}}, .rejected = {{"n", "ada"}}},
         {.id = 900002, .values = {{"email", "ada@second.example"}}, .merged_ids = {900003}}});
  Write({{.id = 900001,
          .values = {{"email", "ada@example.org"}, {"hs_merged_object_ids", "900002;900004"}},
          .merged_ids = {900002}},
         {.id = 5, .values = {{"email", "bob@example.org"}}}});
  sink().PrepareHistory(contacts()->object);
  Value("INSERT INTO acme.lists (id, object_type_id) VALUES (7, '0-1'), (8, '0-2')");
  for (const char* id : {"900001", "900002", "900003", "900004"}) {
    const std::string person = id;
    Value(
        "INSERT INTO acme._quarantine (object, id, sqlstate, reason, record) VALUES ('contacts', " +
        person + ", '22P02', 'ada', '{\"email\": \"ada\"}'), ('contacts_history', " + person +
        ", '', 'ada', '{}')");
    Value("INSERT INTO acme._pending (object, id, cause) VALUES ('contacts', " + person +
          ", 'absent')");
    Value("INSERT INTO acme._due (object, job, id) VALUES ('contacts', 'links', " + person +
          "), ('contacts', 'history', " + person + ") ON CONFLICT DO NOTHING");
    Value("INSERT INTO acme._seen (object, id) VALUES ('contacts', " + person + ")");
    Value("INSERT INTO acme.list_memberships (list_id, record_id) VALUES (7, " + person + ")");
    Value("INSERT INTO acme.contacts_history (id, property, value, changed_at) VALUES (" + person +
          ", 'email', 'ada', now())");
    Value("INSERT INTO acme.associations VALUES ('contacts', " + person +
          ", 'companies', 3, 'A', 1, NULL, now()), ('calls', 4, 'contacts', " + person +
          ", 'A', 2, NULL, now())");
  }
  // A company that happens to have the same number is somebody else.
  Value("INSERT INTO acme.list_memberships (list_id, record_id) VALUES (8, 66)");
  CHECK(Found(*this) != "");
  const std::string untouched =
      List("c.relname",
           std::string("FROM pg_class c WHERE relnamespace = 'acme'::regnamespace AND"
                       " relkind = 'r' AND relname NOT IN (") +
               kAboutNobody +
               ") AND relname || '.' NOT IN (SELECT regexp_replace(f, '^acme[.]|[^.]*$', '',"
               " 'g') FROM public.found('(ada|90000[1234])') f)");
  CHECK(Found(*this) != "");
  REQUIRE(untouched == "");

  const CommitOutcome outcome = sink().Write(
      OneFate(*this, {.id = RecordId{900001}, .kind = Fate::Kind::kErased, .at = Second(300)}));

  CHECK(outcome.erased == 3);
  CHECK(outcome.released == 8);
  CHECK(outcome.live_change == -1);
  // What was said with the person is looked at again.
  CHECK(List("object, id, cause", "FROM acme._pending") == "calls|4|requested");
  CHECK(Found(*this) == "acme.contacts.id");
  CHECK(List("id, to_jsonb(c) - '{id,created_at,archived,_synced_at}'::text[] - (SELECT array_agg("
             "key) FROM jsonb_each(to_jsonb(c)) WHERE value = 'null') - 'erased_at',"
             " extract(epoch FROM erased_at)::int",
             "FROM acme.contacts c WHERE id > 900000 ORDER BY id") ==
        "900001|{}|300;900002|{}|300;900003|{}|300");
  CHECK(Value("SELECT email FROM acme.contacts WHERE id = 5") == "bob@example.org");
  CHECK(List("record_id", "FROM acme.list_memberships") == "66");
}

/// Contacts may be made, and found by their addresses.
struct WrittenContacts : OutboxFixture {
  WrittenContacts() {
    PortalPlan asking = Asking({"city", "email"});
    asking.streams[0].write.create = true;
    Open(asking);
    MakeContacts({Property("email"), Property("hs_additional_emails"), Property("city")});
  }
  /// Puts a row of the outbox into `state`, as if HubSpot had been asked.
  void Plant(const std::string& columns, const std::string& values,
             const std::string& state) const {
    const std::string id = Value("INSERT INTO acme.outbox (object, " + columns +
                                 ") VALUES ('contacts', " + values + ") RETURNING id");
    Value("UPDATE acme.outbox SET state = '" + state +
          "', message = 'ada', sent = '{\"city\": \"adaville\"}', answered = sent, differs = sent"
          " WHERE id = " +
          id);
    Value("INSERT INTO acme.outbox_log (outbox_id, attempt, event, before, sent) VALUES (" + id +
          ", 1, 'sending', '{\"city\": \"Ada\"}', '{\"city\": \"Ada\"}')");
    Value(
        "INSERT INTO acme._echo (object, id, property, value_hash, outbox_id, until) VALUES"
        " ('contacts', 0, 'city', 1, " +
        id + ", now() + interval '1 day')");
  }
  void Upsert(const std::string& email, const std::string& state) const {
    Plant("key, op, match_property, match_value, properties",
          "'" + email + state + "', 'upsert', 'email', '" + email + "', '{\"city\": \"Ada\"}'",
          state);
  }
  void Create(const std::string& email, const std::string& state) const {
    Plant("op, properties", "'create', '{\"email\": \"" + email + "\", \"city\": \"Ada\"}'", state);
  }
};

TEST_CASE_FIXTURE(
    WrittenContacts,
    "R14: what was to be written for a person goes with the person, also where only an "
    "address names it") {
  for (const char* state : {"queued", "failed", "rejected", "unknown", "cancelled", "conflict"}) {
    Upsert("Ada@example.org", state);
    Create("ada@EXAMPLE.org", state);
  }
  Upsert("ada@second.example", "failed");
  Create("ada@quarantine.example", "failed");
  // Another row of the person says an address that HubSpot has not shown.
  Upsert("ada@once.example", "done");
  Value("UPDATE acme.outbox SET result_id = 900001 WHERE match_value = 'ada@once.example'");
  Upsert("ada@once.example", "failed");
  // About the record that another row makes.
  Plant("op, record_id, properties",
        "'update', (SELECT -min(id) FROM acme.outbox WHERE op = 'create'),"
        " '{\"city\": \"Ada\"}'",
        "queued");
  Upsert("bob@example.org", "failed");
  Value(
      "UPDATE acme.outbox SET message = 'bob', properties = '{\"city\": \"Bonn\"}', sent = NULL,"
      " answered = NULL, differs = NULL WHERE match_value = 'bob@example.org'; DELETE FROM"
      " acme.outbox_log WHERE outbox_id = (SELECT max(id) FROM acme.outbox)");
  const std::string others = Value("SELECT o::text FROM acme.outbox o ORDER BY id DESC LIMIT 1");
  Write({{.id = 900001,
          .values = {{"email", "ada@example.org"},
                     {"hs_additional_emails", "x@example.org;ada@second.example"}}}});
  Value(
      "INSERT INTO acme._quarantine (object, id, sqlstate, reason, record) VALUES ('contacts',"
      " 900001, '22P02', 'x', '{\"email\": \"ada@quarantine.example\"}')");
  REQUIRE(Found(*this).find("outbox.match_value") != std::string::npos);

  sink().Write(
      OneFate(*this, {.id = RecordId{900001}, .kind = Fate::Kind::kErased, .at = Second(300)}));

  CHECK(Found(*this) == "acme.contacts.id;acme.outbox.result_id");
  CHECK(Value("SELECT string_agg(DISTINCT concat_ws('/', state, reason), ' ' ORDER BY "
              "concat_ws('/', state, reason)) FROM acme.outbox"
              " WHERE properties = '{}'") == "cancelled cancelled/gone done rejected");
  CHECK(Value("SELECT o::text FROM acme.outbox o WHERE properties <> '{}'") == others);
  CHECK(List("outbox_id = (SELECT max(id) FROM acme.outbox)", "FROM acme._echo") == "t");
}

TEST_CASE_FIXTURE(WrittenContacts,
                  "R14: what only an address names is let go after what was under way has ended") {
  Upsert("ada@example.org", "sending");
  Create("ada@example.org", "queued");
  Write({{.id = 900001, .values = {{"email", "ada@example.org"}}}});
  {
    Transaction holding(*shared_pool());
    holding.Run("SELECT FROM acme.outbox WHERE op = 'create' FOR UPDATE");
    sink().Write(
        OneFate(*this, {.id = RecordId{900001}, .kind = Fate::Kind::kErased, .at = Second(300)}));
  }
  CHECK(List("job, id", "FROM acme._due ORDER BY id") == "erasure|1;erasure|2");
  const PortalSchema schema(plan(), "me");
  const OutboxUpkeep upkeep(shared_pool(), schema);

  upkeep.Keep();

  CHECK(List("state, reason, match_value, properties", "FROM acme.outbox ORDER BY id") ==
        "sending|ada@example.org|{\"city\": \"Ada\"};cancelled|gone|{}");
  CHECK(List("job, id", "FROM acme._due") == "erasure|1");
  Value("UPDATE acme.outbox SET state = 'failed' WHERE state = 'sending'");
  upkeep.Keep();
  CHECK(Found(*this) == "acme.contacts.id");
  CHECK(Value("SELECT count(*) FROM acme._due") == "0");
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "R14: a contact that never could be stored is missed, and erased") {
  MakeContacts({Property("email")});
  Value(
      "INSERT INTO acme._quarantine (object, id, sqlstate, reason, record)"
      " VALUES ('contacts', 900001, '22P02', 'ada', '{\"email\": \"ada\"}'),"
      " ('contacts', 900009, '22P02', 'eve', '{}')");
  Write({{.id = 10, .values = {{"email", "ten"}}}});
  Commit page = NewCommit();
  page.ranges = {{.from = RecordId{1},
                  .to = RecordId{1'000'000},
                  .present = {RecordId{10}, RecordId{900009}},
                  .sent_at = clock().Now()}};

  sink().Write(page);

  CHECK(List("id, cause", "FROM acme._pending") == "900001|absent");
  const CommitOutcome outcome = sink().Write(
      OneFate(*this, {.id = RecordId{900001}, .kind = Fate::Kind::kErased, .at = Second(300)}));
  CHECK(outcome.erased == 0);
  CHECK(outcome.released == 1);
  CHECK(Found(*this) == "");
  CHECK(Value("SELECT count(*) FROM acme.contacts") == "1");
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "R14: a walk over seen ids misses what never could be stored as well") {
  MakeContacts({Property("email")});
  Value(
      "INSERT INTO acme._quarantine (object, id, sqlstate, reason, record)"
      " VALUES ('contacts', 1, '22P02', 'ada', '{}'), ('contacts', 2, '22P02', 'bob', '{}')");
  sink().BeginSeen(contacts()->object);
  sink().AddSeen(contacts()->object, {RecordId{2}});

  CHECK(sink().SuspectUnseen(contacts()->object, Second(1)) == 1);
  CHECK(List("id, cause", "FROM acme._pending") == "1|absent");
}

TEST_CASE("R14: what was said with people is theirs") {
  for (const char* name : {"contacts", "calls", "emails", "meetings", "notes", "tasks"}) {
    CHECK(FindObjectType(name)->holds_personal_data);
  }
  CHECK_FALSE(FindObjectType("companies")->holds_personal_data);
}

TEST_CASE_FIXTURE(MirrorFixture, "R14: a purged record keeps its last values") {
  MakeContacts({Property("email")});
  Write({{.id = 1, .values = {{"email", "a"}}}});

  const CommitOutcome outcome = sink().Write(
      OneFate(*this, {.id = RecordId{1}, .kind = Fate::Kind::kPurged, .at = Second(300)}));

  CHECK(outcome.purged == 1);
  CHECK(List("email, extract(epoch FROM purged_at)::int", "FROM acme.contacts") == "a|300");
  CHECK(Value("SELECT count(*) FROM acme.contacts_live") == "0");
}

TEST_CASE_FIXTURE(MirrorFixture, "R14: a record gone before it was seen gets no row") {
  MakeContacts();

  const CommitOutcome outcome = sink().Write(
      OneFate(*this, {.id = RecordId{1}, .kind = Fate::Kind::kErased, .at = Second(300)}));

  CHECK(outcome.erased == 0);
  CHECK(Value("SELECT count(*) FROM acme.contacts") == "0");
}

}  // namespace
}  // namespace hubmirror::testing
