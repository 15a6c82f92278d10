#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

/// Portal `acme` of the fixture, and portal `beta` beside it; both ask for a union of contacts.
struct UnionFixture : MirrorFixture {
  std::unique_ptr<PortalSink> beta;
  MirrorTablePtr beta_contacts;

  PortalPlan Asking(const std::string& key, int64_t id) const {
    PortalPlan asking = plan();
    asking.key = asking.schema = key;
    asking.portal_id = PortalId{id};
    asking.readers = {};
    asking.unions = {"contacts"};
    return asking;
  }
  void MakeAcme(const std::vector<MirrorColumn>& properties) {
    Open(Asking("acme", 4711));
    MakeContacts(properties);
  }
  void MakeBeta(const std::vector<MirrorColumn>& properties) {
    beta = SinkFor(Asking("beta", 4712));
    beta->Claim();
    MirrorTable wanted{.object = *FindObjectType("contacts"), .columns = {}};
    wanted.columns.push_back(Property("lastmodifieddate", ColumnType::kTimestamp));
    wanted.columns.insert(wanted.columns.end(), properties.begin(), properties.end());
    beta->ApplyLayout(wanted);
    beta_contacts = beta->ApplyLayout(wanted);
  }
  void WriteBeta(const std::vector<Told>& records, const std::vector<std::string>& asked) {
    Commit commit{.object = beta_contacts->object};
    commit.rows.push_back(BatchOf(beta_contacts, asked, true, records, clock().Now()));
    beta->Write(commit);
  }
  std::string Columns() const {
    return List("attname, format_type(atttypid, NULL)",
                "FROM pg_attribute WHERE attrelid = to_regclass('hubmirror.contacts')"
                " AND attnum > 0 ORDER BY attnum");
  }
};

constexpr const char* kBefore =
    "portal|text;id|bigint;created_at|timestamp with time zone;"
    "updated_at|timestamp with time zone;lastmodifieddate|timestamp with time zone;";

TEST_CASE_FIXTURE(UnionFixture,
                  "a union shows the live records of every portal under one set of columns") {
  MakeAcme({Property("email"), Property("size", ColumnType::kNumeric)});
  MakeBeta({Property("size"), Property("only_beta")});
  Write({{.id = 1, .values = {{"email", "a@x"}, {"size", "5"}}}, {.id = 2, .archived = true}});
  WriteBeta({{.id = 1, .values = {{"size", "large"}, {"only_beta", "b"}}}},
            {"lastmodifieddate", "size", "only_beta"});

  CHECK(Columns() == std::string(kBefore) + "email|text;size|text;only_beta|text");
  CHECK(List("portal, id, coalesce(email, '-'), size, coalesce(only_beta, '-')",
             "FROM hubmirror.contacts ORDER BY portal, id") == "acme|1|a@x|5|-;beta|1|-|large|b");
}

TEST_CASE_FIXTURE(UnionFixture, "who asks for no union waits for nobody who makes one") {
  Session other(dsn());
  other.Run("BEGIN; SELECT pg_advisory_xact_lock(7305801264190218)");
  PortalPlan alone = Asking("acme", 4711);
  alone.unions = {};
  Open(alone);
  MakeContacts({Property("a")});
  CHECK(Value("SELECT to_regclass('acme.contacts_live') IS NOT NULL") == "t");
  other.Run("COMMIT");
}

TEST_CASE_FIXTURE(UnionFixture,
                  "a union follows new and retyped properties, and keeps who built on it") {
  MakeAcme({Property("a")});
  MakeBeta({Property("a")});
  Value("CREATE VIEW public.theirs AS SELECT portal, a FROM hubmirror.contacts");

  MirrorTable wanted = *contacts();
  wanted.columns.push_back(Property("b"));
  set_contacts(sink().ApplyLayout(wanted));
  CHECK(Columns() == std::string(kBefore) + "a|text;b|text");
  CHECK(Value("SELECT count(*) FROM public.theirs") == "0");

  // What they built keeps the column as it is, and is named.
  wanted = *contacts();
  wanted.columns[1].type = ColumnType::kNumeric;
  set_contacts(sink().ApplyLayout(wanted));
  CHECK(contacts()->columns[1].blocked_by == "view public.theirs");
  CHECK(Columns() == std::string(kBefore) + "a|text;b|text");

  Value("DROP VIEW public.theirs");
  wanted = *contacts();
  wanted.columns[1].type = wanted.columns[2].type = ColumnType::kNumeric;
  for (MirrorColumn& column : wanted.columns) column.blocked_by.clear();
  set_contacts(sink().ApplyLayout(wanted));
  CHECK(Columns() == std::string(kBefore) + "a|text;b|numeric");
}

TEST_CASE_FIXTURE(UnionFixture,
                  "a union comes back after a portal is dropped, and goes when nobody asks") {
  MakeAcme({Property("a")});
  MakeBeta({Property("b")});
  beta.reset();
  Value("DROP SCHEMA beta CASCADE");
  CHECK(Columns().empty());

  sink().Heartbeat();
  sink().Claim();
  CHECK(Columns() == std::string(kBefore) + "a|text");

  PortalPlan plain = Asking("acme", 4711);
  plain.unions = {};
  Open(plain);
  sink().Claim();
  CHECK(Columns().empty());
}

TEST_CASE_FIXTURE(
    UnionFixture,
    "a union is for those who may read every portal in it, and replaces nothing of others") {
  if (std::stoi(Value("SHOW server_version_num")) < 150000) return;
  Value("DROP ROLE IF EXISTS of_acme; CREATE ROLE of_acme LOGIN");
  MakeBeta({Property("b")});
  PortalPlan read = Asking("acme", 4711);
  read.readers = {"of_acme"};
  Open(read);
  MakeContacts({Property("a")});
  const std::string as_reader = SharedServer().Dsn("of_acme", database());
  CHECK_THROWS(RunSql(as_reader, "SELECT * FROM hubmirror.contacts"));

  Value("GRANT SELECT ON beta.contacts_live TO of_acme");
  CHECK(RunSql(as_reader, "SELECT count(*) FROM hubmirror.contacts") == "0");
  Value("DROP OWNED BY of_acme; DROP ROLE of_acme");

  Open(Asking("acme", 4711));
  Value("DROP VIEW hubmirror.contacts; CREATE TABLE hubmirror.contacts (mine text)");
  sink().Claim();
  sink().Heartbeat();
  CHECK(Columns() == "mine|text");
}

}  // namespace
}  // namespace hubmirror::testing
