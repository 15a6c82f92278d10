// R12: creating a table resets its stream; a schema stores its portal and refuses another; a
// non-empty schema that is not ours is refused.
#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

DatabaseError::Kind KindOfClaim(PortalSink& sink, std::string* message = nullptr) {
  try {
    sink.Claim();
  } catch (const DatabaseError& error) {
    if (message != nullptr) *message = error.what();
    return error.kind();
  }
  FAIL("the schema was claimed");
  return DatabaseError::Kind::kOther;
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "R12: a table dropped by somebody is made again, its stream from the start") {
  MakeContacts();
  Commit commit = NewCommit();
  commit.rows.push_back(Batch({{.id = 1}}));
  commit.progress[JobKind::kSweep] = {.cursor = "{}", .last_complete_at = Second(5)};
  commit.progress[JobKind::kChanges] = {.cursor = "{}"};
  commit.pending = {{.id = RecordId{7}}};
  sink().Write(commit);
  Value("DROP TABLE acme.contacts CASCADE");

  CHECK(sink().Load(contacts()->object).table == nullptr);
  MakeContacts();

  const StoredStream stored = sink().Load(contacts()->object);
  CHECK(stored.table != nullptr);
  CHECK(stored.progress.empty());
  CHECK(stored.pending.waiting == 0);
  CHECK(stored.rows == 0);
  CHECK(Write({{.id = 1}}).inserted == 1);
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "R12: a table made again under a running daemon has all of it read anew") {
  MakeContacts();
  Write({{.id = 1}});
  Value("DROP TABLE acme.contacts CASCADE");

  CHECK_THROWS_AS(sink().ApplyLayout(*contacts()), DatabaseError);
  // The jobs remember rows that are gone, and may write nothing before they were told.
  CHECK_THROWS_AS(Write({{.id = 2}}), DatabaseError);
  sink().Claim();
  set_contacts(sink().Load(contacts()->object).table);

  CHECK(sink().ApplyLayout(*contacts()) == contacts());
  CHECK(Write({{.id = 1}}).inserted == 1);
}

TEST_CASE_FIXTURE(MirrorFixture, "R12: a schema of another portal is refused, and stays as it is") {
  sink().Claim();
  PortalPlan other = plan();
  other.portal_id = PortalId{9999};

  std::string message;
  CHECK(KindOfClaim(*SinkFor(other), &message) == DatabaseError::Kind::kForeign);

  CHECK(message.find("4711") != std::string::npos);
  CHECK(message.find("9999") != std::string::npos);
  CHECK(Value("SELECT portal_id FROM acme._portal") == "4711");
}

TEST_CASE_FIXTURE(MirrorFixture, "R12: a schema with somebody else's things is refused") {
  for (const std::string thing :
       {"CREATE TABLE acme.t ()", "CREATE TYPE acme.t AS ENUM ('a')",
        "CREATE FUNCTION acme.f() RETURNS int LANGUAGE sql AS 'SELECT 1'"}) {
    CAPTURE(thing);
    Value("CREATE SCHEMA acme; " + thing);

    CHECK(KindOfClaim(sink()) == DatabaseError::Kind::kForeign);

    CHECK(Value("SELECT to_regclass('acme._portal')").empty());
    Value("DROP SCHEMA acme CASCADE");
  }
}

TEST_CASE_FIXTURE(MirrorFixture, "R12: an empty schema may be used") {
  Value("CREATE SCHEMA acme");

  sink().Claim();

  CHECK(Value("SELECT portal_id FROM acme._portal") == "4711");
}

TEST_CASE_FIXTURE(MirrorFixture, "R12: a schema of a newer hubmirror is refused") {
  sink().Claim();
  Value("UPDATE acme._portal SET layout_version = 999");

  CHECK(KindOfClaim(sink()) == DatabaseError::Kind::kForeign);
}

}  // namespace
}  // namespace hubmirror::testing
