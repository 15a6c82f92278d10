// `<object>_write`: what may be written, as a view that inserts into `outbox`.

#include <doctest/doctest.h>

#include <memory>

#include "postgres/writer_fixture.h"

namespace hubmirror::testing {
namespace {

struct WriteViews : WriterFixture {
  WriteViews() {
    Asked();
    Write({{.id = 1,
            .values = {{"score", "2.50"},
                       {"city", "Ulm"},
                       {"email", "jo@example.com"},
                       {"day", "2026-11-28"},
                       {"at", "2026-11-28 09:30:00.5+00"},
                       {"flag", "true"},
                       {"far", "away"},
                       {"closed", "secret"}}},
           {.id = 2, .values = {{"city", "Bonn"}}},
           {.id = 3, .values = {{"city", "Kiel"}}, .archived = true}});
    writer = std::make_unique<Connection>(As("outbox_writer"));
  }
  /// Opens the portal anew; `change` says what else is allowed.
  template <typename Change>
  void Asked(const Change& change, std::vector<MirrorColumn> columns = Columns()) {
    PortalPlan asking = Asking({"score", "city", "day", "at", "flag", "far"});
    asking.readers = {"outbox_reader"};
    change(asking);
    Open(asking);
    MakeContacts(columns);
  }
  void Asked() {
    Asked([](PortalPlan&) {});
  }
  static std::vector<MirrorColumn> Columns() {
    std::vector<MirrorColumn> columns = Properties();
    columns.insert(columns.begin() + 1, Property("email"));
    return columns;
  }
  static void MayMake(PortalPlan& asking) {
    asking.streams[0].write.create = true;
    asking.streams[0].write.archive = "true";
  }
  /// One value, as the writer.
  std::string By(const std::string& sql) const {
    const Rows rows = writer->Run(sql);
    return rows.empty() ? "" : std::string(rows.Text(0, 0));
  }
  std::string Last() const {
    return Value(
        "SELECT concat_ws('|', object, op, record_id, properties, base) FROM acme.outbox"
        " ORDER BY id DESC LIMIT 1");
  }
  std::string Count() const { return Value("SELECT count(*) FROM acme.outbox"); }
  std::string ColumnsOf(const std::string& view) const {
    return List("a.attname, format_type(a.atttypid, NULL)",
                "FROM pg_attribute a WHERE a.attrelid = '" + view +
                    "'::regclass AND a.attnum > 0 ORDER BY a.attnum");
  }
  std::string There(const std::string& relation) const {
    return Value("SELECT coalesce(obj_description(to_regclass('acme." + relation +
                 "'), 'pg_class'), to_regclass('acme." + relation + "')::text)");
  }

  std::unique_ptr<Connection> writer;
};

TEST_CASE_FIXTURE(WriteViews,
                  "write views: a view has the id, what is unique, what may be written") {
  CHECK(ColumnsOf("acme.contacts_write") ==
        "id|bigint;email|text;score|numeric;city|text;day|date;at|timestamp with time zone;"
        "flag|boolean;far|text");
  CHECK(By("SELECT string_agg(id::text, ' ' ORDER BY id) FROM acme.contacts_write") == "1 2");
  CHECK(By("SELECT far FROM acme.contacts_write WHERE email = 'jo@example.com'") == "away");
  CHECK(Value("SELECT count(*) FROM pg_attribute a WHERE a.attrelid ="
              " 'acme.contacts_write'::regclass AND a.attnum > 0"
              " AND col_description(a.attrelid, a.attnum) IS NULL") == "0");
}

TEST_CASE_FIXTURE(WriteViews,
                  "write views: an update asks for what differs, based on what it saw") {
  By("UPDATE acme.contacts_write SET score = 2.5, city = 'Bonn', flag = true"
     " WHERE email = 'jo@example.com'");
  CHECK(Last() == R"(contacts|update|1|{"city": "Bonn"}|{"city": "Ulm"})");
  CHECK(Of(OutboxId{1}, "created_by || ' ' || state") == "outbox_writer queued");

  CHECK(writer->Run("UPDATE acme.contacts_write SET city = 'Bonn' WHERE id = 2").affected() == 1);
  CHECK(Count() == "1");
  CHECK(writer->Run("UPDATE acme.contacts_write SET city = 'Bonn' WHERE id = 3").affected() == 0);
  CHECK(writer->Run("UPDATE acme.contacts_write SET city = 'x' WHERE id = -5").affected() == 0);

  CHECK(By("UPDATE acme.contacts_write SET city = 'Kiel' WHERE id = 2 RETURNING city") == "Kiel");
  CHECK(Value("SELECT city FROM acme.contacts WHERE id = 2") == "Bonn");
}

TEST_CASE_FIXTURE(WriteViews, "write views: values are spelled as HubSpot spells them") {
  writer->Run("SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'");
  By("UPDATE acme.contacts_write SET score = 12345678901234567890.10, day = '29.11.2026',"
     " at = '2026-11-29 18:00:00.25+09', flag = false, far = NULL WHERE id = 1");
  CHECK(Last() == R"(contacts|update|1|{"at": "2026-11-29T09:00:00.250Z", "day": "2026-11-29", )"
                  R"("far": null, "flag": false, "score": 12345678901234567890.10}|)"
                  R"({"at": "2026-11-28T09:30:00.500Z", "day": "2026-11-28", "far": "away", )"
                  R"("flag": true, "score": 2.50})");
  const auto rows = Pick();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].values[0].value == "2026-11-29T09:00:00.250Z");
  CHECK(rows[0].values[4].value == "12345678901234567890.10");

  By("UPDATE acme.contacts_write SET at = 'infinity', score = 'NaN' WHERE id = 1");
  CHECK(Value("SELECT properties FROM acme.outbox ORDER BY id DESC LIMIT 1") ==
        R"({"at": "infinity", "score": "NaN"})");
}

TEST_CASE_FIXTURE(WriteViews, "write views: what does not fit its column is a base all the same") {
  Value("UPDATE acme.contacts SET score = NULL, _rejected = '{\"score\": \"many\"}' WHERE id = 1");
  By("UPDATE acme.contacts_write SET score = 7 WHERE id = 1");
  CHECK(Last() == R"(contacts|update|1|{"score": 7}|{"score": "many"})");

  Value("UPDATE acme.properties SET state = 'filling' WHERE name = 'city'");
  By("UPDATE acme.contacts_write SET city = 'x' WHERE id = 1");
  CHECK(Last() == R"(contacts|update|1|{"city": "x"}|{})");
}

TEST_CASE_FIXTURE(WriteViews, "write views: the base of an update is what its statement saw") {
  // Called while the statement runs, which does not see what it changes.
  Value(
      "CREATE FUNCTION public.meanwhile() RETURNS boolean LANGUAGE sql SECURITY DEFINER AS"
      " 'UPDATE acme.contacts SET city = ''Trier'' WHERE id = 1 RETURNING true'");
  By("UPDATE acme.contacts_write SET city = 'Bonn' WHERE id = 1 AND public.meanwhile()");
  CHECK(Value("SELECT city FROM acme.contacts WHERE id = 1") == "Trier");
  CHECK(Last() == R"(contacts|update|1|{"city": "Bonn"}|{"city": "Ulm"})");
}

TEST_CASE_FIXTURE(WriteViews, "write views: they do no more than the table lets them") {
  const auto refused = [&](const std::string& sql, const std::string& code,
                           const std::string& part) {
    CAPTURE(sql);
    const std::string failure = FailureOf(*writer, sql);
    CAPTURE(failure);
    CHECK(Says(failure, code));
    CHECK(Says(failure, part));
  };
  refused("INSERT INTO acme.contacts_write (city) VALUES ('x')", "42501", "may be created");
  refused("DELETE FROM acme.contacts_write WHERE id = 1", "42501", "may be archived");
  refused("UPDATE acme.contacts_write SET email = 'x@y.de' WHERE id = 1", "42501",
          "\"email\" of contacts may not be written");
  refused("UPDATE acme.contacts_write SET id = 7 WHERE id = 1", "22023", "");
  refused("SELECT closed FROM acme.contacts_write", "42703", "closed");
  refused("TRUNCATE acme.contacts_write", "", "");
  refused("ALTER VIEW acme.contacts_write RENAME TO x", "42501", "");
  refused("SELECT acme._outbox_spelled('1', true)", "42501", "");
  // Its trigger does not serve as that of a table of theirs.
  writer->Run("CREATE TEMP TABLE mine (id bigint, city text)");
  refused(
      "CREATE TRIGGER t BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION"
      " acme._outbox_write('contacts', '{\"city\": \"closed\"}', '[]')",
      "42501", "");
  CHECK(Count() == "0");
  for (const std::string role : {"outbox_reader", "outbox_nobody"}) {
    Connection other(As(role));
    CHECK(Says(FailureOf(other, "SELECT * FROM acme.contacts_write"), "42501"));
    CHECK(Says(FailureOf(other, "UPDATE acme.contacts_write SET city = 'x'"), "42501"));
  }
}

TEST_CASE_FIXTURE(WriteViews,
                  "write views: what a writer has in its search path does not run as us") {
  writer->Begin(
      "CREATE FUNCTION pg_temp.to_jsonb(anyelement) RETURNS jsonb LANGUAGE sql AS"
      " 'SELECT jsonb_build_object(''city'', 1/0)';"
      "CREATE TEMP TABLE properties (object text, name text, state text);"
      "SET LOCAL search_path = pg_temp, acme, pg_catalog");
  writer->Run("UPDATE acme.contacts_write SET city = 'Bonn' WHERE id = 1");
  writer->Commit();
  CHECK(Last() == R"(contacts|update|1|{"city": "Bonn"}|{"city": "Ulm"})");
}

TEST_CASE_FIXTURE(WriteViews, "write views: an insert makes a record, whose row its id names") {
  Asked(MayMake);
  writer = std::make_unique<Connection>(As("outbox_writer"));

  const std::string id =
      By("INSERT INTO acme.contacts_write (email, city, day) VALUES"
         " ('new@example.com', 'Ulm', '2026-11-28') RETURNING id");

  CHECK(id == "-1");
  CHECK(Last() ==
        R"(contacts|create|{"day": "2026-11-28", "city": "Ulm", "email": "new@example.com"})");
  CHECK(Says(FailureOf(*writer, "INSERT INTO acme.contacts_write (id, email) VALUES (7, 'a@b.de')"),
             "22023"));
  CHECK(Says(FailureOf(*writer, "INSERT INTO acme.contacts_write (city) VALUES ('Ulm')"), "22023"));

  CHECK(writer->Run("DELETE FROM acme.contacts_write WHERE email = 'jo@example.com'").affected() ==
        1);
  CHECK(Last() == "contacts|archive|1");
  CHECK(Value("SELECT count(*) FROM acme.contacts_write") == "2");
}

TEST_CASE_FIXTURE(WriteViews,
                  "write views: a row of the creation takes no update by its number yet") {
  CHECK(Says(FailureOf(*writer,
                       "INSERT INTO acme.outbox (object, op, record_id, properties) VALUES"
                       " ('contacts', 'update', -1, '{\"city\": \"x\"}')"),
             "22023"));
}

TEST_CASE_FIXTURE(WriteViews, "write views: a rollback leaves nothing") {
  writer->Begin();
  writer->Run("UPDATE acme.contacts_write SET city = 'x'");
  writer->Rollback();
  CHECK(Count() == "0");
}

TEST_CASE_FIXTURE(WriteViews, "write views: a view follows what may be written") {
  Asked([](PortalPlan& asking) { asking.streams[0].write.update = {"city", "closed"}; });
  CHECK(ColumnsOf("acme.contacts_write") == "id|bigint;email|text;city|text;closed|text");
  CHECK(By("SELECT closed FROM acme.contacts_write WHERE id = 1") == "secret");
  By("UPDATE acme.contacts_write SET closed = 'x' WHERE id = 1");
  CHECK(Last() == R"(contacts|update|1|{"closed": "x"}|{"closed": "secret"})");

  Asked([](PortalPlan& asking) { asking.write.writers = {}; });
  CHECK(Says(FailureOf(*writer, "SELECT * FROM acme.contacts_write"), "42501"));
  CHECK(Says(FailureOf(*writer, "UPDATE acme.contacts_write SET city = 'y'"), "42501"));

  Asked([](PortalPlan& asking) { asking.streams[0].write.update = {}; });
  CHECK(There("contacts_write").empty());
  Asked();
  CHECK(By("SELECT city FROM acme.contacts_write WHERE id = 1") == "Ulm");
  Asked([](PortalPlan& asking) { asking.write.enabled = false; });
  CHECK(There("contacts_write").empty());
}

TEST_CASE_FIXTURE(WriteViews, "write views: a column of another type or place changes the view") {
  std::vector<MirrorColumn> columns = Columns();
  columns[0] = Property("score");
  Value("GRANT SELECT ON acme.contacts_write TO outbox_nobody");
  Value("GRANT SELECT (id, city), UPDATE (city) ON acme.contacts_write TO outbox_reader");
  Asked([](PortalPlan&) {}, columns);
  CHECK(ColumnsOf("acme.contacts_write").starts_with("id|bigint;email|text;score|text;city"));
  By("UPDATE acme.contacts_write SET score = 'high', city = 'Bonn' WHERE id = 2");
  CHECK(Value("SELECT properties FROM acme.outbox ORDER BY id DESC LIMIT 1") ==
        R"({"score": "high"})");
  Connection nobody(As("outbox_nobody"));
  CHECK(FailureOf(nobody, "SELECT city FROM acme.contacts_write") == "none");
  Connection reader(As("outbox_reader"));
  CHECK(FailureOf(reader, "SELECT id, city FROM acme.contacts_write") == "none");
  CHECK(FailureOf(reader, "UPDATE acme.contacts_write SET city = 'x' WHERE id = 1") == "none");
  CHECK(Says(FailureOf(reader, "SELECT score FROM acme.contacts_write"), "42501"));
}

TEST_CASE_FIXTURE(WriteViews, "write views: what others built on a view holds its columns") {
  Value("CREATE VIEW public.theirs AS SELECT city FROM acme.contacts_write");
  Value("GRANT SELECT (city) ON acme.contacts_write TO outbox_nobody");
  std::vector<MirrorColumn> columns = Columns();
  columns[0] = Property("score");
  Asked([](PortalPlan&) {}, columns);
  CHECK(Value("SELECT blocked_by FROM acme.properties WHERE name = 'score'") ==
        "view public.theirs");
  CHECK(By("SELECT score FROM acme.contacts_write WHERE id = 1") == "2.50");

  // What may not be written any more may not be read by it, either.
  Asked([](PortalPlan& asking) { asking.streams[0].write.update = {"score"}; });
  CHECK(Says(There("contacts_write"), "must be dropped first"));
  CHECK(Says(FailureOf(*writer, "SELECT city FROM acme.contacts_write"), "42501"));
  Connection nobody(As("outbox_nobody"));
  CHECK(Says(FailureOf(nobody, "SELECT city FROM acme.contacts_write"), "42501"));
  CHECK(Value("SELECT count(*) FROM acme.contacts_live") == "2");

  Value("DROP VIEW public.theirs");
  Asked([](PortalPlan& asking) { asking.streams[0].write.update = {"score"}; });
  CHECK(ColumnsOf("acme.contacts_write") == "id|bigint;email|text;score|numeric");
  CHECK(By("SELECT score FROM acme.contacts_write WHERE id = 1") == "2.50");
}

TEST_CASE_FIXTURE(WriteViews, "write views: a relation of somebody else is left alone") {
  for (const std::string kind : {"VIEW", "TABLE"}) {
    CAPTURE(kind);
    Value("DROP VIEW acme.contacts_write");
    Value("CREATE " + kind + " acme.contacts_write AS SELECT 1 AS mine");
    Asked();
    CHECK(ColumnsOf("acme.contacts_write") == "mine|integer");
    sink().Heartbeat();
    CHECK(sink().Standing()->objects.at(0).view_taken);
    CHECK(Says(FailureOf(*writer, "SELECT * FROM acme.contacts_write"), "42501"));
    Asked([](PortalPlan& asking) { asking.streams[0].write.update = {}; });
    CHECK(There("contacts_write") == "acme.contacts_write");
    Value("DROP " + kind + " acme.contacts_write");
    Asked();
    sink().Heartbeat();
    CHECK_FALSE(sink().Standing()->objects.at(0).view_taken);
    CHECK(By("SELECT city FROM acme.contacts_write WHERE id = 1") == "Ulm");
  }
}

TEST_CASE_FIXTURE(WriteViews, "write views: of an object without a written property, archives go") {
  Asked([](PortalPlan& asking) {
    asking.streams[0].write.update = {};
    asking.streams[0].write.archive = "true";
  });
  CHECK(ColumnsOf("acme.contacts_write") == "id|bigint;email|text");
  By("DELETE FROM acme.contacts_write WHERE id = 2");
  CHECK(Last() == "contacts|archive|2");
}

TEST_CASE_FIXTURE(WriteViews, "write views: in a portal that only tries, they try") {
  Asked([](PortalPlan& asking) { asking.write.dry_run = true; });
  By("UPDATE acme.contacts_write SET city = 'Bonn' WHERE id = 1");
  CHECK(Of(OutboxId{1}, "dry_run") == "t");
}

}  // namespace
}  // namespace hubmirror::testing
