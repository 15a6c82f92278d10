#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

struct LinkRowsFixture : MirrorFixture {
  LinkRowsFixture() {
    MakeContacts();
    Write({{.id = 1}, {.id = 2}, {.id = 3}});
    pair = {contacts()->object, contacts()->object};
  }

  void WriteLinks(const std::vector<Link>& links, int64_t at,
                  const std::vector<RecordId>& read = {RecordId{1}}) {
    sink().WriteLinks({.pair = pair, .read = read, .links = links, .at = Second(at)});
  }
  static Link To(int64_t id, const std::string& label = "", int64_t type_id = 5) {
    return {RecordId{1}, RecordId{id}, {"USER_DEFINED", type_id, label}};
  }
  std::string Stored() const {
    return List(
        "to_id, coalesce(label, '-'), extract(epoch FROM first_seen_at)::bigint,"
        " coalesce(extract(epoch FROM removed_at)::bigint::text, '')",
        "FROM acme.associations ORDER BY to_id, type_id");
  }

  LinkPair pair;
};

TEST_CASE_FIXTURE(LinkRowsFixture,
                  "links: what vanished is removed, what comes back keeps its age") {
  WriteLinks({To(2), To(3, "boss")}, 100);
  CHECK(Stored() == "2|-|100|;3|boss|100|");

  WriteLinks({To(3, "friend")}, 200);
  CHECK(Stored() == "2|-|100|200;3|friend|100|");

  WriteLinks({To(2), To(3, "friend")}, 300);
  CHECK(Stored() == "2|-|100|;3|friend|100|");
}

TEST_CASE_FIXTURE(LinkRowsFixture, "links: a batch read earlier undoes nothing read since") {
  WriteLinks({To(2)}, 100);
  WriteLinks({}, 200);
  WriteLinks({To(2)}, 300);

  // It began before the link came back, and shows another one that is gone by now.
  WriteLinks({To(3)}, 250);
  CHECK(Stored() == "2|-|100|");
}

TEST_CASE_FIXTURE(LinkRowsFixture, "links: equal ones are not written again") {
  WriteLinks({To(2), To(2)}, 100);
  const std::string before = Value("SELECT xmin FROM acme.associations");
  WriteLinks({To(2)}, 200);
  CHECK(Value("SELECT xmin FROM acme.associations") == before);
}

TEST_CASE_FIXTURE(LinkRowsFixture, "links: records that were not read keep theirs") {
  WriteLinks({To(2)}, 100);
  WriteLinks({}, 200, {RecordId{2}, RecordId{3}});
  CHECK(Stored() == "2|-|100|");
}

TEST_CASE_FIXTURE(LinkRowsFixture, "links: one with an archived end is left as it is, and hidden") {
  sink().SaveLinkTypes(pair, {{"USER_DEFINED", 5, ""}});
  WriteLinks({To(2), To(3)}, 100);
  CHECK(Value("SELECT count(*) FROM acme.contact_contacts") == "2");
  Write({{.id = 2, .modified = Second(1'700'000'000), .archived = true}});

  WriteLinks({To(3)}, 200);

  CHECK(Stored() == "2|-|100|;3|-|100|");
  CHECK(List("contact_id, other_contact_id", "FROM acme.contact_contacts") == "1|3");
}

TEST_CASE_FIXTURE(LinkRowsFixture,
                  "links: one with an end that is not loaded yet is removed like any other") {
  WriteLinks({To(2), To(9)}, 100);
  WriteLinks({To(2)}, 200);
  CHECK(Stored() == "2|-|100|;9|-|100|200");

  pair.to = *FindObjectType("companies");
  WriteLinks({To(4), To(5)}, 300);
  WriteLinks({To(5)}, 400);
  CHECK(List("to_id, removed_at IS NULL",
             "FROM acme.associations WHERE to_type = 'companies'"
             " ORDER BY to_id") == "4|f;5|t");
}

TEST_CASE_FIXTURE(LinkRowsFixture, "links: those read before an archive was known come back") {
  constexpr int64_t kArchived = 1'650'000'000;  // What the fixture says of archived records.
  WriteLinks({To(2), To(2, "old", 6), To(3)}, 100);
  WriteLinks({To(2), To(3)}, kArchived - 50);
  // HubSpot shows no links of 2 any more; that it is archived is learned later.
  WriteLinks({}, kArchived + 10);
  CHECK(Stored() == "2|-|100|1650000010;2|old|100|1649999950;3|-|100|1650000010");

  Write({{.id = 2, .modified = Second(1'700'000'000), .archived = true}});

  CHECK(Stored() == "2|-|100|;2|old|100|1649999950;3|-|100|1650000010");
}

TEST_CASE_FIXTURE(LinkRowsFixture,
                  "links: an older answer takes back nothing that a newer one saw") {
  WriteLinks({To(2)}, 200);
  WriteLinks({}, 100);
  CHECK(Stored() == "2|-|200|");

  WriteLinks({}, 300);
  WriteLinks({To(2)}, 250);
  CHECK(Stored() == "2|-|200|300");
}

TEST_CASE_FIXTURE(LinkRowsFixture,
                  "links: a record that is written is due, until it was looked at") {
  Commit commit = NewCommit();
  commit.rows.push_back(Batch({{.id = 1, .modified = Second(1'700'000'000)},
                               {.id = 2, .modified = Second(1'700'000'000), .archived = true}}));
  commit.links_due = true;
  sink().Write(commit);
  auto due = sink().DueLinks(contacts()->object, 10);
  REQUIRE(due.size() == 1);
  CHECK(due[0].id == RecordId{1});

  // Written once more before the first look has ended.
  commit.rows = {Batch({{.id = 1, .modified = Second(1'800'000'000)}})};
  sink().Write(commit);
  sink().DropDueLinks(contacts()->object, due);
  due = sink().DueLinks(contacts()->object, 10);
  REQUIRE(due.size() == 1);
  sink().DropDueLinks(contacts()->object, due);
  CHECK(sink().DueLinks(contacts()->object, 10).empty());
}

TEST_CASE_FIXTURE(LinkRowsFixture, "links: those of an erased contact are gone from the database") {
  WriteLinks({To(2), To(3)}, 100);
  Commit commit = NewCommit();
  commit.fates.push_back({.id = RecordId{2}, .kind = Fate::Kind::kErased, .at = Second(300)});
  sink().Write(commit);
  CHECK(Stored() == "3|-|100|");
}

TEST_CASE_FIXTURE(LinkRowsFixture, "links: the kinds there can be are kept as HubSpot lists them") {
  sink().SaveLinkTypes(pair, {{"HUBSPOT_DEFINED", 1, ""}, {"USER_DEFINED", 5, "boss"}});
  sink().SaveLinkTypes(pair, {{"HUBSPOT_DEFINED", 1, ""}, {"USER_DEFINED", 5, "chef"}});
  CHECK(List("type_id, coalesce(label, '')", "FROM acme.association_labels ORDER BY type_id") ==
        "1|;5|chef");
}

TEST_CASE_FIXTURE(LinkRowsFixture,
                  "links: a pair stands the same, whichever side it is read from") {
  MirrorTable wanted;
  wanted.object = *FindObjectType("companies");
  wanted.columns.push_back(Property("hs_lastmodifieddate", ColumnType::kTimestamp));
  const MirrorTablePtr companies = sink().ApplyLayout(wanted);
  Commit commit{.object = companies->object};
  commit.rows.push_back(
      BatchOf(companies, {"hs_lastmodifieddate"}, true, {{.id = 8}, {.id = 9}}, clock().Now()));
  sink().Write(commit);
  const LinkPair read{companies->object, contacts()->object};
  const auto link = [](int64_t company, int64_t contact) {
    return Link{RecordId{company}, RecordId{contact}, {"HUBSPOT_DEFINED", 280, ""}};
  };
  sink().SaveLinkTypes(read, {{"HUBSPOT_DEFINED", 280, ""}});
  sink().WriteLinks({.pair = read,
                     .read = {RecordId{8}, RecordId{9}},
                     .links = {link(8, 1), link(8, 2), link(9, 3)},
                     .at = Second(100)});
  const std::string rows = "from_type, from_id, to_type, to_id, type_id, removed_at IS NULL";
  CHECK(List(rows, "FROM acme.associations ORDER BY from_id") ==
        "contacts|1|companies|8|280|t;contacts|2|companies|8|280|t;contacts|3|companies|9|280|t");
  CHECK(List("company_id, contact_id", "FROM acme.company_contacts ORDER BY contact_id") ==
        "8|1;8|2;9|3");
  CHECK(List("contact_id, company_id", "FROM acme.contact_companies ORDER BY contact_id") ==
        "1|8;2|8;3|9");
  CHECK(Value("SELECT from_type FROM acme.association_labels") == "contacts");

  CHECK(sink().Linked(read, {RecordId{8}, RecordId{7}}) == std::vector<RecordId>{RecordId{8}});
  CHECK(sink().LinkedFrom(read, {RecordId{3}}) == std::vector<RecordId>{RecordId{9}});
  // What was read as whole says what is gone, of these records alone.
  sink().WriteLinks(
      {.pair = read, .read = {RecordId{8}}, .links = {link(8, 2)}, .at = Second(200)});
  CHECK(List("from_id", "FROM acme.associations WHERE removed_at IS NOT NULL") == "1");
}

TEST_CASE_FIXTURE(LinkRowsFixture,
                  "links: views of a table that comes later are made when links are written") {
  pair.to = *FindObjectType("companies");
  sink().SaveLinkTypes(pair, {{"HUBSPOT_DEFINED", 279, ""}});
  CHECK(Value("SELECT to_regclass('acme.contact_companies')") == "");
  sink().ApplyLayout(
      {.object = pair.to, .columns = {Property("hs_lastmodifieddate", ColumnType::kTimestamp)}});

  // The next reading may be of the other side.
  sink().WriteLinks({.pair = {pair.to, pair.from}, .read = {RecordId{8}}, .at = Second(100)});

  CHECK(Value("SELECT count(*) FROM acme.contact_companies, acme.company_contacts") == "0");
}

TEST_CASE_FIXTURE(LinkRowsFixture,
                  "links: views that a lock stood in the way of are made when links are written") {
  {
    Session other(dsn());
    other.Run("BEGIN; LOCK TABLE acme.contacts IN ACCESS EXCLUSIVE MODE");
    sink().SaveLinkTypes(pair, {{"USER_DEFINED", 5, "boss"}});
  }
  CHECK(Value("SELECT to_regclass('acme.contact_contacts')") == "");

  WriteLinks({To(2)}, 100);

  CHECK(List("contact_id, other_contact_id", "FROM acme.contact_contacts") == "1|2");
}

}  // namespace
}  // namespace hubmirror::testing
