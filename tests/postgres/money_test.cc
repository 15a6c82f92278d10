#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

/// The query that stands under a question of docs/queries.md.
std::string QueryUnder(const std::string& question) {
  std::ifstream file(std::string(PROJECT_DIR) + "/docs/queries.md");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string document = text.str();
  const size_t asked = document.find(question);
  REQUIRE(asked != std::string::npos);
  const size_t begin = document.find("```sql\n", asked) + 7;
  return document.substr(begin, document.find(";\n```", begin) - begin);
}

struct MoneyFixture : MirrorFixture {
  MoneyFixture() {
    sink().Claim();
    MirrorTable deals;
    deals.object = *FindObjectType("deals");
    deals.columns = {Property("hs_lastmodifieddate", ColumnType::kTimestamp),
                     Property("amount", ColumnType::kNumeric),
                     Property("amount_in_home_currency", ColumnType::kNumeric),
                     Property("deal_currency_code"),
                     Property("closedate", ColumnType::kTimestamp),
                     Property("pipeline"),
                     Property("dealstage")};
    sink().ApplyLayout(deals);
    sink().ApplyLayout(deals);
    sink().SaveAccount({.portal_id = plan().portal_id,
                        .time_zone = "America/New_York",
                        .company_currency = "USD"});
    Value(
        "INSERT INTO acme.currencies (id, currency, company_currency, rate, effective_at) VALUES"
        " ('1', 'EUR', 'USD', 9, now() - interval '9 days'), ('2', 'EUR', 'USD', 1.1, now() -"
        " interval '1 day'), ('3', 'EUR', 'USD', 7, now() + interval '1 day'), ('4', 'JPY', 'USD',"
        " 0.01, now() - interval '1 day');"
        "INSERT INTO acme.pipeline_stages (object, pipeline_id, id, label, metadata) VALUES"
        " ('deals', 'p', 'w', 'Signed', '{\"isClosed\": \"true\", \"probability\": \"1.0\"}'),"
        " ('deals', 'p', 'l', 'Lost', '{\"isClosed\": \"true\", \"probability\": \"0.0\"}'),"
        " ('deals', 'q', 'w', 'Won, not closed', '{\"isClosed\": \"false\", \"probability\": "
        "\"1.0\"}');"
        "INSERT INTO acme.deals (id, created_at, amount, amount_in_home_currency,"
        " deal_currency_code, closedate, pipeline, dealstage) VALUES"
        // The last hour of July and the first of August, in New York.
        " (1, '2026-08-01T03:59:59Z', 100, 100, 'USD', '2026-08-01T03:59:59Z', 'p', 'w'),"
        " (2, '2026-08-01T04:00:00Z', 100, 110, 'EUR', '2026-08-01T04:00:00Z', 'p', 'w'),"
        " (3, '2026-08-01T23:00:00Z', 5000, 50, 'JPY', '2026-08-01T23:00:00Z', 'p', 'w'),"
        " (4, '2026-08-02T03:00:00Z', 7, 7, NULL, '2026-08-02T03:00:00Z', 'p', 'l'),"
        " (5, '2026-08-02T05:00:00Z', 1, 1, 'USD', '2026-08-02T05:00:00Z', 'q', 'w')");
  }
  std::string Rows(const std::string& columns, const std::string& question) const {
    return List(columns, "FROM (" + QueryUnder(question) + ") q");
  }
};

TEST_CASE_FIXTURE(MoneyFixture, "queries: deals of three currencies are summed right") {
  CHECK(Rows("currency, count, amount, in_company_currency", "What are the deals worth,") ==
        "EUR|1|100|110.00;JPY|1|5000|50.00;USD|3|108|108.00");
}

TEST_CASE_FIXTURE(MoneyFixture, "queries: amounts are shown in the currency of their record") {
  Value(
      "UPDATE acme.properties SET number_display_hint = 'currency', display_order = position,"
      " currency_property_name = CASE name WHEN 'amount' THEN 'deal_currency_code' END"
      " WHERE name LIKE 'amount%'");
  CHECK(Rows("column_name, coalesce(currency_property_name, '-'), otherwise",
             "Which properties are amounts of money,") ==
        "amount|deal_currency_code|USD;amount_in_home_currency|-|USD");
  CHECK(Rows("id, label, amount", "What are the amounts of each deal,")
            .starts_with("1|Label of amount|100.00 USD;1|Label of amount_in_home_currency|100.00 "
                         "USD;2|Label of amount|100.00 EUR;2|Label of amount_in_home_currency|"
                         "110.00 USD;3|Label of amount|5,000.00 JPY;"));
}

TEST_CASE_FIXTURE(MoneyFixture,
                  "queries: won is what closed at full probability, by months of the account") {
  CHECK(Rows("month, count, amount", "What was won, month by month?") ==
        "2026-07-01|1|100;2026-08-01|2|160");
}

TEST_CASE_FIXTURE(MoneyFixture, "queries: days are the account's") {
  for (const std::string zone : {"UTC", "Asia/Tokyo"}) {
    Value("ALTER ROLE postgres IN DATABASE " + database() + " SET timezone = '" + zone + "'");
    CHECK(Rows("day, count", "How many deals were created each day?") ==
          "2026-07-31|1;2026-08-01|3;2026-08-02|1");
  }
}

TEST_CASE_FIXTURE(MoneyFixture,
                  "queries: durations have the label of their stage, and no stage is NULL") {
  Value(
      "CREATE TABLE acme.deals_history (id bigint, property text, value text, changed_at "
      "timestamptz);"
      "INSERT INTO acme.deals_history VALUES (1, 'dealstage', 'old', '2026-01-01'),"
      " (1, 'dealstage', 'w', '2026-01-02'), (1, 'dealstage', NULL, '2026-01-05'),"
      " (1, 'dealstage', 'l', '2026-01-06')");
  CHECK(Rows("stage, times, mean", "How long did deals stay in each stage?") ==
        "Signed|1|3 days;old|1|1 day");
}

}  // namespace
}  // namespace hubmirror::testing
