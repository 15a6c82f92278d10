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

}  // namespace
}  // namespace hubmirror::testing
