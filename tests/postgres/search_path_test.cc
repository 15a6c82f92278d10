#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"
#include "postgres/schema/portal_removal.h"
#include "postgres/schema/schema_plan.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// Plants a double of every function, aggregate, operator and type of PostgreSQL that can have one
/// into `public`, with the very same types of arguments; of those that take any array or any
/// element, one for each type of ours. Each ends the statement that calls it.
constexpr const char* kPlant = R"sql(
CREATE FUNCTION pg_temp.concrete(given oid, element text) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN given = 0 THEN 'NONE' WHEN t.typtype <> 'p' THEN format_type(given, NULL)
    WHEN t.typname IN ('anyarray', 'anycompatiblearray') THEN element || '[]'
    WHEN t.typname IN ('anyelement', 'anycompatible', 'anynonarray', 'anycompatiblenonarray', 'any')
      THEN element
    WHEN t.typname IN ('void') THEN 'void' END
  FROM (SELECT 1) one LEFT JOIN pg_type t ON t.oid = given $$;
DO $plant$
DECLARE
  f record; o record; element text; args text; result text; planted int := 0;
BEGIN
  FOREACH element IN ARRAY ARRAY['text', 'bigint', 'integer', 'boolean', 'timestamptz', 'timestamp'] LOOP
    FOR f IN SELECT p.* FROM pg_proc p WHERE pronamespace = 'pg_catalog'::regnamespace
        AND prokind IN ('f', 'a') LOOP
      SELECT string_agg(pg_temp.concrete(a, element), ', ' ORDER BY n),
             CASE WHEN bool_and(pg_temp.concrete(a, element) IS NOT NULL) THEN
               pg_temp.concrete(f.prorettype, element) END
        INTO args, result FROM unnest(f.proargtypes::oid[]) WITH ORDINALITY u(a, n);
      IF f.pronargs = 0 THEN
        args := ''; result := pg_temp.concrete(f.prorettype, element);
      END IF;
      CONTINUE WHEN result IS NULL;
      -- Of a variadic one, those with one, two and three more arguments.
      BEGIN
        IF f.prokind = 'a' THEN
          IF f.pronargs = 0 THEN args := '*'; END IF;
          EXECUTE format('CREATE FUNCTION public.planted_state(text%s) RETURNS text LANGUAGE plpgsql
            AS $$BEGIN RAISE EXCEPTION ''planted %s''; END$$',
            CASE args WHEN '*' THEN '' ELSE ', ' || args END, f.proname);
        END IF;
      EXCEPTION WHEN OTHERS THEN NULL; END;
      BEGIN
        IF f.prokind = 'a' THEN
          EXECUTE format('CREATE AGGREGATE public.%I(%s) (SFUNC = public.planted_state, STYPE = text,
            INITCOND = ''x'')', f.proname, args);
        ELSE
          EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s %s LANGUAGE plpgsql AS
            $$BEGIN RAISE EXCEPTION ''planted %s''; END$$', f.proname, args,
            CASE WHEN f.proretset THEN 'SETOF' ELSE '' END, result, f.proname);
        END IF;
        planted := planted + 1;
      EXCEPTION WHEN OTHERS THEN NULL; END;
      IF f.provariadic = '"any"'::regtype THEN
        FOR n IN 1..3 LOOP
          args := args || ', ' || element;
          BEGIN
            EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS
              $$BEGIN RAISE EXCEPTION ''planted %s''; END$$', f.proname, args, result, f.proname);
          EXCEPTION WHEN OTHERS THEN NULL; END;
        END LOOP;
      END IF;
    END LOOP;
    FOR o IN SELECT * FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace LOOP
      BEGIN
        EXECUTE format('CREATE FUNCTION public.planted_operator(%s) RETURNS %s LANGUAGE plpgsql AS
            $$BEGIN RAISE EXCEPTION ''planted operator''; END$$',
          concat_ws(', ', nullif(pg_temp.concrete(o.oprleft, element), 'NONE'),
            pg_temp.concrete(o.oprright, element)), pg_temp.concrete(o.oprresult, element));
      EXCEPTION WHEN OTHERS THEN NULL; END;
      BEGIN
        EXECUTE format('CREATE OPERATOR public.%s (FUNCTION = public.planted_operator%s, RIGHTARG = %s)',
          o.oprname, CASE WHEN o.oprleft = 0 THEN '' ELSE ', LEFTARG = ' ||
            pg_temp.concrete(o.oprleft, element) END, pg_temp.concrete(o.oprright, element));
        planted := planted + 1;
      EXCEPTION WHEN OTHERS THEN NULL; END;
    END LOOP;
  END LOOP;
  ASSERT planted > 2500, planted;
  FOREACH element IN ARRAY ARRAY['text', 'numeric', 'timestamptz', 'jsonb', 'date', 'int8', 'bool'] LOOP
    EXECUTE format('CREATE DOMAIN public.%I AS pg_catalog.text CHECK (false)', element);
  END LOOP;
END $plant$)sql";

/// A portal whose daemon and readers look into `public` before anything else.
struct PlantedFixture : MirrorFixture {
  PlantedFixture() {
    for (const std::string role : {"mirrorer", "onlooker"}) {
      SharedServer().Run("DROP ROLE IF EXISTS " + role + "; CREATE ROLE " + role +
                         " LOGIN; ALTER ROLE " + role + " SET search_path = public, pg_catalog");
    }
    Value("GRANT CREATE ON DATABASE " + database() + " TO mirrorer");
    // Once planted, the superuser of the test must not look there either.
    Value("ALTER ROLE postgres IN DATABASE " + database() + " SET search_path = pg_catalog");
    LogInAgain();
    PortalPlan read = plan();
    read.readers = {"onlooker"};
    read.unions = {"contacts"};
    read.streams = {
        {.object = *FindObjectType("contacts"), .indexes = {"city"}, .history = {"city"}}};
    as_daemon = SharedServer().Dsn("mirrorer", database());
    Open(read, as_daemon);
  }
  ~PlantedFixture() {
    Value("DROP OWNED BY onlooker; DROP OWNED BY mirrorer CASCADE; DROP ROLE onlooker, mirrorer");
  }

  /// Everything that the daemon does with a portal, once.
  void WorkAll() {
    MirrorColumn stage = Property("stage");
    stage.definition.Edit().type = "enumeration";
    stage.definition.Edit().options = {{.value = "a", .label = "Aye"},
                                       {.value = "b", .label = "Bee"}};
    MirrorColumn many = stage;
    many.definition.Edit().name = many.column_name = "many";
    many.definition.Edit().field_type = "checkbox";
    MakeContacts({Property("city"), Property("hubspot_owner_id"), stage, many,
                  Property("spilled", ColumnType::kNumeric, Storage::kOverflow), Property("n")});
    sink().SaveAccount({.portal_id = plan().portal_id});
    sink().SavePropertyGroups(contacts()->object, {{.name = "g", .label = "G"}});
    WriteRows();
    Records();
    Links();
    References();
    Histories();
    Layouts();
  }
  void WriteRows() {
    std::vector<Told> records;
    for (int i = 1; i <= 300; ++i) {
      records.push_back({.id = i,
                         .values = {{"city", "Ulm"},
                                    {"stage", "a"},
                                    {"many", "a;b"},
                                    {"hubspot_owner_id", "7"},
                                    {"spilled", "3"}},
                         .rejected = {{"n", "x"}}});
    }
    CHECK(Write(records).inserted == 300);
    for (Told& told : records) told.values["city"] = "Bonn";
    CHECK(Write(records).updated == 300);
    CHECK(Write({{.id = 5, .values = {{"city", "Rome"}}}}).updated == 1);
    CHECK(Write({{.id = 6, .archived = true}}).archived == 1);
    CHECK(Write({{.id = 8, .merged_ids = {9}}}).merged == 1);
    Commit commit = NewCommit();
    commit.fates = {{.id = RecordId{10}, .kind = Fate::Kind::kErased, .at = Second(1)},
                    {.id = RecordId{11}, .kind = Fate::Kind::kPurged, .at = Second(1)}};
    commit.ranges = {
        {.from = RecordId{20}, .to = RecordId{21}, .sent_at = clock().Now()},
        {.from = RecordId{1}, .to = RecordId{9}, .sent_at = clock().Now(), .archived_list = true}};
    commit.pending = {{.id = RecordId{12}}};
    commit.settled = {{.id = RecordId{13}, .version = "1"},
                      {.id = RecordId{14}, .shown = Second(1)}};
    commit.debts = "{}";
    commit.forget_lost_values = true;
    commit.progress = {{JobKind::kSweep, {.cursor = "{}"}}};
    commit.budget = "{}";
    sink().Write(commit);
    clock().Advance(1s);
  }
  void Records() {
    const ObjectType& object = contacts()->object;
    Commit page = NewCommit();
    page.rows.push_back(Batch({{.id = 5, .values = {{"city", "Rome"}}}}));
    CommitOutcome outcome;
    sink().Verify(page, {.repair = true}, outcome);
    CHECK_FALSE(sink().Stored(object, {RecordId{5}}).empty());
    sink().DuePending(object, Second(2'000'000'000), 10);
    sink().CountPending(object);
    CHECK(sink().CountRows(object) > 200);
    CHECK(sink().WitnessRecord(object, false));
    sink().BeginSeen(object);
    sink().AddSeen(object, {RecordId{5}});
    sink().SuspectUnseen(object, Second(1));
    sink().SaveState(object, StreamState::kCurrent, "", "");
    sink().Analyze(object);
    sink().Heartbeat();
    sink().Load(object);
    sink().LoadBudget();
  }
  void Links() {
    const LinkPair pair{contacts()->object, contacts()->object};
    sink().SaveLinkTypes(pair, {{"USER_DEFINED", 5, "boss"}});
    sink().WriteLinks({.pair = pair,
                       .read = {RecordId{1}},
                       .links = {{RecordId{1}, RecordId{2}, {"USER_DEFINED", 5, "boss"}}},
                       .at = Second(1)});
    sink().LinkedFrom(pair, {RecordId{2}});
    sink().LiveIds(contacts()->object, std::nullopt, 10);
    sink().DropDueLinks(contacts()->object, sink().DueLinks(contacts()->object, 10));
  }
  void References() {
    auto& reference = static_cast<ReferenceSink&>(sink());
    std::vector<ReferenceRow> owners(1);
    owners[0].values.resize(TableOf(ReferenceKind::kOwners).columns.size());
    owners[0].values[0] = "7";
    owners[0].values[4] = "Ada";
    reference.WriteReference({{.kind = ReferenceKind::kOwners, .rows = owners, .at = Second(1)},
                              {.kind = ReferenceKind::kListMemberships,
                               .scope = {"1"},
                               .rows = {{.values = {"1", "2", "2026-01-02T03:04:05Z"}}},
                               .to = 9,
                               .at = Second(1)}},
                             "lists", JobKind::kLists, JobProgress{}, "");
    reference.LoadReferenceProgress("lists", JobKind::kLists);
    reference.LoadTypeTables();
  }
  void Histories() {
    sink().PrepareHistory(contacts()->object);
    sink().BeginHistory(contacts()->object, {.cursor = "{}"});
    sink().WriteHistory({.object = contacts()->object,
                         .scope = {{"city", ""}},
                         .entries = {{.id = RecordId{5}, .property = "city", .value = "Ulm"}},
                         .settled = {RecordId{5}},
                         .sent_at = clock().Now(),
                         .progress = {.cursor = "{}"}});
    sink().DueHistory(contacts()->object, 9);
    sink().HistoryBlock(contacts()->object, false, std::nullopt, 9);
  }
  void Layouts() {
    MirrorTable wanted = *contacts();
    wanted.columns[1].excluded = true;
    wanted.columns.back().type = ColumnType::kNumeric;
    wanted.columns.push_back(Property("late"));
    Connection connection({.dsn = as_daemon, .password = {}});
    CHECK_FALSE(PlanSchema(connection, plan(), wanted).empty());
    set_contacts(sink().ApplyLayout(wanted));
    CHECK(contacts()->columns.back().storage == Storage::kColumn);
  }

  std::string as_daemon;
};

TEST_CASE_FIXTURE(
    PlantedFixture,
    "search path: nothing that others planted is called, by the daemon or by readers") {
  Value(kPlant);
  REQUIRE_THROWS(RunSql(as_daemon, "SELECT unnest(ARRAY['a'])"));
  REQUIRE_THROWS(RunSql(as_daemon, "SELECT count(*) FROM pg_class WHERE relname = 'x'::name"));

  WorkAll();

  const std::string as_reader = SharedServer().Dsn("onlooker", database());
  for (const std::string view :
       {"acme.contacts_live", "acme.contacts_readable", "acme.contact_contacts", "hubmirror.status",
        "hubmirror.contacts"}) {
    CAPTURE(view);
    CHECK_FALSE(RunSql(as_reader, "TABLE " + view).empty());
  }
  CHECK(Value("SELECT stage FROM acme.contacts_readable WHERE id = 1") == "Aye");
  CHECK(Value("SELECT many FROM acme.contacts_readable WHERE id = 1") == "Aye;Bee");
  CHECK(Value("SELECT hubspot_owner_id FROM acme.contacts_readable WHERE id = 1") == "Ada");

  Value("UPDATE acme._owner SET renewed_at = now() - interval '61 s'");
  Connection connection({.dsn = as_daemon, .password = {}});
  const auto remains = FindRemains(connection, "acme", "");
  REQUIRE(remains);
  RemovePortal(connection, *remains, false, 1s);
  CHECK(Value("SELECT count(*) FROM pg_namespace WHERE nspname = 'acme'") == "0");
}

TEST_CASE_FIXTURE(PlantedFixture, "search path: views that stand on planted things are made anew") {
  WorkAll();
  Value(
      "CREATE FUNCTION public.planted(text) RETURNS text LANGUAGE sql AS 'SELECT $1';"
      "GRANT EXECUTE ON FUNCTION public.planted TO PUBLIC");
  for (const std::string view :
       {"acme.contacts_live", "acme.contacts_readable", "acme.contact_contacts", "hubmirror.status",
        "hubmirror.contacts"}) {
    // The body as it is, with a planted function around one text.
    const std::string column = Value("SELECT attname FROM pg_attribute WHERE attrelid = '" + view +
                                     "'::regclass AND atttypid = 'text'::regtype LIMIT 1");
    Value("DO $$ DECLARE list text; BEGIN SELECT string_agg(CASE attname WHEN '" + column +
          "' THEN format('public.planted(%I) AS %1$I', attname) ELSE quote_ident(attname) END, ', '"
          " ORDER BY attnum) INTO list FROM pg_attribute WHERE attrelid = '" +
          view + "'::regclass AND attnum > 0; EXECUTE 'CREATE OR REPLACE VIEW " + view +
          " AS SELECT ' || list || ' FROM (' || rtrim(pg_get_viewdef('" + view +
          "'::regclass), ';') || ') q'; END $$");
  }
  // As a version before this one left them.
  Value(
      "UPDATE hubmirror.layout SET version = 3;"
      "COMMENT ON VIEW acme.contact_contacts IS 'Live contacts and the live contacts they are"
      " linked with; a link with a label has an unlabelled row too'");
  REQUIRE(Value("SELECT count(*) FROM pg_depend WHERE refobjid = 'public.planted'::regproc") ==
          "5");

  Open(plan(), as_daemon);
  sink().Claim();
  sink().Load(contacts()->object);
  sink().Heartbeat();
  sink().SaveLinkTypes({contacts()->object, contacts()->object}, {{"USER_DEFINED", 5, "boss"}});

  CHECK(Value("SELECT string_agg(ev_class::regclass::text, ',') FROM pg_depend d JOIN pg_rewrite r"
              " ON r.oid = d.objid WHERE d.refobjid = 'public.planted'::regproc") == "");
}

TEST_CASE_FIXTURE(PlantedFixture, "search path: a statement by itself does not look there either") {
  Value(
      "CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql"
      " AS $$BEGIN RAISE EXCEPTION 'planted'; END$$");
  REQUIRE_THROWS(RunSql(as_daemon, "SELECT unnest(ARRAY['a'])"));
  Connection connection({.dsn = as_daemon, .password = {}});

  CHECK(connection.Run("SELECT unnest(ARRAY['a'::text])").Text(0, 0) == "a");
  CHECK(connection.Run("SELECT count(*) FROM unnest($1::text[])", {"{a,b}"}).Int(0, 0) == 2);
  CHECK(connection.Run("SELECT current_setting('search_path')").Text(0, 0) ==
        "pg_catalog, pg_temp");
  connection.Begin();
  CHECK(connection.Run("SELECT unnest(ARRAY['a'::text])").Text(0, 0) == "a");
  connection.Rollback();
}

}  // namespace
}  // namespace hubmirror::testing
