#include "jobs/write/echo.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

MirrorColumn Column(const std::string& name, ColumnType type = ColumnType::kText) {
  MirrorColumn column;
  column.definition.Edit().name = name;
  column.type = type;
  return column;
}

const MirrorTable& Table() {
  static const MirrorTable table{
      .object = *FindObjectType("contacts"),
      .columns = {Column("city"), Column("key"), Column("email"),
                  Column("at", ColumnType::kTimestamp), Column("flag", ColumnType::kBoolean)}};
  return table;
}

Echo Of(int64_t record, const std::string& property, const std::string& value) {
  return {.object = "contacts", .id = RecordId{record}, .property = property, .value = value};
}

TEST_CASE("W14: the echo of an update is exactly what leaves, as the mirror loads it") {
  const PlannedRow plan{
      .record = RecordId{7},
      .send = {{"city", ""}, {"at", "1700000000000"}, {"flag", "yes"}, {"not_mirrored", "1"}}};
  CHECK(EchoesOf({.op = WriteOp::kUpdate}, plan, Table()) ==
        std::vector<Echo>{Of(7, "city", ""), Of(7, "at", "2023-11-14T22:13:20.000Z"),
                          Of(7, "flag", "true")});
}

TEST_CASE("W14: of a new record it is known what tells it from others") {
  Echo guard = Of(0, "key", "hm-1");
  guard.names_record = true;
  CHECK(EchoesOf(
            {.op = WriteOp::kCreate},
            {.record = {}, .send = {{"city", "Ulm"}, {"key", "hm-1"}}, .unique = {"key", "hm-1"}},
            Table()) == std::vector<Echo>{Of(0, "city", "Ulm"), guard});
  // An upsert names its record by a value that is not among the others.
  Echo match = Of(0, "email", "jo@x.org");
  match.names_record = true;
  CHECK(EchoesOf({.op = WriteOp::kUpsert},
                 {.record = {}, .send = {{"city", "Ulm"}}, .unique = {"email", "jo@x.org"}},
                 Table()) == std::vector<Echo>{Of(0, "city", "Ulm"), match});
}

TEST_CASE("W14: an answer adds what HubSpot made of a value, and nothing that is as sent") {
  const PlannedRow plan{.record = RecordId{7},
                        .send = {{"email", "Jo@X.org"}, {"city", " Ulm"}, {"flag", "yes"}}};
  const WriteOutcome outcome{.id = RecordId{7},
                             .shown = {{"email", "jo@x.org"}, {"city", "Ulm"}, {"flag", "true"}}};
  CHECK(EchoesOfAnswer(plan, outcome, Table()) == std::vector<Echo>{Of(7, "city", "Ulm")});
}

TEST_CASE("W14: the echo of links is in the order in which the mirror has them") {
  const ObjectType contacts = *FindObjectType("contacts");
  const ObjectType companies = *FindObjectType("companies");
  const LinkPair stored = PairOf(contacts, companies);
  const LinkPair turned{stored.to, stored.from};
  const LinkType plain{"HUBSPOT_DEFINED", 279, ""};
  const LinkType boss{"USER_DEFINED", 7, "Boss"};
  const auto texts = [](const std::vector<Echo>& echoes) {
    std::vector<std::string> all;
    for (const Echo& echo : echoes) {
      all.push_back(echo.object + "/" + std::to_string(echo.id.value) + " " + echo.value);
    }
    return all;
  };
  using Texts = std::vector<std::string>;
  const std::string from = stored.from.name;
  const std::string to = stored.to.name;

  CHECK(texts(EchoesOfLink(LinkDeed::kLink, stored, {RecordId{1}, RecordId{2}}, {})) ==
        Texts{from + "/1 link " + to + "/2"});
  CHECK(texts(EchoesOfLink(LinkDeed::kLink, turned, {RecordId{1}, RecordId{2}}, {})) ==
        Texts{from + "/2 link " + to + "/1"});
  // What they have already is no change, though it is sent along.
  CHECK(texts(EchoesOfLink(LinkDeed::kLabel, stored, {RecordId{1}, RecordId{2}, {plain, boss}},
                           {plain})) == Texts{from + "/1 link " + to + "/2 USER_DEFINED/7"});
  CHECK(texts(EchoesOfLink(LinkDeed::kUnlabel, stored, {RecordId{1}, RecordId{2}, {boss}},
                           {plain, boss})) ==
        Texts{from + "/1 unlink " + to + "/2 USER_DEFINED/7"});
  CHECK(texts(EchoesOfLink(LinkDeed::kUnlink, stored, {RecordId{1}, RecordId{2}}, {plain, boss})) ==
        Texts{from + "/1 unlink " + to + "/2", from + "/1 unlink " + to + "/2 USER_DEFINED/7"});
  // Within one type they are stored from both ends.
  CHECK(
      texts(EchoesOfLink(LinkDeed::kLink, {contacts, contacts}, {RecordId{1}, RecordId{2}}, {})) ==
      Texts{"contacts/1 link contacts/2", "contacts/2 link contacts/1"});
}

}  // namespace
}  // namespace hubmirror
