#include <doctest/doctest.h>

#include "base/time_text.h"
#include "postgres/mirror_fixture.h"
#include "postgres/schema/layout_steps.h"
#include "postgres/schema/schema_plan.h"

namespace hubmirror::testing {
namespace {

MirrorColumn Money() {
  MirrorColumn amount = Property("amount", ColumnType::kNumeric);
  amount.definition.Edit().currency_property_name = "deal_currency_code";
  amount.definition.Edit().show_currency_symbol = true;
  amount.definition.Edit().number_display_hint = "currency";
  amount.definition.Edit().text_display_hint = "multi_line";
  amount.definition.Edit().date_display_hint = "absolute";
  amount.definition.Edit().display_order = 3;
  amount.definition.Edit().created_at = ParseRfc3339("2026-01-02T03:04:05.678Z");
  return amount;
}

/// What a mirror of layout 8 had of one list and one property.
struct OlderMirror : MirrorFixture {
  OlderMirror() {
    Transaction transaction(pool());
    transaction.Run("CREATE SCHEMA hubmirror; CREATE SCHEMA acme");
    RunSteps(transaction, "hubmirror", 0, CommonSteps().first(4));
    RunSteps(transaction, "acme", 0, PortalSteps().first(8));
    transaction.Run(
        "INSERT INTO hubmirror.layout (version) VALUES (4);"
        "INSERT INTO acme._portal (portal_id, layout_version) VALUES (4711, 8);"
        "CREATE TABLE acme.contacts (id bigint PRIMARY KEY, created_at timestamptz, updated_at"
        " timestamptz, archived boolean NOT NULL DEFAULT false, archived_at timestamptz,"
        " merged_into bigint, erased_at timestamptz, purged_at timestamptz, amount numeric,"
        " _synced_at timestamptz NOT NULL DEFAULT now(), _hash bigint, _rejected jsonb,"
        " _overflow jsonb);"
        "INSERT INTO acme.properties (object, name, position, column_name, storage, column_type,"
        " state, label, type, calculated, hubspot_defined, external_options, has_unique_value,"
        " hidden, archived) VALUES ('contacts', 'amount', 0, 'amount', 'column', 'numeric',"
        " 'current', 'Label of amount', 'string', false, false, false, false, false, false);"
        "INSERT INTO acme.lists (id, name) VALUES (9, 'L')");
    transaction.Commit();
  }
  std::string Shown() const {
    return List(
        "display_order, coalesce(currency_property_name, '-'), show_currency_symbol,"
        " coalesce(number_display_hint, '-'), coalesce(text_display_hint, '-'),"
        " coalesce(date_display_hint, '-')",
        "FROM acme.properties");
  }
};

TEST_CASE_FIXTURE(MirrorFixture, "shown: what HubSpot says of showing a property is kept") {
  MakeContacts({Money()});

  const MirrorTablePtr table = AnotherSink("me")->Load(contacts()->object).table;
  REQUIRE(table);
  CHECK(table->columns == contacts()->columns);
  CHECK(table->columns[1] == Money());
}

TEST_CASE_FIXTURE(OlderMirror, "shown: a verb reads a mirror that an older daemon still writes") {
  Transaction transaction(pool());
  const auto table =
      ReadStandingTable(transaction.connection(), "acme", *FindObjectType("contacts"));

  REQUIRE(table);
  CHECK(table->columns == std::vector<MirrorColumn>{Property("amount", ColumnType::kNumeric)});
}

TEST_CASE_FIXTURE(OlderMirror, "shown: properties that stand are filled with the next reading") {
  sink().Claim();
  CHECK(Shown() == "-1|-|f|-|-|-");
  const MirrorTablePtr standing = sink().Load(*FindObjectType("contacts")).table;
  REQUIRE(standing);
  MirrorTable wanted = *standing;
  wanted.columns = {Money()};

  CHECK(standing->columns != wanted.columns);
  sink().ApplyLayout(wanted);
  CHECK(Shown() == "3|deal_currency_code|t|currency|multi_line|absolute");
  CHECK(Value("SELECT count(*) FROM acme.schema_changes WHERE property = 'amount'") == "0");
}

TEST_CASE_FIXTURE(OlderMirror, "shown: lists that stand are filled with the next reading") {
  sink().Claim();
  ReferenceRow row;
  row.values.resize(TableOf(ReferenceKind::kLists).columns.size());
  row.values[0] = "9";
  row.values[1] = "L";
  const size_t size = row.values.size() - 5;
  CHECK(TableOf(ReferenceKind::kLists).columns[size].name == "size");
  row.values[size] = "1203";
  row.values[size + 1] = "Süd";
  static_cast<ReferenceSink&>(sink()).WriteReference(
      {{.kind = ReferenceKind::kLists, .rows = {row}, .at = Second(1)}});

  CHECK(List("id, name, size, folder_name", "FROM acme.lists") == "9|L|1203|Süd");
}

}  // namespace
}  // namespace hubmirror::testing
