#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/undescribed.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

/// Every block of SQL in a document.
std::vector<std::string> QueriesOf(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string document = text.str();
  std::vector<std::string> queries;
  constexpr std::string_view kBegin = "```sql\n";
  for (size_t at = document.find(kBegin); at != std::string::npos; at = document.find(kBegin, at)) {
    at += kBegin.size();
    const size_t end = document.find(";\n```", at);
    REQUIRE(end != std::string::npos);
    queries.push_back(document.substr(at, end - at));
    at = end;
  }
  return queries;
}

TEST_CASE("queries: every example of the documents runs, and nearly all find something") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":61,"index_delay":"1s",
      "objects":{"contacts":800,"companies":200,"deals":200,"emails":150,"tickets":80,"tasks":80},
      "reference":{"owners":40,"lists":5,"events":2},
      "tokens":[{"token":"pat-na1-simulated-token"}]}]})"},
              [] {
                DaemonSettings settings;
                settings.portals[0].object_settings = {
                    {"contacts", "{indexes: [hubspot_owner_id]}"},
                    {"companies", "{}"},
                    {"deals", "{history: [dealstage, amount]}"},
                    {"emails", "{}"},
                    {"tickets", "{}"},
                    {"tasks", "{}"}};
                return settings;
              }());
  world.portal.Control("reference", R"({"kind":"owner_deactivate","times":8})");
  world.Load();
  world.portal.StartScript(R"({"events":300,"seconds":3,"seed":9})");
  world.portal.AwaitScript(std::chrono::seconds{60});
  world.ExpectEqual();
  // Histories are read beside the rest.
  world.mirror.Settle();

  const auto queries = QueriesOf(std::string(PROJECT_DIR) + "/docs/queries.md");
  CHECK(queries.size() >= 20);
  size_t with_rows = 0;
  for (const std::string& query : queries) {
    CAPTURE(query);
    std::string rows;
    CHECK_NOTHROW(rows = world.Sql("SELECT count(*)::text FROM (" + query + ") q"));
    if (rows != "0") ++with_rows;
  }
  CHECK(with_rows + 4 >= queries.size());

  CHECK(world.Sql(kUndescribed) == "");
  CHECK(
      world.Sql("SELECT count(*) > 0 FROM acme.lists WHERE folder_name LIKE 'Folder “%' AND size ="
                " (SELECT count(*) FROM acme.list_memberships m WHERE m.list_id = lists.id AND"
                " m.left_at IS NULL)") == "t");

  // Labels stand where ids stood.
  CHECK(
      world.Sql("SELECT count(*) > 100 FROM acme.deals_readable WHERE dealstage LIKE 'Stage “%'") ==
      "t");
  CHECK(world.Sql(
            "SELECT count(*) FROM acme.deals_readable r JOIN acme.deals_live l USING (id) WHERE "
            "r.amount IS DISTINCT FROM l.amount OR r.dealname IS DISTINCT FROM l.dealname") == "0");
  CHECK(world.Sql("SELECT count(*) > 50 FROM acme.contacts_readable r JOIN acme.contacts_live l "
                  "USING (id) JOIN acme.owners o ON o.id = l.hubspot_owner_id WHERE "
                  "r.hubspot_owner_id IN (concat_ws(' ', nullif(o.first_name, ''), "
                  "nullif(o.last_name, '')), o.email)") == "t");
  CHECK(world.Sql("SELECT count(*)::text FROM pg_indexes WHERE schemaname = 'acme' AND indexname = "
                  "'contacts_hubspot_owner_id_idx'") == "1");
}

}  // namespace
}  // namespace hubmirror::testing
