#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

struct SelectionFixture : MirrorFixture {
  /// Applies the table with one property changed.
  template <class Change>
  void Alter(const std::string& property, Change change) {
    MirrorTable wanted = *contacts();
    for (MirrorColumn& column : wanted.columns) {
      if (column.property() == property) change(column);
    }
    set_contacts(sink().ApplyLayout(wanted));
  }
  void Exclude(const std::string& property, bool excluded = true) {
    Alter(property, [excluded](MirrorColumn& column) { column.excluded = excluded; });
  }
  void HashWith(const std::string& property, const std::string& key) {
    Alter(property, [&key](MirrorColumn& column) {
      column.hashed_with = key;
      column.type = ColumnType::kText;
    });
  }
  const MirrorColumn& Column(const std::string& name) {
    for (const MirrorColumn& column : contacts()->columns) {
      if (column.property() == name) return column;
    }
    throw std::runtime_error("no column " + name);
  }
  /// Whether a text stands anywhere in the portal's schema.
  bool Anywhere(const std::string& text) {
    for (const char* table : {"contacts", "_quarantine", "properties"}) {
      const std::string found = Value(std::string("SELECT count(*) FROM acme.") + table +
                                      " t WHERE to_jsonb(t)::text LIKE '%" + text + "%'");
      if (found != "0") return true;
    }
    return false;
  }
};

TEST_CASE_FIXTURE(SelectionFixture, "what is left out keeps its column and loses its values") {
  MakeContacts(
      {Property("a"), Property("b"), Property("c", ColumnType::kText, Storage::kOverflow)});
  Write({{.id = 1,
          .values = {{"a", "private"}, {"b", "kept"}, {"c", "private"}},
          .rejected = {{"a", "private"}, {"b", "no number"}}},
         {.id = 2, .values = {{"b", "kept"}}}});
  Value("CREATE VIEW public.of_others AS SELECT id, a FROM acme.contacts_live");

  Exclude("a");
  Exclude("c");

  CHECK_FALSE(Anywhere("private"));
  CHECK(List("id, a IS NULL, b, c IS NULL", "FROM acme.contacts_live ORDER BY id") ==
        "1|t|kept|t;2|t|kept|t");
  CHECK(Value("SELECT _rejected FROM acme.contacts WHERE id = 1") == R"({"b": "no number"})");
  CHECK(List("name, excluded", "FROM acme.properties WHERE name IN ('a', 'b') ORDER BY name") ==
        "a|t;b|f");
  CHECK(Value("SELECT count(*) FROM public.of_others WHERE a IS NULL") == "2");
  CHECK(Value("SELECT _hash IS NULL FROM acme.contacts WHERE id = 1") == "t");
  CHECK(Value("SELECT _hash IS NULL FROM acme.contacts WHERE id = 2") == "f");
}

TEST_CASE_FIXTURE(SelectionFixture,
                  "values come back with the first read after they are included") {
  MakeContacts({Property("a")});
  const RowBatch before = Batch({{.id = 1, .values = {{"a", "x"}}}});
  Write(before);
  Exclude("a");
  Exclude("a", false);

  // The very same record: its hash alone would say that nothing changed.
  Write(Batch({{.id = 1, .values = {{"a", "x"}}}}));
  CHECK(Value("SELECT a FROM acme.contacts_live") == "x");
}

TEST_CASE_FIXTURE(SelectionFixture,
                  "what the mirror needs stays in the table and leaves the view") {
  MakeContacts({Property("a")});
  Write({{.id = 1, .values = {{"a", "x"}}}});

  Exclude("lastmodifieddate");

  CHECK(Value("SELECT lastmodifieddate IS NOT NULL FROM acme.contacts") == "t");
  CHECK(Value("SELECT lastmodifieddate IS NULL FROM acme.contacts_live") == "t");
  Write({{.id = 1, .modified = Second(1'700'000'000), .values = {{"a", "y"}}}});
  CHECK(Value("SELECT extract(epoch FROM lastmodifieddate)::bigint FROM acme.contacts") ==
        "1700000000");
}

TEST_CASE_FIXTURE(SelectionFixture, "hashing takes the plain values out at once and fills") {
  MakeContacts({Property("a"), Property("n", ColumnType::kNumeric)});
  Write({{.id = 1, .values = {{"a", "private"}, {"n", "424242"}}}});

  HashWith("a", "key one");
  HashWith("n", "key one");

  CHECK_FALSE(Anywhere("private"));
  CHECK_FALSE(Anywhere("424242"));
  CHECK(Column("a").state == PropertyState::kFilling);
  CHECK(Value("SELECT hashed_with FROM acme.properties WHERE name = 'a'") == "key one");
  Write({{.id = 1, .values = {{"a", "hash of a"}, {"n", "hash of n"}}}});
  CHECK(List("a, n", "FROM acme.contacts_live") == "hash of a|hash of n");

  HashWith("a", "key two");
  CHECK_FALSE(Anywhere("hash of a"));
  CHECK(Anywhere("hash of n"));
  CHECK(Column("a").state == PropertyState::kFilling);
}

TEST_CASE_FIXTURE(SelectionFixture, "a view of somebody else may keep the type, never the values") {
  MakeContacts({Property("n", ColumnType::kNumeric)});
  Write({{.id = 1, .values = {{"n", "424242"}}}});
  Value("CREATE VIEW public.of_others AS SELECT n FROM acme.contacts");

  HashWith("n", "key one");

  CHECK_FALSE(Anywhere("424242"));
  CHECK(Column("n").type == ColumnType::kNumeric);
  CHECK(Column("n").blocked_by.find("of_others") != std::string::npos);
  CHECK(Column("n").state == PropertyState::kFilling);
}

TEST_CASE_FIXTURE(SelectionFixture, "rows that were read before the change do not undo it") {
  MakeContacts(
      {Property("a"), Property("b"), Property("c", ColumnType::kText, Storage::kOverflow)});
  const Told record{.id = 1,
                    .values = {{"a", "private"}, {"b", "private"}, {"c", "private"}},
                    .rejected = {{"a", "private"}, {"b", "private"}}};
  const RowBatch early = Batch({record});
  const RowBatch early_too = Batch({{.id = 2, .values = record.values}});
  Write({{.id = 2, .modified = Second(1'500'000'000), .values = {{"b", "old"}}}});
  Exclude("a");
  HashWith("b", "key one");
  Exclude("c");

  Write(early);
  Write(early_too);

  CHECK_FALSE(Anywhere("private"));
  CHECK(Value("SELECT count(*) FROM acme.contacts WHERE _hash IS NULL") == "2");
}

TEST_CASE_FIXTURE(SelectionFixture, "the quarantine neither keeps nor takes in what is left out") {
  MakeContacts({Property("a"), Property("b")});
  Value("ALTER TABLE acme.contacts ADD CHECK (b <> 'bad')");
  Write({{.id = 1, .values = {{"a", "private"}, {"b", "bad"}}, .rejected = {{"a", "private"}}}});
  const RowBatch early = Batch(
      {{.id = 2, .values = {{"a", "private"}, {"b", "bad"}}, .rejected = {{"a", "private"}}}});
  REQUIRE(Anywhere("private"));

  Exclude("a");
  CHECK_FALSE(Anywhere("private"));
  CHECK(Value("SELECT record->>'b' FROM acme._quarantine WHERE id = 1") == "bad");

  Write(early);
  CHECK(Value("SELECT record->>'b' FROM acme._quarantine WHERE id = 2") == "bad");
  CHECK_FALSE(Anywhere("private"));
}

}  // namespace
}  // namespace hubmirror::testing
