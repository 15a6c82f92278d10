#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// Records by type: 60,000 in all, of every type there is.
std::map<std::string, int64_t> Records() {
  std::map<std::string, int64_t> records = {
      {"contacts", 26'000}, {"companies", 8'000},  {"deals", 6'000}, {"emails", 4'000},
      {"tickets", 2'000},   {"tasks", 2'000},      {"notes", 2'500}, {"calls", 2'000},
      {"meetings", 1'500},  {"line_items", 2'400}, {"pets", 600},    {"orders_2_1002", 200}};
  for (const char* type : {"appointments",
                           "carts",
                           "commerce_payments",
                           "communications",
                           "courses",
                           "discounts",
                           "feedback_submissions",
                           "fees",
                           "goal_targets",
                           "invoices",
                           "leads",
                           "listings",
                           "orders",
                           "postal_mail",
                           "products",
                           "projects",
                           "quotes",
                           "services",
                           "subscriptions",
                           "taxes",
                           "users"}) {
    records[type] = 135;
  }
  return records;
}

/// Links come in HubSpot's own pages of 500 of a record; with smaller ones, which other tests have,
/// the least number of requests could not be told.
std::string Scenario(uint64_t seed) {
  std::string objects;
  for (const auto& [type, count] : Records()) {
    objects += (objects.empty() ? "\"" : ",\"") + type + "\":" + std::to_string(count);
  }
  return R"({"portals":[{"portal_id":1234567,"seed":)" + std::to_string(seed) +
         R"(,"index_delay":"10s","latency":"50ms","limits":{"burst":190,"search":5,
         "associations":100},"switches":{"link_page":"large"},"objects":{)" +
         objects + R"(},"reference":{"owners":140,"lists":40,"events":30},
         "tokens":[{"token":"pat-na1-simulated-token"}]}]})";
}

DaemonSettings Settings() {
  DaemonSettings settings;
  for (const auto& [type, count] : Records()) settings.portals[0].objects.push_back(type);
  settings.portals[0].all_objects = true;
  settings.defaults = {{"interval", "15s"},          {"freshness_target", "5m"},
                       {"overlap", "30s"},           {"deep_overlap", "10m"},
                       {"archived", "{every: 60s}"}, {"catalog", "{every: 60s}"},
                       {"confirm_after", "5s"},      {"sweep", "{every: 24h}"},
                       {"links", "{every: 6h}"},     {"quota_share", "1.0"}};
  return settings;
}

void ChangeThings(World& world, int round) {
  for (const char* kind : {"list_join", "list_leave"}) {
    world.portal.Control("reference", R"({"kind":")" + std::string(kind) + R"(","times":5})");
  }
  const char* const kinds[] = {"owner_deactivate", "stage_rename", "stage_delete", "owner_add",
                               "team_rename",      "event_count",  "list_add",     "list_delete"};
  world.portal.Control("reference",
                       R"({"kind":")" + std::string(kinds[round % std::size(kinds)]) + R"("})");
  const std::string name = "\"name\":\"long_" + std::to_string(round / 8) + "\"";
  const std::string object = round % 16 < 8 ? R"("object":"contacts",)" : R"("object":"deals",)";
  const auto change = [&](const std::string& rest) {
    world.portal.Mutate("{" + object + name + "," + rest + "}");
  };
  switch (round % 8) {
    case 1:
      return change(R"("kind":"property_add","type":"string","field_type":"text","fill":0.02)");
    case 4:
      return change(R"("kind":"property_retype","type":"number","field_type":"number")");
    case 7:
      return change(R"("kind":"property_archive")");
    default:
      return;
  }
}

/// What search need not know: such lists are walked again and again.
bool IsFollowedByWalks(const std::string& type) {
  static const std::set<std::string> kTypes = {"communications", "goal_targets", "users",
                                               "postal_mail",    "services",     "courses",
                                               "listings",       "appointments", "projects"};
  return kTypes.contains(type);
}

/// What the first reading of all links costs, beside the least that it could: each pair of types
/// that can be linked is asked about the records of the first, a thousand at a time; and where that
/// side shows no link, about those of the second, since some pairs are shown from there only.
void ReportLinkRequests(World& world) {
  Await("the links of every type to be read once", 20min, [&] {
    return world.Sql("SELECT count(*)::text FROM hubmirror.status WHERE last_links_at IS NULL") ==
           "0";
  });
  std::string batches;
  for (const auto& [type, count] : Records()) {
    batches += (batches.empty() ? "" : " UNION ALL ") + ("SELECT '" + type) +
               "' AS type, (count(*) + 999) / 1000 AS n FROM acme." + type + "_live";
  }
  const int64_t least = std::stoll(world.Sql(
      "WITH batches AS (" + batches +
      "), pairs AS (SELECT DISTINCT from_type, to_type FROM acme.association_labels) "
      "SELECT sum(f.n + CASE WHEN p.from_type = p.to_type OR EXISTS (SELECT FROM "
      "acme.associations a WHERE a.from_type = p.from_type AND a.to_type = p.to_type) THEN 0 "
      "ELSE t.n END)::text FROM pairs p JOIN batches f ON f.type = p.from_type "
      "JOIN batches t ON t.type = p.to_type"));
  const int64_t asked = world.portal.Requests("links");
  MESSAGE("link batches " << asked << ", least " << least);
  CHECK(static_cast<double>(asked) <= 1.1 * static_cast<double>(least));
}

/// What a whole first reading costs, beside the least that it could.
void ReportRequests(const World& world) {
  int64_t least_lists = 0;
  int64_t lists = 0;
  for (const auto& [type, count] : Records()) {
    if (IsFollowedByWalks(type)) continue;
    const int64_t live = std::stoll(world.Sql("SELECT count(*)::text FROM acme." + type + "_live"));
    least_lists += (live + 99) / 100;
    lists += world.portal.Requests("list " + type);
  }
  // One name begins like another.
  lists -= world.portal.Requests("list orders_2_1002");
  const int64_t archived = world.portal.Requests("list archived");
  MESSAGE("live list pages " << lists << ", least " << least_lists << "; archived list pages "
                             << archived << "; searches " << world.portal.Requests("search")
                             << "; batch reads " << world.portal.Requests("batch read")
                             << "; links " << world.portal.Requests("links") << "; link labels "
                             << world.portal.Requests("link labels") << "; properties "
                             << world.portal.Requests("properties") << "; list members "
                             << world.portal.Requests("list members") << "; all "
                             << world.portal.Requests(""));
  // A portal that sends short pages decides how many there are.
  if (world.portal.Announcement().find("short_pages=never") != std::string::npos) {
    CHECK(static_cast<double>(lists) <= 1.1 * static_cast<double>(least_lists));
  }
}

TEST_CASE("long everything: all types and everything that can happen to them end equal") {
  const auto seed = static_cast<uint64_t>(FromEnvironment("HUBMIRROR_SEED", 1));
  World world({.scenario_json = Scenario(seed)}, Settings());
  MESSAGE(world.portal.Announcement());
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  world.Load(20min);
  MESSAGE("first load took " << seconds() << " s");
  ReportRequests(world);
  ReportLinkRequests(world);
  MESSAGE("all links were read after " << seconds() << " s");

  world.portal.StartScript(
      R"({"events":5000,"seconds":180,"erasures_max":100,"weights":{"create":14,"update":40,
      "archive":8,"restore":5,"merge":5,"erase":1,"purge":1,"calculate":6,"link":8,"unlink":8,
      "relabel":4},"seed":)" +
      std::to_string(seed) + "}");
  for (int round = 0; world.portal.script_running(); ++round) {
    ChangeThings(world, round);
    std::this_thread::sleep_for(2s);
  }
  MESSAGE("changes ended after " << seconds() << " s");
  // Links of hundreds of pairs of types have a limit of their own.
  world.mirror.Settle(1800s);
  MESSAGE("settled after " << seconds() << " s");
  world.ExpectNoDifferences();
  CHECK(world.portal.LimitViolations().total() == 0);
  CHECK(world.Sql("SELECT count(*) > 100000 FROM acme.associations") == "t");
  MESSAGE("links: " << world.Sql("SELECT count(*)::text FROM acme.associations") << ", requests "
                    << world.portal.Requests(""));
}

}  // namespace
}  // namespace hubmirror::testing
