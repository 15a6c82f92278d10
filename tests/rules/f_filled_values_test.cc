#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

/// Values that leave the mirror, or were never in it, while HubSpot had them all the time.
struct FilledMirror : MirrorFixture {
  explicit FilledMirror(bool everything = true) {
    PortalPlan with_feed = plan();
    with_feed.feed = {.enabled = true, .everything = everything};
    Open(with_feed);
    MakeContacts({Property("a"), Property("b")});
    Write({Person(1, 100, "x"), Person(2, 100, "x")});
    Follow();
  }

  static Told Person(int64_t id, int64_t second, const std::string& a, const std::string& b = "b") {
    return {.id = id, .modified = Second(second), .values = {{"a", a}, {"b", b}}};
  }
  static Told Gone(Told told) {
    told.archived = true;
    return told;
  }
  /// The layout as the catalog wants it next.
  MirrorTable Wanted() const { return *contacts(); }
  static MirrorColumn& a_of(MirrorTable& table) { return table.columns[1]; }
  void Fill(const std::vector<Told>& records) {
    Commit commit = NewCommit();
    commit.cause = ChangeCause::kFill;
    commit.rows.push_back(Batch(records));
    sink().Write(commit);
  }
  void Follow() { from_ = Value("SELECT max(seq) FROM acme.changes"); }
  std::string Entries(const std::string& columns = "op, id, before, after") const {
    return List(columns, "FROM acme.changes WHERE seq > " + from_ + " ORDER BY seq");
  }

 private:
  std::string from_;
};

struct QuietMirror : FilledMirror {
  QuietMirror() : FilledMirror(false) {}
};

TEST_CASE_FIXTURE(FilledMirror, "F5: what a property was before it was retyped nobody knows here") {
  MirrorTable wanted = Wanted();
  a_of(wanted).type = ColumnType::kTimestamp;
  a_of(wanted).state = PropertyState::kFilling;
  set_contacts(sink().ApplyLayout(wanted));
  Fill({Person(1, 100, "2024-01-01T00:00:00Z")});
  Write({Person(1, 200, "2024-01-02T00:00:00Z", "c")});
  set_contacts(sink().MarkFilled(contacts()->object, {"a"}));
  CHECK(Entries() == R"(update|1|{}|{"a": "2024-01-01 00:00:00+00"};)"
                     R"(update|1|{"a": "2024-01-01 00:00:00+00", "b": "b"}|)"
                     R"({"a": "2024-01-02 00:00:00+00", "b": "c"};loaded|{"properties": ["a"]})");
}

TEST_CASE_FIXTURE(FilledMirror, "F5: nor what was in a column that somebody dropped") {
  Value("ALTER TABLE acme.contacts DROP COLUMN a CASCADE");
  set_contacts(sink().ApplyLayout(Wanted()));
  Fill({Person(1, 100, "x")});
  Write({Person(2, 200, "y", "c")});
  CHECK(Entries() == R"(update|1|{}|{"a": "x"};update|2|{"b": "b"}|{"a": "y", "b": "c"})");
  CHECK(Entries("cause") == "fill;changes");
}

TEST_CASE_FIXTURE(FilledMirror, "F5: nor what a property had while it was left out") {
  MirrorTable wanted = Wanted();
  a_of(wanted).excluded = true;
  set_contacts(sink().ApplyLayout(wanted));
  CHECK(Value("SELECT count(a) FROM acme.contacts") == "0");
  a_of(wanted).excluded = false;
  a_of(wanted).state = PropertyState::kFilling;
  set_contacts(sink().ApplyLayout(wanted));
  Fill({Person(1, 100, "x"), Person(2, 100, "x")});
  CHECK(Entries() == R"(update|1|{}|{"a": "x"};update|2|{}|{"a": "x"})");
}

TEST_CASE_FIXTURE(QuietMirror, "F5: nor what is filled of an archived record, which comes later") {
  Write({Gone(Person(1, 200, "x"))});
  MirrorTable wanted = Wanted();
  wanted.columns.push_back(Property("fresh"));
  wanted.columns.back().state = PropertyState::kFilling;
  set_contacts(sink().ApplyLayout(wanted));
  set_contacts(sink().MarkFilled(contacts()->object, {"fresh"}));
  Follow();
  Told restored = Person(1, 300, "y");
  restored.values["fresh"] = "had it all along";
  Write({restored});
  CHECK(Entries() == R"(restore|1|{"a": "x"}|{"a": "y", "fresh": "had it all along"})");
}

TEST_CASE_FIXTURE(QuietMirror,
                  "F5: nor what a record has that could not be stored when it was filled") {
  Value("ALTER TABLE acme.contacts ADD CHECK (b <> 'bad')");
  MirrorTable wanted = Wanted();
  wanted.columns.push_back(Property("fresh"));
  wanted.columns.back().state = PropertyState::kFilling;
  set_contacts(sink().ApplyLayout(wanted));
  Told set_aside = Person(1, 200, "x", "bad");
  set_aside.values["fresh"] = "had it all along";
  Fill({set_aside, Person(2, 100, "x")});
  set_contacts(sink().MarkFilled(contacts()->object, {"fresh"}));
  Follow();
  set_aside.modified = Second(300);
  set_aside.values["b"] = "good";
  Told known = Person(2, 300, "x");
  known.values["fresh"] = "new";
  Write({set_aside, known});
  CHECK(Entries() == R"(update|1|{"b": "b"}|{"b": "good", "fresh": "had it all along"};)"
                     R"(update|2|{"fresh": null}|{"fresh": "new"})");
}

TEST_CASE_FIXTURE(QuietMirror, "F3: who was met before has a `before`, though nothing in it") {
  MirrorTable wanted = Wanted();
  Commit erasure = NewCommit();
  erasure.fates = {{.id = RecordId{1}, .kind = Fate::Kind::kErased, .at = Second(150)}};
  sink().Write(erasure);
  clock().Advance(std::chrono::hours(1));
  Follow();
  Write({Person(1, 300, "y")});
  Write({Gone(Person(3, 300, "y"))});
  CHECK(Entries("op, id, coalesce(before::text, 'none'), after") ==
        R"(restore|1|{}|{"a": "y", "b": "b"};archive|3|none|{"a": "y", "b": "b"})");
}

/// As of a daemon that dies while it takes out of many rows what is left out from now on.
struct HalfClearedMirror : QuietMirror {
  HalfClearedMirror() {
    Value(
        "CREATE FUNCTION acme.fails() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no more';"
        " END$$; CREATE TRIGGER fails BEFORE UPDATE ON acme._quarantine FOR EACH STATEMENT"
        " EXECUTE FUNCTION acme.fails()");
    MirrorTable wanted = Wanted();
    a_of(wanted).excluded = true;
    CHECK_THROWS_AS(sink().ApplyLayout(wanted), DatabaseError);
    Value("DROP FUNCTION acme.fails CASCADE");
    CHECK(Value("SELECT count(a) FROM acme.contacts") == "0");
  }
};

TEST_CASE_FIXTURE(HalfClearedMirror, "F5: what is being taken out of the rows was no empty value") {
  Write({Person(1, 200, "x", "c")});
  CHECK(Entries() == R"(update|1|{"b": "b"}|{"b": "c"})");
}

TEST_CASE_FIXTURE(HalfClearedMirror, "R6: values that were taken out are read again if they stay") {
  set_contacts(sink().ApplyLayout(Wanted()));
  CHECK(Value("SELECT state FROM acme.properties WHERE name = 'a'") == "filling");
}

}  // namespace
}  // namespace hubmirror::testing
