#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"
#include "postgres/schema/schema_plan.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

struct SchemaWriterFixture : MirrorFixture {
  /// The table with one more property.
  MirrorTablePtr Add(const MirrorColumn& column) {
    MirrorTable wanted = *contacts();
    wanted.columns.push_back(column);
    set_contacts(sink().ApplyLayout(wanted));
    return contacts();
  }
  MirrorTablePtr Retype(const std::string& name, ColumnType type) {
    MirrorTable wanted = *contacts();
    for (MirrorColumn& column : wanted.columns) {
      column.blocked_by.clear();
      if (column.property() != name) continue;
      column.type = type;
      column.state = PropertyState::kFilling;
    }
    set_contacts(sink().ApplyLayout(wanted));
    return contacts();
  }
  const MirrorColumn& Column(const std::string& name) {
    for (const MirrorColumn& column : contacts()->columns) {
      if (column.property() == name) return column;
    }
    throw std::runtime_error("no column " + name);
  }
  std::string TypeOf(const std::string& relation, const std::string& column) {
    return Value("SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = '" +
                 relation + "'::regclass AND attname = '" + column + "' AND NOT attisdropped");
  }
};

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "a new table has envelope, properties and bookkeeping in this order") {
  MakeContacts({Property("email"), Property("it's \"odd\"", ColumnType::kNumeric)});

  CHECK(List("attname",
             "FROM pg_attribute WHERE attrelid = 'acme.contacts'::regclass AND attnum > 0"
             " ORDER BY attnum") ==
        "id;created_at;updated_at;archived;archived_at;merged_into;erased_at;purged_at;"
        "lastmodifieddate;email;it's \"odd\";_synced_at;_hash;_rejected;_overflow");
  CHECK(observer().schema_changes == std::vector<std::string>{"create_table", "replace_view"});
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "a new property gets its column and its place in the view while running") {
  MakeContacts({Property("a")});
  Write({{.id = 1, .values = {{"a", "x"}}}});
  const uint64_t before = contacts()->version;

  Add(Property("b", ColumnType::kNumeric));
  Write({{.id = 1, .modified = Second(1'700'000'000), .values = {{"a", "x"}, {"b", "5"}}}});

  CHECK(contacts()->version > before);
  CHECK(Column("b").storage == Storage::kColumn);
  CHECK(List("a, b", "FROM acme.contacts_live") == "x|5");
  CHECK(Value("SELECT label FROM acme.properties WHERE name = 'b'") == "Label of b");
}

TEST_CASE_FIXTURE(SchemaWriterFixture, "applying what stands changes nothing") {
  MakeContacts({Property("a")});
  const MirrorTablePtr before = contacts();

  CHECK(sink().ApplyLayout(*before) == before);
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "labels and descriptions are comments, on tables and views") {
  MirrorColumn email = Property("email");
  email.definition.Edit().label = "E-mail";
  email.definition.Edit().description = "where it's \\ read";
  MakeContacts({email});

  const std::string said = "E-mail: where it's \\ read";
  for (const std::string relation : {"acme.contacts", "acme.contacts_live"}) {
    CHECK(Value("SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = '" +
                relation + "'::regclass AND attname = 'email'") == said);
  }

  MirrorTable wanted = *contacts();
  wanted.columns.back().definition.Edit().label = "Mail";
  sink().ApplyLayout(wanted);
  CHECK(Value("SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid ="
              " 'acme.contacts'::regclass AND attname = 'email'") == "Mail: where it's \\ read");
}

TEST_CASE_FIXTURE(SchemaWriterFixture, "the views show live records only") {
  MakeContacts({Property("a")});
  Write({{.id = 1, .values = {{"a", "x"}}}, {.id = 2}, {.id = 3}, {.id = 4}, {.id = 5}});
  Commit commit = NewCommit();
  commit.rows.push_back(Batch({{.id = 2, .archived = true}}));
  commit.fates = {{.id = RecordId{3}, .kind = Fate::Kind::kMerged, .merged_into = RecordId{1}},
                  {.id = RecordId{4}, .kind = Fate::Kind::kErased},
                  {.id = RecordId{5}, .kind = Fate::Kind::kPurged}};
  sink().Write(commit);

  CHECK(List("id", "FROM acme.contacts_live ORDER BY id") == "1");
  CHECK(sink().CountRows(contacts()->object) == 1);
  CHECK(sink().Load(contacts()->object).rows == 1);
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "more properties than a view takes continue in a second one") {
  std::vector<MirrorColumn> many;
  for (int i = 0; i < 1600; ++i) {
    many.push_back(Property("p" + std::to_string(i), ColumnType::kNumeric,
                            i < 390 ? Storage::kColumn : Storage::kOverflow));
  }
  MakeContacts(many);
  Write({{.id = 1, .values = {{"p0", "1"}, {"p1599", "2"}}}});

  CHECK(List("l.p0, l2.p1599, l.p1000",
             "FROM acme.contacts_live l JOIN acme.contacts_live_2 l2"
             " USING (id)") == "1|2");
  CHECK(Value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'acme.contacts_live_2'::regclass"
              " AND attnum > 0") == "102");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "a retyped property swaps its column, views and grants included") {
  Value("DROP ROLE IF EXISTS retype_reader; CREATE ROLE retype_reader");
  MakeContacts({Property("n"), Property("o")});
  Write({{.id = 1, .values = {{"n", "5"}, {"o", "x"}}}});
  Value(
      "GRANT SELECT ON acme.contacts_live TO retype_reader;"
      "GRANT SELECT (n) ON acme.contacts TO retype_reader; GRANT SELECT ON acme.contacts TO "
      "PUBLIC");

  Retype("n", ColumnType::kNumeric);

  CHECK(Column("n").type == ColumnType::kNumeric);
  CHECK(Column("n").state == PropertyState::kFilling);
  CHECK(Column("n").blocked_by.empty());
  CHECK(TypeOf("acme.contacts", "n") == "numeric");
  CHECK(TypeOf("acme.contacts_live", "n") == "numeric");
  // The values come again by the fill.
  CHECK(List("coalesce(n::text, 'none'), o", "FROM acme.contacts_live") == "none|x");
  CHECK(Value("SELECT has_table_privilege('retype_reader', 'acme.contacts_live', 'SELECT')") ==
        "t");
  CHECK(Value("SELECT count(*) FROM information_schema.column_privileges WHERE grantee ="
              " 'retype_reader' AND table_name = 'contacts' AND column_name = 'n'") == "1");
  CHECK(Value("SELECT col_description('acme.contacts'::regclass, attnum) FROM pg_attribute WHERE"
              " attrelid = 'acme.contacts'::regclass AND attname = 'n'") == "Label of n");
  sink().MarkFilled(contacts()->object, {"n"});
  CHECK(Value("SELECT state FROM acme.properties WHERE name = 'n'") == "current");
  Value("DROP OWNED BY retype_reader; DROP ROLE retype_reader");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "somebody's view, index or constraint keeps a property's type") {
  struct Case {
    std::string make;
    std::string drop;
    std::string said;
  };
  const std::vector<Case> cases = {
      {"CREATE SCHEMA theirs; CREATE VIEW theirs.v AS SELECT n FROM acme.contacts",
       "DROP SCHEMA theirs CASCADE", "view theirs.v"},
      {"CREATE VIEW public.on_live AS SELECT id FROM acme.contacts_live",
       "DROP VIEW public.on_live", "view public.on_live"},
      {"CREATE INDEX theirs ON acme.contacts (n)", "DROP INDEX acme.theirs", "index acme.theirs"},
      {"ALTER TABLE acme.contacts ADD CONSTRAINT theirs CHECK (n <> '')",
       "ALTER TABLE acme.contacts DROP CONSTRAINT theirs", "constraint theirs"}};
  MakeContacts({Property("n")});
  Write({{.id = 1, .values = {{"n", "5"}}}});
  for (const auto& [make, drop, said] : cases) {
    CAPTURE(make);
    Value(make);

    Retype("n", ColumnType::kNumeric);

    CHECK(Column("n").type == ColumnType::kText);
    CHECK(Column("n").state == PropertyState::kCurrent);
    CHECK(Column("n").blocked_by.find(said) != std::string::npos);
    CHECK(Value("SELECT n FROM acme.contacts_live") == "5");
    CHECK(Value("SELECT blocked_by LIKE '%" + said + "%' FROM acme.properties WHERE name = 'n'") ==
          "t");
    Value(drop);
  }

  Retype("n", ColumnType::kNumeric);
  CHECK(Column("n").type == ColumnType::kNumeric);
}

TEST_CASE_FIXTURE(SchemaWriterFixture, "a retyped property in _overflow does not break the view") {
  MakeContacts({Property("n", ColumnType::kText, Storage::kOverflow)});
  Write({{.id = 1, .values = {{"n", "not a number"}}}});

  Retype("n", ColumnType::kNumeric);
  CHECK(List("id, n", "FROM acme.contacts_live") == "1");
  Write({{.id = 1, .modified = Second(1'700'000'000), .values = {{"n", "5"}}}});

  CHECK(List("id, n", "FROM acme.contacts_live") == "1|5");
  CHECK(TypeOf("acme.contacts_live", "n") == "numeric");
}

TEST_CASE_FIXTURE(
    SchemaWriterFixture,
    "while the table is in use a new property goes to _overflow, then to its column") {
  MakeContacts({Property("a")});
  Write({{.id = 1, .values = {{"a", "x"}}}});
  {
    Session reader(dsn());
    reader.Run("BEGIN; SELECT count(*) FROM acme.contacts");
    Add(Property("b", ColumnType::kNumeric));
  }
  CHECK(Column("b").storage == Storage::kOverflow);
  CHECK_FALSE(Column("b").blocked_by.empty());
  Write({{.id = 1, .modified = Second(1'700'000'000), .values = {{"a", "x"}, {"b", "5"}}}});
  const RowBatch under_way = Batch({{.id = 2, .values = {{"b", "6"}}}});

  // As the next look at the catalog wants it.
  MirrorTable wanted = *contacts();
  wanted.columns.back().storage = Storage::kColumn;
  wanted.columns.back().blocked_by.clear();
  set_contacts(sink().ApplyLayout(wanted));

  CHECK(Column("b").storage == Storage::kColumn);
  CHECK(Column("b").blocked_by.empty());
  CHECK(List("b, coalesce(_overflow::text, 'none')", "FROM acme.contacts") == "5|none");
  CHECK(List("a, b", "FROM acme.contacts_live") == "x|5");
  // A page that was under way meanwhile still has the value in `_overflow`.
  Write(under_way);
  CHECK(List("b, coalesce(_overflow::text, 'none')", "FROM acme.contacts WHERE id = 2") ==
        "6|none");
}

TEST_CASE_FIXTURE(SchemaWriterFixture, "a reader who holds the view delays the view only") {
  MakeContacts({Property("a")});
  {
    Session reader(dsn());
    reader.Run("BEGIN; LOCK TABLE acme.contacts_live IN ACCESS SHARE MODE");
    // Holding the view holds the table under it: as a reader of the view only would.
    Add(Property("b", ColumnType::kText, Storage::kOverflow));
    CHECK(TypeOf("acme.contacts_live", "b").empty());
  }

  sink().Heartbeat();

  CHECK(TypeOf("acme.contacts_live", "b") == "text");
}

TEST_CASE_FIXTURE(SchemaWriterFixture, "rows of a new table do not wait for its views") {
  sink().Claim();
  MirrorTable wanted{.object = *FindObjectType("contacts"), .columns = {}};
  wanted.columns.push_back(Property("lastmodifieddate", ColumnType::kTimestamp));
  set_contacts(sink().ApplyLayout(wanted));
  CHECK(Value("SELECT to_regclass('acme.contacts_live')") == "");
  CHECK(Write({{.id = 1}}).inserted == 1);

  SUBCASE("as soon as they are asked for") {
    sink().Decorate(wanted.object);
  }
  SUBCASE("with the next layout") {
    sink().ApplyLayout(wanted);
  }
  SUBCASE("with a heartbeat, where the rest of the catalog is long in coming") {
    sink().Heartbeat();
  }

  CHECK(Value("SELECT count(*) FROM acme.contacts_live") == "1");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "the views of a table that was dropped stand again with its next layout") {
  const MirrorTable wanted = *MakeContacts({Property("a")});
  Value("DROP TABLE acme.contacts CASCADE");
  CHECK_THROWS_AS(sink().ApplyLayout(wanted), DatabaseError);
  sink().Claim();
  sink().Load(wanted.object);

  sink().ApplyLayout(wanted);
  sink().ApplyLayout(wanted);

  CHECK(TypeOf("acme.contacts_live", "a") == "text");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "users' own views, indexes, columns and grants survive new properties") {
  Value("DROP ROLE IF EXISTS theirs_role; CREATE ROLE theirs_role");
  MakeContacts({Property("a")});
  Write({{.id = 1, .values = {{"a", "x"}}}});
  Value(
      "CREATE VIEW public.theirs AS SELECT id, a FROM acme.contacts_live;"
      "CREATE INDEX theirs_idx ON acme.contacts (lower(a));"
      "ALTER TABLE acme.contacts ADD COLUMN note text DEFAULT 'mine';"
      "GRANT SELECT ON acme.contacts, acme.contacts_live TO theirs_role");

  Add(Property("b"));
  Write({{.id = 1, .modified = Second(1'700'000'000), .values = {{"a", "y"}, {"b", "z"}}},
         {.id = 2, .values = {{"a", "new"}}}});

  CHECK(List("id, a", "FROM public.theirs ORDER BY id") == "1|y;2|new");
  CHECK(List("note", "FROM acme.contacts ORDER BY id") == "mine;mine");
  CHECK(Value("SELECT count(*) FROM pg_indexes WHERE indexname = 'theirs_idx'") == "1");
  CHECK(Value("SELECT has_table_privilege('theirs_role', 'acme.contacts_live', 'SELECT')") == "t");
  Value("DROP OWNED BY theirs_role; DROP ROLE theirs_role");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "what changed is in schema_changes, and what did not is not") {
  MakeContacts({Property("a"), Property("o", ColumnType::kText, Storage::kOverflow)});
  Value("CREATE VIEW public.theirs AS SELECT a FROM acme.contacts");
  Retype("a", ColumnType::kNumeric);
  Value("DROP VIEW public.theirs");
  Retype("a", ColumnType::kNumeric);
  Add(Property("b", ColumnType::kDate));
  sink().ApplyLayout(*contacts());
  MirrorTable wanted = *contacts();
  wanted.columns.back().definition.Edit().archived = true;
  set_contacts(sink().ApplyLayout(wanted));
  Value("ALTER TABLE acme.contacts DROP COLUMN a CASCADE");
  set_contacts(sink().ApplyLayout(*contacts()));

  CHECK(List("change, coalesce(property, ''), detail",
             "FROM acme.schema_changes WHERE object = 'contacts' ORDER BY number") ==
        "create_table||2 properties, 1 more in _overflow;retype_column|a|text to numeric;"
        "add_column|b|date;archive|b;add_column|a|numeric");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "a plan tells the changes to come, and what is in their way") {
  const auto planned = [this](const MirrorTable& wanted) {
    Connection connection({.dsn = dsn(), .password = {}});
    std::string text;
    for (const auto& [change, blocked_by] : PlanSchema(connection, plan(), wanted)) {
      if (!text.empty()) text += ";";
      text += std::string(NameOf(change.kind)) + " " + change.property + " " + change.detail;
      for (const std::string& one : blocked_by) text += " (" + one + ")";
    }
    return text;
  };
  MirrorTable wanted{.object = *FindObjectType("contacts"), .columns = {Property("a")}};
  CHECK(planned(wanted) == "create_table  1 properties");

  PortalPlan indexed = plan();
  indexed.streams = {StreamPlan{.object = wanted.object, .indexes = {"b"}}};
  Open(indexed);
  MakeContacts({Property("a")});
  CHECK(planned(*contacts()).empty());
  Value("CREATE VIEW public.theirs AS SELECT a FROM acme.contacts_live");
  wanted = *contacts();
  for (MirrorColumn& column : wanted.columns) {
    if (column.property() == "a") column.type = ColumnType::kNumeric;
  }
  wanted.columns.push_back(Property("b"));

  CHECK(planned(wanted) ==
        "retype_column a text to numeric (view public.theirs);add_column b text;"
        "create_index b contacts_b_idx");
  CHECK(TypeOf("acme.contacts", "b").empty());
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "readers may read tables, views and the state, and nothing else") {
  Value("DROP ROLE IF EXISTS bi; CREATE ROLE bi LOGIN");
  PortalPlan with_readers = plan();
  with_readers.readers = {"bi"};
  Open(with_readers);
  MakeContacts({Property("a")});
  Write({{.id = 1, .values = {{"a", "x"}}}});
  const std::string as_reader = SharedServer().Dsn("bi", database());

  CHECK(RunSql(as_reader, "SELECT a FROM acme.contacts_live") == "x");
  CHECK(RunSql(as_reader,
               "SELECT count(*) FROM acme.contacts, acme.properties, acme._stream_state,"
               " hubmirror.status") != "0");
  CHECK_THROWS(RunSql(as_reader, "SELECT * FROM acme._quarantine"));
  CHECK_THROWS(RunSql(as_reader, "DELETE FROM acme.contacts"));
  Value("DROP OWNED BY bi; DROP ROLE bi");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "a column of ours that somebody dropped comes back, to be filled again") {
  MakeContacts({Property("a"), Property("b")});
  Write({{.id = 1, .values = {{"a", "x"}, {"b", "y"}}}});
  Value("ALTER TABLE acme.contacts DROP COLUMN a CASCADE");

  set_contacts(sink().ApplyLayout(*contacts()));

  CHECK(Column("a").state == PropertyState::kFilling);
  CHECK(Column("b").state == PropertyState::kCurrent);
  CHECK(List("coalesce(a, 'none'), b", "FROM acme.contacts_live") == "none|y");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "a layout that was made before a fill ended leaves the fill ended") {
  MakeContacts({Property("a")});
  MirrorColumn filling = Property("b");
  filling.state = PropertyState::kFilling;
  const MirrorTable seen = *Add(filling);
  set_contacts(sink().MarkFilled(contacts()->object, {"b"}));

  set_contacts(sink().ApplyLayout(seen));

  CHECK(Column("b").state == PropertyState::kCurrent);
  CHECK(Value("SELECT state FROM acme.properties WHERE name = 'b'") == "current");
}

TEST_CASE_FIXTURE(SchemaWriterFixture, "a column somebody made is not taken for ours") {
  MakeContacts({Property("a")});
  Value("ALTER TABLE acme.contacts ADD COLUMN b integer DEFAULT 5");

  Add(Property("b"));
  Write({{.id = 1, .values = {{"b", "text"}}}});

  CHECK(Column("b").storage == Storage::kOverflow);
  CHECK(Column("b").blocked_by.find("integer") != std::string::npos);
  CHECK(List("b, _overflow->>'b'", "FROM acme.contacts") == "5|text");
  CHECK(Value("SELECT b FROM acme.contacts_live") == "text");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "a table with no room for another column keeps the property in _overflow") {
  MakeContacts({Property("a")});
  std::string sql = "ALTER TABLE acme.contacts ADD COLUMN x0 int";
  for (int i = 1; i < 1586; ++i) sql += ", ADD COLUMN x" + std::to_string(i) + " int";
  Value(sql);

  Add(Property("b"));

  CHECK(Column("b").storage == Storage::kOverflow);
  CHECK(Column("b").blocked_by.find("no room") != std::string::npos);
  Write({{.id = 1, .values = {{"b", "kept"}}}});
  CHECK(Value("SELECT b FROM acme.contacts_live") == "kept");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "indexes are made as asked, outlive a retype and go as asked") {
  MakeContacts({Property("owner"), Property("amount"),
                Property("far", ColumnType::kText, Storage::kOverflow)});
  const auto indexes = [this] {
    return List("indexname",
                "FROM pg_indexes WHERE schemaname = 'acme' AND indexname LIKE"
                " 'contacts\\_%\\_idx' AND indexdef !~ '_at\\)|WHERE' ORDER BY indexname");
  };
  const auto ask = [this](std::vector<std::string> properties) {
    PortalPlan asked = plan();
    asked.streams = {StreamPlan{.object = contacts()->object, .indexes = std::move(properties)}};
    Open(asked);
    sink().Claim();
    sink().Load(contacts()->object);
    sink().Heartbeat();
  };
  ask({"owner", "amount", "far", "unknown"});
  CHECK(indexes() == "contacts_amount_idx;contacts_owner_idx");
  Value("CREATE INDEX contacts_hand_idx ON acme.contacts (owner, amount)");
  ask({"owner"});
  CHECK(indexes() == "contacts_hand_idx;contacts_owner_idx");

  Value("DROP INDEX acme.contacts_hand_idx");
  Retype("owner", ColumnType::kNumeric);
  CHECK(Column("owner").blocked_by == "");
  CHECK(TypeOf("acme.contacts", "owner") == "numeric");
  sink().Heartbeat();
  CHECK(indexes() == "contacts_owner_idx");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "every table has an index on _synced_at, and contacts on e-mail") {
  const auto definition = [this](const std::string& name) {
    return Value("SELECT indexdef FROM pg_indexes WHERE schemaname = 'acme' AND indexname = '" +
                 name + "'");
  };
  MakeContacts({Property("email")});
  const auto restart = [this] {
    Open(plan());
    sink().Claim();
    sink().Load(contacts()->object);
    sink().Heartbeat();
  };
  sink().ApplyLayout({.object = *FindObjectType("deals"), .columns = {Property("email")}});
  sink().Heartbeat();
  CHECK(definition("contacts__synced_at_idx").ends_with("contacts USING btree (_synced_at)"));
  CHECK(definition("contacts_email_idx").ends_with("contacts USING btree (email)"));
  CHECK(definition("deals__synced_at_idx").ends_with("deals USING btree (_synced_at)"));
  CHECK(definition("deals_email_idx").empty());

  // A table that stood before there were such indexes, and one of whose names somebody has used.
  Value("DROP INDEX acme.contacts__synced_at_idx, acme.contacts_email_idx");
  Value("CREATE INDEX contacts_email_idx ON acme.contacts (lower(email))");
  restart();
  CHECK(definition("contacts__synced_at_idx").ends_with("(_synced_at)"));
  CHECK(definition("contacts_email_idx").ends_with("(lower(email))"));
  Value("DROP INDEX acme.contacts_email_idx");
  restart();
  CHECK(definition("contacts_email_idx").ends_with("(email)"));

  // An index of ours keeps no property's type.
  Retype("email", ColumnType::kNumeric);
  CHECK(Column("email").blocked_by == "");
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "columns of the envelope and lower() of texts are indexed as asked") {
  MakeContacts({Property("city"), Property("amount", ColumnType::kNumeric)});
  const auto definitions = [this] {
    return List("regexp_replace(indexdef, '.* USING btree ', '')",
                "FROM pg_indexes WHERE schemaname = 'acme' AND tablename = 'contacts'"
                " ORDER BY indexname COLLATE \"C\"");
  };
  const auto ask = [this](std::vector<std::string> keys) {
    PortalPlan asked = plan();
    asked.streams = {StreamPlan{.object = contacts()->object, .indexes = std::move(keys)}};
    Open(asked);
    sink().Claim();
    sink().Load(contacts()->object);
    sink().Heartbeat();
  };
  const std::string built_in = definitions();
  // What has an index as it is gets no second one, what is no text no lower().
  ask({"id", "updated_at", "merged_into", "_synced_at", "lower(amount)", "lower(unknown)"});
  CHECK(definitions() == built_in);

  ask({"created_at", "lower(city)", "city"});
  CHECK(List("regexp_replace(indexdef, '.* USING btree ', '')",
             "FROM pg_indexes WHERE schemaname = 'acme' AND obj_description((schemaname || '.' ||"
             " quote_ident(indexname))::regclass) ~ 'configuration' ORDER BY indexname COLLATE "
             "\"C\"") == "(city);(created_at);(lower(city))");
  Retype("city", ColumnType::kNumeric);
  CHECK(Column("city").blocked_by == "");
  sink().Heartbeat();
  CHECK(definitions().find("lower") == std::string::npos);

  ask({});
  CHECK(definitions() == built_in);
}

TEST_CASE_FIXTURE(SchemaWriterFixture,
                  "readable views show labels where there are some, else the value") {
  MirrorColumn owner = Property("hubspot_owner_id");
  MirrorColumn stage = Property("dealstage");
  stage.definition.Edit().type = "enumeration";
  stage.definition.Edit().options = {{.value = "a", .label = "Option A"}};
  MirrorColumn pipeline = Property("pipeline");
  pipeline.definition.Edit().type = "enumeration";
  MirrorColumn many = Property("many", ColumnType::kText, Storage::kOverflow);
  many.definition.Edit().type = "enumeration";
  many.definition.Edit().field_type = "checkbox";
  many.definition.Edit().options = {{.value = "x", .label = "Ex"}, {.value = "y", .label = "Why"}};
  MakeContacts({owner, stage, pipeline, many});
  Value(
      "INSERT INTO acme.owners (id, first_name, last_name, email) VALUES (7, 'Ada', '', 'a@b.c'),"
      " (8, '', NULL, 'only@mail')");
  Value(
      "INSERT INTO acme.pipeline_stages (object, pipeline_id, id, label)"
      " VALUES ('contacts', 'p', 'b', 'Stage B'), ('contacts', 'q', 'b', 'Other B')");
  Value("INSERT INTO acme.pipelines (object, id, label) VALUES ('contacts', 'p', 'Pipe')");
  const auto record = [](int64_t id, const std::string& owner_id, const std::string& at,
                         const std::string& in, const std::string& of) {
    return Told{
        .id = id,
        .values = {
            {"hubspot_owner_id", owner_id}, {"dealstage", at}, {"pipeline", in}, {"many", of}}};
  };
  Write({record(1, "7", "b", "p", "y;x"), record(2, "8", "a", "p", "x;z"),
         record(3, "nobody", "c", "r", "z")});
  CHECK(List("hubspot_owner_id, dealstage, pipeline, many",
             "FROM acme.contacts_readable ORDER BY id") ==
        "Ada|Stage B|Pipe|Why;Ex;only@mail|Option A|Pipe|Ex;z;nobody|c|r|z");
}

}  // namespace
}  // namespace hubmirror::testing
