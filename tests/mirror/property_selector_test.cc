#include "mirror/property_selector.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "mirror/tables.h"
#include "mirror/written_row.h"

using namespace hubmirror;
using namespace hubmirror::testing;

namespace {

constexpr const char* kKeyText = "a key that is long enough";

std::shared_ptr<const ValueHasher> Hasher(const std::string& key = kKeyText) {
  return std::make_shared<const ValueHasher>(*ValueHasher::Make(Secret(key)));
}

PropertySelector Selector(PropertySelection selection) {
  const std::string key = selection.hash.empty() ? "" : Hasher()->id();
  return {Deals(), std::move(selection), key};
}

PropertyDefinition Sensitive(const std::string& name) {
  PropertyDefinition definition = Define(name);
  definition.data_sensitivity = "highly_sensitive";
  return definition;
}

MirrorTablePtr Plan(const std::vector<PropertyDefinition>& definitions, PropertySelection selection,
                    const MirrorTablePtr& standing = nullptr) {
  return std::make_shared<const MirrorTable>(
      PlanLayout(Deals(), definitions, standing.get(), {}, Selector(std::move(selection))));
}

bool Has(const MirrorTable& table, const std::string& property) {
  return std::ranges::any_of(
      table.columns, [&](const MirrorColumn& column) { return column.property() == property; });
}

RowBatch MapHashed(const MirrorTablePtr& table, const PageBuilder::Values& values,
                   std::shared_ptr<const ValueHasher> hasher, std::vector<std::string> asked = {}) {
  const PropertySetPtr set =
      asked.empty() ? WholeSet(*table) : std::make_shared<const PropertySet>(std::move(asked));
  const Page page = PageBuilder(set).Add(1, values).Build();
  RowBatch batch;
  RowMapper(table, set, std::move(hasher)).Append(page, batch);
  return batch;
}

}  // namespace

TEST_CASE("patterns: * stands for any letters, ? for one, all else for itself") {
  struct Case {
    const char* name;
    const char* pattern;
    bool fits;
  };
  for (const Case& c :
       {Case{"amount", "amount", true}, Case{"amount", "amoun", false},
        Case{"amount", "amounts", false}, Case{"amount", "*", true}, Case{"amount", "a*t", true},
        Case{"amount", "a*x", false}, Case{"amount", "*mo*nt", true},
        Case{"amount", "??????", true}, Case{"amount", "?????", false}, Case{"amount", "*?", true},
        Case{"hs_a_a_b", "*_a_b", true}, Case{"hs_a_a_c", "*_a_b", false}, Case{"a.b", "a?b", true},
        Case{"axb", "a.b", false}, Case{"", "*", true}, Case{"", "?", false}, Case{"", "", true},
        Case{"A", "a", false}}) {
    CAPTURE(c.name);
    CAPTURE(c.pattern);
    CHECK(FitsPattern(c.name, c.pattern) == c.fits);
  }
  CHECK_FALSE(FitsPattern(std::string(5000, 'a'), "*a*a*a*a*a*a*a*a*b"));
}

TEST_CASE("exclude wins over include, and sensitive ones must be asked for") {
  const auto selector = Selector({.include = {"deal*", "amount"}, .exclude = {"*_old"}});
  CHECK(selector.Includes(Define("dealname")));
  CHECK(selector.Includes(Define("amount")));
  CHECK_FALSE(selector.Includes(Define("closedate")));
  CHECK_FALSE(selector.Includes(Define("deal_old")));
  CHECK_FALSE(selector.Includes(Sensitive("deal_iban")));
  CHECK(Selector({.sensitive = true}).Includes(Sensitive("deal_iban")));
  CHECK(Selector({}).Includes(Define("anything")));
}

TEST_CASE("what is left out gets no column, except what the mirror needs") {
  const auto table =
      Plan({Define("amount", "number"), Define("note"), Define("hs_lastmodifieddate", "datetime")},
           {.exclude = {"note", "hs_lastmodifieddate"}});
  CHECK_FALSE(Has(*table, "note"));
  CHECK(ColumnOf(*table, "hs_lastmodifieddate").excluded);
  CHECK(WholeSet(*table)->Index("hs_lastmodifieddate"));
  CHECK_FALSE(WholeSet(*table)->Index("note"));
}

TEST_CASE("a property left out later keeps its column, included again it is filled") {
  const std::vector<PropertyDefinition> all = {Define("note"), Define("amount", "number")};
  const auto before = Plan(all, {});
  const auto without = Plan(all, {.exclude = {"note"}}, before);
  const MirrorColumn& left_out = ColumnOf(*without, "note");
  CHECK(left_out.excluded);
  CHECK_FALSE(left_out.definition->archived);
  CHECK(left_out.state == PropertyState::kCurrent);
  CHECK_FALSE(WholeSet(*without)->Index("note"));

  const auto again = Plan(all, {}, without);
  CHECK_FALSE(ColumnOf(*again, "note").excluded);
  CHECK(ColumnOf(*again, "note").state == PropertyState::kFilling);
  CHECK(ColumnOf(*again, "amount").state == PropertyState::kCurrent);
}

TEST_CASE("a sensitive property that is no longer asked for is left out, not archived") {
  const auto before = Plan({Define("note"), Sensitive("iban")}, {.sensitive = true});
  CHECK(Has(*before, "iban"));
  const auto after = Plan({Define("note")}, {}, before);
  CHECK(ColumnOf(*after, "iban").excluded);
  CHECK_FALSE(ColumnOf(*after, "iban").definition->archived);
}

TEST_CASE("a hashed property is text, and filled whenever the way of hashing changes") {
  const std::vector<PropertyDefinition> all = {Define("amount", "number"), Define("note")};
  const auto before = Plan(all, {});
  const auto hashed = Plan(all, {.hash = {"amount", "hs_object_id"}}, before);
  const MirrorColumn& amount = ColumnOf(*hashed, "amount");
  CHECK(amount.hashed_with == Hasher()->id());
  CHECK(amount.type == ColumnType::kText);
  CHECK(amount.state == PropertyState::kFilling);
  CHECK(ColumnOf(*hashed, "hs_object_id").hashed_with.empty());
  CHECK(ColumnOf(*hashed, "note").state == PropertyState::kCurrent);

  const PropertySelector other(Deals(), {.hash = {"amount"}}, "another id");
  const MirrorTable rehashed = PlanLayout(Deals(), all, hashed.get(), {}, other);
  CHECK(ColumnOf(rehashed, "amount").hashed_with == "another id");
  CHECK(ColumnOf(rehashed, "amount").state == PropertyState::kFilling);
  CHECK(ColumnOf(*Plan(all, {}, hashed), "amount").type == ColumnType::kNumeric);
}

TEST_CASE("a table agrees with the selection it was made for, and with no other") {
  const std::vector<PropertyDefinition> all = {Define("note"), Define("amount", "number")};
  const auto table = Plan(all, {.exclude = {"note"}, .hash = {"amount"}});
  CHECK(Selector({.exclude = {"note"}, .hash = {"amount"}}).Agrees(*table));
  CHECK_FALSE(Selector({.exclude = {"note"}}).Agrees(*table));
  CHECK_FALSE(Selector({.exclude = {"amount"}, .hash = {"amount"}}).Agrees(*table));
  CHECK_FALSE(PropertySelector(Deals(), {.hash = {"amount"}}, "another id").Agrees(*table));
}

TEST_CASE("patterns that fit nothing are told, with the name that was perhaps meant") {
  const auto unmatched =
      FindUnmatched({.include = {"*"}, .exclude = {"hs_analytics_*"}, .hash = {"emial", "email"}},
                    {"email", "phone"});
  REQUIRE(unmatched.size() == 2);
  CHECK(unmatched[0].key == "properties.exclude");
  CHECK(unmatched[1].key == "properties.hash");
  CHECK(unmatched[1].pattern == "emial");
  CHECK(unmatched[1].nearest == "email");
}

TEST_CASE("a hashed value is nowhere in the clear: not in column, _overflow or _rejected") {
  auto table = *Plan({Define("a", "number"), Define("b"), Define("c")}, {.hash = {"*"}});
  for (MirrorColumn& column : table.columns) {
    if (column.property() == "b") column.storage = Storage::kOverflow;
    // What somebody else's view makes of a retype.
    if (column.property() == "a") column.type = ColumnType::kNumeric;
  }
  const auto shared = std::make_shared<const MirrorTable>(table);
  const RowBatch batch =
      MapHashed(shared, {{"a", "12345"}, {"b", "private-b"}, {"c", "private-c"}}, Hasher());
  const WrittenRow row(batch, 0);

  CHECK(row["c"] == Hasher()->Hash("private-c"));
  CHECK(row["_overflow"] == "{\"b\":\"" + Hasher()->Hash("private-b") + "\"}");
  CHECK(row["a"] == "NULL");
  CHECK(row["_rejected"] == "{\"a\":\"" + Hasher()->Hash("12345") + "\"}");
  CHECK(batch.copy_text.find("private") == std::string::npos);
  CHECK(batch.copy_text.find("12345") == std::string::npos);
}

TEST_CASE("without the right key a hashed value is not stored at all") {
  const auto table = Plan({Define("note")}, {.hash = {"note"}});
  for (const auto& hasher :
       {std::shared_ptr<const ValueHasher>(), Hasher("quite another key here")}) {
    const RowBatch batch = MapHashed(table, {{"note", "private"}}, hasher);
    CHECK(WrittenRow(batch, 0)["note"] == "NULL");
    CHECK(batch.copy_text.find("private") == std::string::npos);
  }
}

TEST_CASE("a page asked with a property that is left out since then does not bring it back") {
  const std::vector<PropertyDefinition> all = {Define("note"), Define("amount", "number")};
  const auto table = Plan(all, {.exclude = {"note"}}, Plan(all, {}));
  std::vector<std::string> asked = WholeSet(*table)->names();
  asked.emplace_back("note");
  const RowBatch with =
      MapHashed(table, {{"note", "private"}, {"amount", "7"}}, nullptr, std::move(asked));
  const RowBatch without = MapHashed(table, {{"amount", "7"}}, nullptr);

  CHECK(with.copy_text.find("private") == std::string::npos);
  CHECK(WrittenRow(with, 0)["amount"] == "7");
  CHECK(with.rows[0].hash == without.rows[0].hash);
}

TEST_CASE("the row hash tells a value from its hash, and the hashes of two keys apart") {
  const auto plain = Plan({Define("note")}, {});
  const auto hashed = Plan({Define("note")}, {.hash = {"note"}});
  auto other = *hashed;
  for (MirrorColumn& column : other.columns) {
    if (!column.hashed_with.empty()) column.hashed_with = Hasher("quite another key here")->id();
  }
  const PageBuilder::Values values = {{"note", "x"}};
  const int64_t first = MapHashed(plain, values, nullptr).rows[0].hash;
  const int64_t second = MapHashed(hashed, values, Hasher()).rows[0].hash;
  const int64_t third = MapHashed(std::make_shared<const MirrorTable>(other), values,
                                  Hasher("quite another key here"))
                            .rows[0]
                            .hash;
  CHECK(first != second);
  CHECK(second != third);
}
