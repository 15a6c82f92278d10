#include "postgres/schema/portal_removal.h"

#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

/// Portal `acme` of the fixture, whose daemon has been silent for a while, and `beta` beside it.
struct RemovalFixture : MirrorFixture {
  RemovalFixture() {
    PortalPlan asking = plan();
    asking.unions = {"contacts"};
    Open(asking);
    MakeContacts({Property("a")});
    asking.key = asking.schema = "beta";
    asking.portal_id = PortalId{4712};
    beta = SinkFor(asking);
    beta->Claim();
    beta->ApplyLayout(*contacts());
    beta->ApplyLayout(*contacts());
    Write({{.id = 1, .values = {{"a", "x"}}}, {.id = 2}});
    Value("UPDATE acme._owner SET renewed_at = now() - interval '61 s'");
  }

  std::optional<PortalRemains> Find(const PortalKey& portal, const std::string& schema = "") {
    return FindRemains(connection, portal, schema);
  }
  void Remove(bool cascade = false) {
    RemovePortal(connection, Find("acme").value(), cascade, std::chrono::milliseconds(100));
  }
  /// The SQLSTATE of a removal that is refused.
  std::string Refusal() {
    try {
      Remove();
    } catch (const DatabaseError& error) {
      return error.sqlstate();
    }
    return "none";
  }
  bool Has(const std::string& schema) const {
    return Value("SELECT count(*) FROM pg_namespace WHERE nspname = '" + schema + "'") == "1";
  }

  std::unique_ptr<PortalSink> beta;
  Connection connection{{.dsn = dsn(), .password = {}}};
};

TEST_CASE_FIXTURE(RemovalFixture,
                  "removal: a portal goes with all its tables, and the others go on") {
  const PortalRemains remains = Find("acme").value();
  CHECK(remains.schema == "acme");
  CHECK(remains.portal_id == plan().portal_id);
  CHECK(remains.rows == 2);
  CHECK(remains.relations > 20);
  CHECK(remains.bytes > 100'000);
  CHECK_FALSE(remains.live);
  CHECK(remains.dependents.empty());

  Remove();

  CHECK_FALSE(Has("acme"));
  CHECK(List("portal", "FROM hubmirror.portals") == "beta");
  CHECK(List("portal", "FROM hubmirror.status GROUP BY portal") == "beta");
  CHECK(Value("SELECT count(*) FROM hubmirror.contacts WHERE portal = 'acme'") == "0");
  CHECK_FALSE(Find("acme"));
  beta->Heartbeat();
}

TEST_CASE_FIXTURE(RemovalFixture, "removal: the last one takes the views over all portals along") {
  Remove();
  beta.reset();
  Value("UPDATE beta._owner SET renewed_at = now() - interval '61 s'");

  RemovePortal(connection, Find("beta").value(), false);

  CHECK(Value("SELECT count(*) FROM hubmirror.portals") == "0");
  CHECK(Value("SELECT to_regclass('hubmirror.status') IS NULL") == "t");
  CHECK(Value("SELECT to_regclass('hubmirror.contacts') IS NULL") == "t");
  // Whoever comes back finds the ground prepared.
  MakeContacts({Property("a")});
  CHECK(List("portal", "FROM hubmirror.status GROUP BY portal") == "acme");
}

TEST_CASE_FIXTURE(RemovalFixture, "removal: not while a daemon mirrors it") {
  sink().Heartbeat();
  CHECK(Find("acme").value().live);
  CHECK_THROWS_WITH_AS(Remove(), "a daemon (me) mirrors this portal", DatabaseError);
  CHECK(Has("acme"));
  CHECK(List("portal", "FROM hubmirror.portals ORDER BY portal") == "acme;beta");
}

TEST_CASE_FIXTURE(RemovalFixture,
                  "removal: what others built on it stays, and keeps it, unless it is to go") {
  Value(
      "CREATE SCHEMA theirs; CREATE VIEW theirs.v AS SELECT a FROM acme.contacts_live;"
      "CREATE MATERIALIZED VIEW theirs.m AS SELECT id FROM acme.contacts;"
      "CREATE TABLE theirs.t (id bigint REFERENCES acme.contacts);"
      "CREATE FUNCTION theirs.f(acme.contacts) RETURNS int LANGUAGE sql AS 'SELECT 1'");
  const PortalRemains remains = Find("acme").value();
  std::string dependents;
  for (const std::string& one : remains.dependents) dependents += one + ";";
  CHECK(dependents ==
        "constraint t_id_fkey on table theirs.t;function theirs.f(acme.contacts);"
        "materialized view theirs.m;view theirs.v;");

  CHECK(Refusal() == "2BP01");
  CHECK(Has("acme"));
  CHECK(List("portal", "FROM hubmirror.portals ORDER BY portal") == "acme;beta");
  CHECK(List("portal", "FROM hubmirror.status GROUP BY portal ORDER BY portal") == "acme;beta");

  Remove(/*cascade=*/true);
  CHECK_FALSE(Has("acme"));
  CHECK(List("relname", "FROM pg_class WHERE relnamespace = 'theirs'::regnamespace") == "t");
  CHECK(List("portal", "FROM hubmirror.status GROUP BY portal") == "beta");
}

TEST_CASE_FIXTURE(RemovalFixture, "removal: what somebody put into the schema keeps it") {
  Value("CREATE FUNCTION acme.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'");
  CHECK(Refusal() == "2BP01");
  CHECK(Has("acme"));
}

TEST_CASE_FIXTURE(RemovalFixture, "removal: a reader is not waited for long") {
  {
    Session reader(dsn());
    reader.Run("BEGIN; SELECT count(*) FROM acme.contacts_live");
    CHECK(Refusal() == "55P03");
    CHECK(Has("acme"));
  }
  Remove();
  CHECK_FALSE(Has("acme"));
}

TEST_CASE_FIXTURE(RemovalFixture, "removal: a schema that is no portal's is not touched") {
  Value("CREATE SCHEMA other; CREATE TABLE other._portal (portal_id bigint)");
  CHECK_FALSE(Find("gamma", "other"));
  CHECK_FALSE(Find("gamma", "public"));
  CHECK_FALSE(Find("gamma"));
  // By the schema of the configuration, when nobody wrote down the key.
  Value("DELETE FROM hubmirror.portals WHERE portal = 'acme'");
  CHECK(Find("acme", "acme").value().schema == "acme");
}

}  // namespace
}  // namespace hubmirror::testing
