#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

ReferenceRow Member(int64_t list, int64_t record, const std::string& joined) {
  return {.values = {std::to_string(list), std::to_string(record), joined}};
}

struct ReferenceFixture : MirrorFixture {
  ReferenceFixture() { sink().Claim(); }

  void WriteMembers(ReferenceCommit commit) {
    commit.kind = ReferenceKind::kListMemberships;
    static_cast<ReferenceSink&>(sink()).WriteReference({std::move(commit)});
  }
  std::string Members() const {
    return List("list_id, record_id, left_at IS NOT NULL",
                "FROM acme.list_memberships ORDER BY list_id, record_id");
  }
};

const std::string kDay = "2026-01-02T03:04:05.678Z";

TEST_CASE_FIXTURE(ReferenceFixture, "reference: every table has the columns it is described with") {
  for (int kind = 0; kind < kReferenceKinds; ++kind) {
    const ReferenceTable& table = TableOf(static_cast<ReferenceKind>(kind));
    const std::string name(table.name);
    CAPTURE(name);
    std::string columns;
    for (const ReferenceColumn& column : table.columns) columns += std::string(column.name) + ";";
    const std::string in_database =
        List("attname",
             "FROM pg_attribute WHERE attrelid = 'acme." + name +
                 "'::regclass AND attnum > 0 AND attname NOT IN ('archived', '_synced_at', '" +
                 std::string(table.gone) + "')" +
                 // Filled in the database.
                 (name == "lists" ? " AND attname <> 'object'" : "") + " ORDER BY attnum");
    CHECK(in_database + ";" == columns);
    CHECK(Value("SELECT indnkeyatts FROM pg_index WHERE indisprimary AND indrelid = 'acme." + name +
                "'::regclass") == std::to_string(table.keys));
  }
}

TEST_CASE_FIXTURE(ReferenceFixture, "reference: a list says which table its members are in") {
  const auto row = [](ReferenceKind kind, const std::string& first) {
    ReferenceRow made;
    made.values.resize(TableOf(kind).columns.size());
    made.values[0] = first;
    return made;
  };
  ReferenceRow pets = row(ReferenceKind::kObjectTypes, "2-77");
  pets.values[1] = "pets";
  std::vector<ReferenceRow> lists;
  for (const std::string type_id : {"0-1", "0-3", "2-77", "2-78"}) {
    lists.push_back(row(ReferenceKind::kLists, std::to_string(lists.size() + 1)));
    lists.back().values[2] = type_id;
  }
  static_cast<ReferenceSink&>(sink()).WriteReference(
      {{.kind = ReferenceKind::kObjectTypes, .rows = {pets}, .at = Second(1)},
       {.kind = ReferenceKind::kLists, .rows = lists, .at = Second(1)}});

  CHECK(List("id, coalesce(object, '-'), object_type_id", "FROM acme.lists ORDER BY id") ==
        "1|contacts|0-1;2|deals|0-3;3|pets|2-77;4|-|2-78");

  // A type that is gone keeps its table.
  static_cast<ReferenceSink&>(sink()).WriteReference(
      {{.kind = ReferenceKind::kObjectTypes, .rows = {}, .at = Second(2)}});
  CHECK(static_cast<ReferenceSink&>(sink()).LoadTypeTables() ==
        std::map<std::string, std::string>{{"2-77", "pets"}});
}

TEST_CASE_FIXTURE(ReferenceFixture, "reference: a page speaks of its own stretch only") {
  WriteMembers({.scope = {"7"},
                .rows = {Member(7, 1, kDay), Member(7, 5, kDay), Member(7, 9, kDay)},
                .at = Second(1)});
  WriteMembers({.scope = {"8"}, .rows = {Member(8, 1, kDay)}, .at = Second(1)});
  CHECK(Members() == "7|1|f;7|5|f;7|9|f;8|1|f");

  WriteMembers({.scope = {"7"}, .rows = {Member(7, 1, kDay)}, .to = 5, .at = Second(2)});
  CHECK(Members() == "7|1|f;7|5|t;7|9|f;8|1|f");
  WriteMembers({.scope = {"7"}, .rows = {}, .above = 5, .marks_gone = false, .at = Second(3)});
  CHECK(Members() == "7|1|f;7|5|t;7|9|f;8|1|f");
  WriteMembers({.scope = {"7"}, .rows = {Member(7, 10, kDay)}, .above = 5, .at = Second(3)});
  CHECK(Members() == "7|1|f;7|5|t;7|9|t;7|10|f;8|1|f");

  // Who joins again is a member as before.
  WriteMembers({.scope = {"7"}, .rows = {Member(7, 5, kDay)}, .to = 5, .at = Second(4)});
  CHECK(Members() == "7|1|t;7|5|f;7|9|t;7|10|f;8|1|f");
}

TEST_CASE_FIXTURE(ReferenceFixture,
                  "reference: how far each of its jobs came is read as it was written") {
  auto& reference = static_cast<ReferenceSink&>(sink());
  reference.WriteReference({}, "owners", JobKind::kDirectory,
                           JobProgress{.last_complete_at = Second(5)}, "");
  reference.WriteReference({}, "lists", JobKind::kLists, JobProgress{.last_complete_at = Second(6)},
                           "");

  CHECK(reference.LoadReferenceProgress("owners", JobKind::kDirectory).last_complete_at ==
        Second(5));
  CHECK(reference.LoadReferenceProgress("lists", JobKind::kLists).last_complete_at == Second(6));
  CHECK(Value("SELECT job FROM acme._stream_state WHERE object = 'owners'") == "catalog");
}

TEST_CASE_FIXTURE(ReferenceFixture, "reference: equal rows are not written again") {
  const auto write = [this](const std::string& name, bool archived, int64_t at) {
    ReferenceRow team{.values = {"1", name, "[\"4\"]", std::nullopt}, .archived = archived};
    static_cast<ReferenceSink&>(sink()).WriteReference(
        {{.kind = ReferenceKind::kTeams, .rows = {team}, .at = Second(at)}});
  };
  const auto version = [this] { return Value("SELECT xmin FROM acme.teams"); };
  const std::string since = "SELECT extract(epoch FROM archived_at)::bigint FROM acme.teams";
  write("Sales", false, 1);
  const std::string first = version();
  write("Sales", false, 2);
  CHECK(version() == first);
  write("Support", false, 3);
  CHECK(Value("SELECT name FROM acme.teams") == "Support");
  write("Support", true, 4);
  CHECK(Value(since) == "4");
  const std::string archived = version();
  write("Support", true, 5);
  CHECK(version() == archived);
  CHECK(Value(since) == "4");
  write("Support", false, 6);
  CHECK(Value("SELECT archived FROM acme.teams") == "f");
}

}  // namespace
}  // namespace hubmirror::testing
