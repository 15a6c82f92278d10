#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"
#include "postgres/schema/layout_steps.h"
#include "support/undescribed.h"

namespace hubmirror::testing {
namespace {

/// Two portals with contacts, each with a property that HubSpot gives no label, a history, a union,
/// links and readable labels.
struct CommentsFixture : MirrorFixture {
  PortalPlan Asking(const std::string& key, int64_t id) const {
    PortalPlan asking = plan();
    asking.key = asking.schema = key;
    asking.portal_id = PortalId{id};
    asking.unions = {"contacts"};
    asking.streams = {
        {.object = *FindObjectType("contacts"), .indexes = {"city"}, .history = {"city"}}};
    return asking;
  }
  static std::vector<MirrorColumn> Columns() {
    std::vector<MirrorColumn> columns = {Property("lastmodifieddate", ColumnType::kTimestamp),
                                         Property("city"),
                                         Property("spilled", ColumnType::kText, Storage::kOverflow),
                                         Property("bare"), Property("told")};
    columns[3].definition.Edit().label.clear();
    columns[4].definition.Edit().description = "it's told";
    return columns;
  }
  static void Fill(PortalSink& sink) {
    const ObjectType contacts = *FindObjectType("contacts");
    sink.ApplyLayout({.object = contacts, .columns = Columns()});
    sink.Heartbeat();
    sink.PrepareHistory(contacts);
    sink.SaveLinkTypes({contacts, contacts}, {{"USER_DEFINED", 5, ""}});
  }
  std::string OfColumn(const std::string& table, const std::string& column) const {
    return Value("SELECT col_description('" + table +
                 "'::regclass, attnum) FROM pg_attribute"
                 " WHERE attrelid = '" +
                 table + "'::regclass AND attname = '" + column + "'");
  }
};

TEST_CASE_FIXTURE(CommentsFixture, "comments: every table, view, column and function has one") {
  Open(Asking("acme", 4711));
  sink().Claim();
  CHECK(Value(kUndescribed) == "");
  const auto beta = SinkFor(Asking("beta", 4712));
  beta->Claim();
  Fill(sink());
  Fill(*beta);

  CHECK(Value(kUndescribed) == "");
  CHECK(
      Value("SELECT obj_description('acme._quarantine'::regclass)").find("HubSpot fails to show") !=
      std::string::npos);
  for (const std::string relation :
       {"acme.contacts", "acme.contacts_live", "acme.contacts_readable", "acme.contacts_history",
        "acme.contact_contacts", "acme.lists", "acme.properties", "acme._stream_state",
        "acme._quarantine", "hubmirror.status", "hubmirror.contacts", "beta.contacts"}) {
    CAPTURE(relation);
    CHECK(Value("SELECT obj_description('" + relation + "'::regclass)") != "");
  }
  for (const std::string table :
       {"acme.contacts", "acme.contacts_live", "acme.contacts_readable", "hubmirror.contacts"}) {
    CAPTURE(table);
    CHECK(OfColumn(table, "city") == "Label of city");
    CHECK(OfColumn(table, "bare") == "bare");
    CHECK(OfColumn(table, "told") == "Label of told: it's told");
    CHECK(OfColumn(table, "created_at") == "When the record was created, by HubSpot's clock");
  }
  CHECK(OfColumn("acme.contacts_live", "spilled") == "Label of spilled");
}

TEST_CASE_FIXTURE(CommentsFixture, "comments: a union follows what its portals say") {
  Open(Asking("acme", 4711));
  sink().Claim();
  Fill(sink());
  std::vector<MirrorColumn> columns = Columns();
  columns[1].definition.Edit().label = "Town";
  sink().ApplyLayout({.object = *FindObjectType("contacts"), .columns = columns});

  CHECK(OfColumn("acme.contacts", "city") == "Town");
  CHECK(OfColumn("hubmirror.contacts", "city") == "Town");
}

TEST_CASE_FIXTURE(CommentsFixture, "comments: a mirror that an older version made gets them") {
  {
    Transaction transaction(pool());
    transaction.Run("CREATE SCHEMA hubmirror; CREATE SCHEMA acme");
    RunSteps(transaction, "hubmirror", 0, CommonSteps().first(4));
    RunSteps(transaction, "acme", 0, PortalSteps().first(8));
    transaction.Run(
        "INSERT INTO hubmirror.layout (version) VALUES (4);"
        "INSERT INTO acme._portal (portal_id, layout_version) VALUES (4711, 8)");
    transaction.Commit();
  }
  Open(Asking("acme", 4711));
  CHECK(Value(kUndescribed) != "");
  sink().Claim();
  CHECK(Value(kUndescribed) == "");

  // The tables of objects too, when nothing of them changes.
  Fill(sink());
  Value(
      "DELETE FROM pg_description d USING pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
      " WHERE d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND c.relkind IN ('r', 'v')"
      " AND c.relname ~ '^contacts' AND (d.objsubid > 0 OR n.nspname = 'acme')");
  CHECK(Value(kUndescribed) != "");
  Open(Asking("acme", 4711));
  sink().Claim();
  sink().Load(*FindObjectType("contacts"));
  sink().Heartbeat();
  CHECK(Value(kUndescribed) == "");
}

TEST_CASE_FIXTURE(CommentsFixture, "comments: what is somebody else's is left alone") {
  Open(Asking("acme", 4711));
  sink().Claim();
  Value(
      "CREATE ROLE analyst; CREATE TABLE acme.contacts_history (id bigint, value text);"
      "ALTER TABLE acme.contacts_history OWNER TO analyst;"
      "COMMENT ON TABLE acme.contacts_history IS 'theirs'");
  SharedServer().Run("DROP ROLE IF EXISTS modest_writer; CREATE ROLE modest_writer LOGIN");
  Value(
      "DO $$ DECLARE t record; BEGIN FOR t IN SELECT c.oid::regclass AS name, c.relkind FROM"
      " pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('acme',"
      " 'hubmirror') AND c.relkind IN ('r', 'v') AND c.relname <> 'contacts_history' LOOP"
      " EXECUTE format('ALTER TABLE %s OWNER TO modest_writer', t.name); END LOOP; END $$;"
      "ALTER SCHEMA acme OWNER TO modest_writer; ALTER SCHEMA hubmirror OWNER TO modest_writer");
  Open(Asking("acme", 4711), SharedServer().Dsn("modest_writer", database()));
  sink().Claim();
  sink().ApplyLayout({.object = *FindObjectType("contacts"), .columns = Columns()});
  // A new table is commented on once it can take records.
  sink().Heartbeat();

  CHECK(OfColumn("acme.contacts", "city") == "Label of city");
  CHECK(Value("SELECT obj_description('acme.contacts_history'::regclass)") == "theirs");
  Value("DROP TABLE acme.contacts_history; DROP ROLE analyst");
}

}  // namespace
}  // namespace hubmirror::testing
