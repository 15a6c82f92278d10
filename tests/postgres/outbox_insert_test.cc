#include <doctest/doctest.h>

#include "postgres/writer_fixture.h"

namespace hubmirror::testing {
namespace {

const char* const kGood =
    "INSERT INTO acme.outbox (object, op, record_id, properties)"
    " VALUES ('contacts', 'update', 1, '{\"score\": 5}')";

std::string With(const std::string& columns, const std::string& values) {
  return "INSERT INTO acme.outbox (object, op, record_id, properties, " + columns +
         ") VALUES ('contacts', 'update', 1, '{\"score\": 5}', " + values + ")";
}
std::string WithProperties(const std::string& properties) {
  return "INSERT INTO acme.outbox (object, op, record_id, properties) VALUES ('contacts',"
         " 'update', 1, '" +
         properties + "')";
}

TEST_CASE_FIXTURE(MirrorFixture, "outbox: nothing of it is made where nothing may be written") {
  MakeContacts();

  CHECK(Value("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
              " WHERE nspname = 'acme' AND relname ~ 'outbox|_writable|_echo|_write'") == "0");
  CHECK(Value("SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
              " WHERE nspname = 'acme' AND proname ~ 'outbox'") == "0");
  CHECK(Value("SELECT write_layout FROM acme._portal") == "0");
}

TEST_CASE_FIXTURE(WriterFixture, "W1: a writer inserts what is the caller's, and no other column") {
  Connection writer(As("outbox_writer"));

  CHECK(FailureOf(writer, kGood) == "none");
  for (const std::string column :
       {"state",       "reason",     "message",    "http_status", "correlation_id", "attempts",
        "result_id",   "sent",       "answered",   "differs",     "feed_seq",       "guard",
        "turn",        "created_by", "created_at", "retried_at",  "first_sent_at",  "sent_at",
        "answered_at", "done_at",    "linking"}) {
    CAPTURE(column);
    CHECK(Says(FailureOf(writer, With(column, "NULL")), "42501"));
    CHECK(Says(FailureOf(writer, "UPDATE acme.outbox SET " + column + " = NULL"), "42501"));
  }
  CHECK(Says(FailureOf(writer,
                       "INSERT INTO acme.outbox (id, object, op, record_id, properties) OVERRIDING"
                       " SYSTEM VALUE VALUES (7, 'contacts', 'update', 1, '{\"score\": 1}')"),
             "42501"));
  CHECK(Says(FailureOf(writer, "DELETE FROM acme.outbox"), "42501"));
  CHECK(Says(FailureOf(writer, "TRUNCATE acme.outbox"), "42501"));
  CHECK(Says(FailureOf(writer, "SELECT * FROM acme.outbox FOR UPDATE"), "42501"));
  CHECK(FailureOf(writer, "SELECT * FROM acme.outbox") == "none");
  for (const std::string table :
       {"outbox_log", "_writable", "_echo", "_write_state", "contacts", "properties"}) {
    CAPTURE(table);
    CHECK(Says(FailureOf(writer, "SELECT * FROM acme." + table), "42501"));
  }
  CHECK(Says(FailureOf(writer, "INSERT INTO acme._writable VALUES ('contacts', 'x', 'update')"),
             "42501"));
  for (const std::string call :
       {"_outbox_next('contacts', 1)", "_outbox_base('contacts', 1, '{closed}')",
        "_outbox_same('contacts', 1)", "_outbox_user()", "_outbox_there(1)", "_outbox_go(1)",
        "_outbox_find('contacts', 'email', 'x')", "_outbox_guard('x', NULL)"}) {
    CAPTURE(call);
    CHECK(Says(FailureOf(writer, "SELECT acme." + call), "42501"));
  }
}

TEST_CASE_FIXTURE(WriterFixture, "W1: readers and others see nothing of it and write nothing") {
  for (const std::string role : {"outbox_reader", "outbox_nobody"}) {
    CAPTURE(role);
    Connection other(As(role));
    CHECK(Says(FailureOf(other, kGood), "42501"));
    CHECK(Says(FailureOf(other, "SELECT * FROM acme.outbox"), "42501"));
    CHECK(Says(FailureOf(other, "SELECT * FROM acme.outbox_log"), "42501"));
    for (const std::string call : {"outbox_cancel(1)", "outbox_retry(1)", "outbox_wait(1)",
                                   "outbox_resolve(1)", "_outbox_user()"}) {
      CAPTURE(call);
      CHECK(Says(FailureOf(other, "SELECT acme." + call), "42501"));
    }
  }
  CHECK(Value("SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
              " WHERE n.nspname = 'acme' AND p.proname ~ 'outbox' AND (NOT p.prosecdef OR"
              " p.proconfig[1] <> 'search_path=pg_catalog, pg_temp'"
              " OR has_function_privilege('outbox_nobody', p.oid, 'EXECUTE'))") == "0");
}

TEST_CASE_FIXTURE(WriterFixture, "W1: what a writer has in its search path does not run as us") {
  Connection writer(As("outbox_writer"));
  writer.Begin(
      "CREATE TEMP TABLE _writable (object text, property text, op text);"
      "INSERT INTO _writable VALUES ('contacts', 'closed', 'update');"
      "CREATE FUNCTION pg_temp.jsonb_object_keys(jsonb) RETURNS SETOF text LANGUAGE sql AS"
      " 'SELECT 1/0; SELECT ''score''';"
      "SET LOCAL search_path = pg_temp, acme, pg_catalog");
  writer.Run(kGood);
  writer.Run("SAVEPOINT s");
  CHECK(Says(FailureOf(writer, WithProperties("{\"closed\": 1}")), "42501"));
  writer.Rollback();
}

TEST_CASE_FIXTURE(WriterFixture, "W1: who is no writer any more can write nothing") {
  PortalPlan asking = plan();
  asking.write.writers = {};
  Open(asking);
  sink().Claim();

  Connection writer(As("outbox_writer"));
  CHECK(Says(FailureOf(writer, kGood), "42501"));
  CHECK(Says(FailureOf(writer, "SELECT * FROM acme.outbox"), "42501"));
  CHECK(Says(FailureOf(writer, "SELECT acme.outbox_cancel(1)"), "42501"));

  asking.write.writers = {"outbox_writer"};
  Open(asking);
  sink().Claim();
  CHECK(FailureOf(writer, kGood) == "none");

  asking.write.enabled = false;
  Open(asking);
  sink().Claim();
  CHECK(Says(FailureOf(writer, kGood), "42501"));
}

TEST_CASE_FIXTURE(OutboxFixture,
                  "W1: what may be written is what the list, HubSpot and mirror let") {
  MirrorColumn calculated = Property("calc");
  calculated.definition.Edit().calculated = true;
  MirrorColumn hashed = Property("secret");
  hashed.hashed_with = "key";
  MirrorColumn excluded = Property("private");
  excluded.excluded = true;
  MirrorColumn archived = Property("old");
  archived.definition.Edit().archived = true;
  Open(Asking({"*"}));
  MakeContacts({Property("score"), Property("hs_object_id"), Property("createdate"), calculated,
                hashed, excluded, archived});

  CHECK(List("object, op, property", "FROM acme._writable ORDER BY property") ==
        "contacts|update|score");

  Open(Asking({"other"}));
  sink().Claim();
  CHECK(Value("SELECT count(*) FROM acme._writable") == "0");
}

TEST_CASE_FIXTURE(WriterFixture, "W2: what can be known at once is refused at the insert") {
  Connection writer(As("outbox_writer"));
  // Our own sessions keep to themselves what the server says of values.
  writer.Run(
      "CREATE FUNCTION pg_temp.failure_of(sql text) RETURNS text LANGUAGE plpgsql AS $$"
      " DECLARE hint text; BEGIN EXECUTE sql; RETURN 'none'; EXCEPTION WHEN OTHERS THEN"
      " GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;"
      " RETURN concat_ws(' ', SQLSTATE, SQLERRM, 'HINT', hint); END $$");
  const auto refused = [&](const std::string& sql, const std::string& code,
                           const std::string& words) {
    const Rows rows = writer.Run("SELECT pg_temp.failure_of($1)", {sql});
    const std::string failure(rows.Text(0, 0));
    INFO(failure);
    CHECK(failure.starts_with(code + " "));
    CHECK(Says(failure, words));
    CHECK((code == "22P02" || !failure.ends_with("HINT ")));
  };

  refused(WithProperties("{\"closed\": \"x\"}"), "42501", "write.objects.contacts.update");
  refused(WithProperties("{\"score\": 1, \"nothing\": \"x\"}"), "42501", "\"nothing\"");
  refused(WithProperties("{}"), "22023", "needs properties");
  refused(WithProperties("[1]"), "22023", "needs properties");
  refused(WithProperties("{\"score\": {\"a\": 1}}"), "22023", "\"score\"");
  refused(WithProperties("{\"score\": {\"add\": []}}"), "22023", "add nothing");
  refused(WithProperties("{\"score\": {\"add\": [\"x\"], \"b\": 1}}"), "22023", "\"score\"");
  refused(WithProperties("{\"score\": [1]}"), "22023", "choices");
  refused(WithProperties("{\"score\": [\"a;b\"]}"), "22023", "choices");
  refused(WithProperties("{\"score\": \"" + std::string(1'100'000, 'x') + "\"}"), "22023", "1 MiB");
  refused(WithProperties("{\"score\": "), "22P02", "json");
  refused(
      "INSERT INTO acme.outbox (object, op, record_id, properties) VALUES ('deals', 'update',"
      " 1, '{\"amount\": 1}')",
      "42501", "nothing of \"deals\"");
  for (const std::string op : {"create", "upsert", "archive"}) {
    refused("INSERT INTO acme.outbox (object, op, properties) VALUES ('contacts', '" + op +
                "', '{\"score\": 1}')",
            "42501", "nothing of \"contacts\" may be " + op);
  }
  for (const std::string op : {"associate", "disassociate"}) {
    refused("INSERT INTO acme.outbox (object, op, record_id, associations) VALUES ('contacts', '" +
                op + "', 1, '[{\"object\": \"companies\", \"id\": 9}]')",
            "42501", "nothing of \"contacts\" may be " + op);
  }
  refused(
      "INSERT INTO acme.outbox (object, op, record_id, properties) VALUES ('contacts', 'x', 1,"
      " '{\"score\": 1}')",
      "22023", "\"x\" is not known");
  refused(
      "INSERT INTO acme.outbox (object, op, properties) VALUES ('contacts', 'update',"
      " '{\"score\": 1}')",
      "22023", "record_id");
  refused(
      "INSERT INTO acme.outbox (object, op, record_id, properties) VALUES ('contacts',"
      " 'update', -5, '{\"score\": 1}')",
      "22023", "record_id");
  refused(With("match_property", "'email'"), "22023", "takes no match_property");
  refused(With("associations", "'[]'"), "22023", "takes no associations");
  refused(With("on_conflict", "'mine'"), "22023", "'ours'");
  refused(With("base", "'{\"city\": 1}'"), "22023", "base");
  refused(With("base", "'[]'"), "22023", "base");
  refused(With("key", "''"), "22023", "key");
  CHECK(Value("SELECT count(*) FROM acme.outbox") == "0");
}

TEST_CASE_FIXTURE(WriterFixture, "W2: base is what the mirror has, in HubSpot's spelling") {
  Write({{.id = 1,
          .values = {{"score", "2.50"},
                     {"city", "Köln"},
                     {"day", "2026-01-31"},
                     {"at", "2026-01-31 10:00:00.25+00"},
                     {"flag", "t"},
                     {"far", "away"}},
          .rejected = {{"note", "as sent"}}}});
  Connection writer(As("outbox_writer"));
  writer.Run("SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'");

  const Rows rows = writer.Run(
      "INSERT INTO acme.outbox (object, op, record_id, properties) SELECT 'contacts', 'update', 1,"
      " jsonb_object_agg(p, null) FROM unnest('{score,city,day,at,flag,far,note}'::text[]) p"
      " RETURNING base");

  CHECK(rows.Text(0, 0) ==
        "{\"at\": \"2026-01-31T10:00:00.250Z\", \"day\": \"2026-01-31\", \"far\": \"away\","
        " \"city\": \"Köln\", \"flag\": \"true\", \"note\": \"as sent\", \"score\": \"2.50\"}");
}

TEST_CASE_FIXTURE(WriterFixture, "W2: nothing is a base that is not known") {
  Write({{.id = 1, .values = {{"city", "Bonn"}}}});
  Connection writer(As("outbox_writer"));
  const auto base = [&](const std::string& columns, const std::string& values) {
    return std::string(
        writer
            .Run("INSERT INTO acme.outbox (object, op, properties, " + columns +
                 ") VALUES ('contacts', 'update', '{\"city\": \"x\", \"score\": 1}', " + values +
                 ") RETURNING base")
            .Text(0, 0));
  };

  CHECK(base("record_id", "1") == "{\"city\": \"Bonn\", \"score\": null}");
  CHECK(base("record_id", "2") == "{}");
  CHECK(base("record_id, base", "1, '{}'") == "{}");
  CHECK(base("record_id, base", "1, '{\"city\": \"Trier\"}'") == "{\"city\": \"Trier\"}");
  Value("UPDATE acme.properties SET state = 'filling' WHERE name = 'city'");
  CHECK(base("record_id", "1") == "{\"score\": null}");
}

TEST_CASE_FIXTURE(WriterFixture, "outbox: the insert of an application, in all its forms") {
  Connection writer(As("outbox_writer"));
  const std::string keyed =
      "INSERT INTO acme.outbox (key, object, op, record_id, properties) SELECT 'score/' || n,"
      " 'contacts', 'update', n, jsonb_build_object('score', n) FROM generate_series(1, 3) n"
      " ON CONFLICT (key) DO NOTHING RETURNING id, key";

  CHECK(writer.Run(keyed).size() == 3);
  CHECK(writer.Run(keyed).empty());
  CHECK(Says(FailureOf(writer,
                       "INSERT INTO acme.outbox (key, object, op, record_id, properties)"
                       " VALUES ('score/1', 'contacts', 'update', 1, '{\"score\": 1}')"),
             "23505"));
  writer.BeginCopy("acme.outbox", "object, op, record_id, properties");
  writer.CopyLines("contacts\tupdate\t4\t{\"score\": 2.50}\n");
  writer.EndCopy();
  CHECK(List("key, record_id, state, properties, created_by", "FROM acme.outbox ORDER BY id") ==
        "score/1|1|queued|{\"score\": 1}|outbox_writer;"
        "score/2|2|queued|{\"score\": 2}|outbox_writer;"
        "score/3|3|queued|{\"score\": 3}|outbox_writer;"
        "4|queued|{\"score\": 2.50}|outbox_writer");
}

TEST_CASE_FIXTURE(WriterFixture, "W24: behind a shared login the role that is set is who wrote") {
  Value("CREATE ROLE outbox_shared LOGIN; GRANT outbox_writer TO outbox_shared");
  {
    Connection shared(As("outbox_shared"));
    shared.Run("SET ROLE outbox_writer");
    shared.Run(kGood);
  }
  CHECK(Value("SELECT created_by FROM acme.outbox") == "outbox_writer");
  Value("DROP ROLE outbox_shared");
}

TEST_CASE_FIXTURE(OutboxFixture, "W2: a row that replication brings is checked, and not believed") {
  Value(
      "SET session_replication_role = replica; "
      "INSERT INTO acme.outbox (object, op, record_id, properties, state, attempts, sent, turn,"
      " created_at) VALUES ('contacts', 'update', 1, '{\"score\": 1}', 'done', 7, '{}', 0,"
      " '2001-01-01'); RESET session_replication_role");
  CHECK(List("state, attempts, sent, turn = id, created_at > now() - interval '1 hour'",
             "FROM acme.outbox") == "queued|0|t|t");
}

TEST_CASE_FIXTURE(WriterFixture, "outbox: cancelled and retried where nobody is about to send") {
  Connection writer(As("outbox_writer"));
  const OutboxId id = Insert(1, "{\"score\": 1}");
  const auto call = [&](const std::string& function) {
    const std::string row = std::to_string(id.value);
    const std::string sql = "SELECT acme." + function + "(" + row + ")";
    return writer.Run(sql).Bool(0, 0);
  };
  const auto stands = [&](const std::string& state, const std::string& reason) {
    Value("UPDATE acme.outbox SET done_at = NULL, state = '" + state + "', reason = nullif('" +
          reason + "', '')");
  };

  for (const auto& [state, reason, cancelled, retried] : {std::tuple("queued", "", true, false),
                                                          {"queued", "order", true, false},
                                                          {"conflict", "", true, true},
                                                          {"failed", "invalid", true, true},
                                                          {"unknown", "doubt", true, false},
                                                          {"unknown", "looking", false, false},
                                                          {"sending", "", false, false},
                                                          {"written", "", false, false},
                                                          {"rejected", "", false, false},
                                                          {"done", "", false, false},
                                                          {"cancelled", "", false, false}}) {
    CAPTURE(state);
    CAPTURE(reason);
    stands(state, reason);
    CHECK(call("outbox_cancel") == cancelled);
    if (cancelled) CHECK(StateOf(id) == "cancelled");
    stands(state, reason);
    CHECK(call("outbox_retry") == retried);
    if (retried) CHECK(StateOf(id) == "queued");
  }
  CHECK(Of(id, "turn > id AND retried_at IS NOT NULL") == "t");
  CHECK(List("event, by", "FROM acme.outbox_log GROUP BY event, by ORDER BY 1") ==
        "cancelled|outbox_writer;retried|outbox_writer");
  CHECK(Says(FailureOf(writer, "SELECT acme.outbox_cancel(99)"), "42704"));
  CHECK(Says(FailureOf(writer, "SELECT acme.outbox_retry(NULL)"), "42704"));
}

TEST_CASE_FIXTURE(WriterFixture, "W19: waiting for a row returns it when it ends, or in time") {
  Connection writer(As("outbox_writer"));
  writer.Run(
      "INSERT INTO acme.outbox (key, object, op, record_id, properties) VALUES ('k',"
      " 'contacts', 'update', 1, '{\"score\": 5}')");

  CHECK(writer.Run("SELECT state FROM acme.outbox_wait(key => 'k', timeout => '100 ms')")
            .Text(0, 0) == "queued");
  Value("UPDATE acme.outbox SET state = 'done'");
  CHECK(writer.Run("SELECT state FROM acme.outbox_wait(key => 'k')").Text(0, 0) == "done");
  CHECK(writer.Run("SELECT state FROM acme.outbox_wait((SELECT id FROM acme.outbox))").Text(0, 0) ==
        "done");
  for (const auto& [call, code] : {std::pair("key => 'k', timeout => '61 s'", "22023"),
                                   {"key => 'k', timeout => NULL", "22023"},
                                   {"", "22023"},
                                   {"1, 'k'", "22023"},
                                   {"key => 'none'", "42704"}}) {
    CAPTURE(call);
    CHECK(Says(FailureOf(writer, std::string("SELECT acme.outbox_wait(") + call + ")"), code));
  }
}

TEST_CASE_FIXTURE(WriterFixture, "W19: nobody waits in vain") {
  Connection writer(As("outbox_writer"));
  for (const std::string savepoint : {"", "SAVEPOINT s; "}) {
    CAPTURE(savepoint);
    writer.Begin(savepoint + kGood);
    CHECK(Says(FailureOf(writer, "SELECT acme.outbox_wait((SELECT max(id) FROM acme.outbox))"),
               "25000"));
    writer.Rollback();
  }
  Insert(1, "{\"score\": 1}");
  writer.Begin("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  CHECK(Says(FailureOf(writer, "SELECT acme.outbox_wait((SELECT max(id) FROM acme.outbox))"),
             "25000"));
  writer.Rollback();
}

}  // namespace
}  // namespace hubmirror::testing
