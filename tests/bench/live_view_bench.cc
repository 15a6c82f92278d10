// What reading through <object>_live costs, against the same query on the table, where the object
// has 1,500 properties: 400 of them have a column, the others stand in _overflow.
// usage: live_view_bench [ROWS]    (200000)
// Exit status 1 when the promised figure is missed.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>

#include "support/daemon_process.h"
#include "support/mirror_check.h"
#include "support/portal_process.h"
#include "support/temp_postgres.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr double kMostTimesTable = 1.2;
constexpr int64_t kLoaded = 500;
constexpr int kRuns = 7;

std::string Scenario() {
  return R"({"portals":[{"portal_id":1234567,"seed":1,"limits":false,"objects":{"contacts":)" +
         std::to_string(kLoaded) + R"(},"properties":{"contacts":1500},)" +
         R"("tokens":[{"token":"pat-na1-simulated-token"}]}]})";
}

DaemonSettings Settings(const PortalProcess& portal, const TempPostgres& database) {
  DaemonSettings settings;
  settings.base_url = portal.url();
  settings.dsn = database.Dsn();
  settings.portals[0].objects = {"contacts"};
  settings.log_level = "info";
  return settings;
}

/// Copies the loaded rows under other ids until there are so many.
void Multiply(const TempPostgres& database, int64_t rows) {
  const std::string columns = database.Run(
      "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = "
      "'acme.contacts'::regclass AND attnum > 1 AND NOT attisdropped");
  database.Run("INSERT INTO acme.contacts (id, " + columns + ") SELECT id + n * 10000000000000, " +
               columns + " FROM acme.contacts, generate_series(1, " +
               std::to_string(rows / kLoaded - 1) + ") n");
  database.Run("VACUUM ANALYZE acme.contacts");
}

double MillisecondsOf(const TempPostgres& database, const std::string& sql) {
  const auto start = std::chrono::steady_clock::now();
  database.Run(sql);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

int Run(int64_t rows) {
  PortalProcess portal({.scenario_json = Scenario()});
  const TempPostgres database;
  DaemonProcess daemon(Settings(portal, database));
  const MirrorCheck mirror(portal, daemon, database.Dsn(), daemon.settings().portals[0]);
  daemon.Start();
  mirror.WaitBackfill(5min);
  daemon.Terminate();
  Multiply(database, rows);

  const std::string what = "SELECT count(email), max(length(email)) FROM acme.contacts";
  const std::string table = what +
                            " WHERE NOT archived AND merged_into IS NULL AND erased_at IS NULL AND"
                            " purged_at IS NULL";
  const std::string view = what + "_live";
  const std::string property = database.Run(
      "SELECT quote_ident(column_name) FROM acme.properties WHERE object = 'contacts' AND storage ="
      " 'overflow' AND column_type = 'text' AND NOT archived ORDER BY position LIMIT 1");
  const std::string spilled = "SELECT count(" + property + ") FROM acme.contacts_live";
  double of_table = 1e9;
  double of_view = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    of_table = std::min(of_table, MillisecondsOf(database, table));
    of_view = std::min(of_view, MillisecondsOf(database, view));
  }
  const double ratio = of_view / of_table;
  std::cout << std::fixed << std::setprecision(2)
            << database.Run("SELECT count(*) FROM acme.contacts") << " rows of "
            << database.Run("SELECT count(*) FROM acme.properties WHERE object = 'contacts'")
            << " properties, "
            << database.Run("SELECT pg_size_pretty(pg_total_relation_size('acme.contacts'))")
            << "\na property with a column: table " << of_table << " ms, view " << of_view
            << " ms, ratio " << ratio << "  at most " << kMostTimesTable
            << (ratio <= kMostTimesTable ? "" : "  MISSED")
            << "\none without a column, by the view: " << MillisecondsOf(database, spilled)
            << " ms\n";
  return ratio <= kMostTimesTable ? 0 : 1;
}

}  // namespace
}  // namespace hubmirror::testing

int main(int count, char** words) {
  try {
    return hubmirror::testing::Run(count > 1 ? std::atoll(words[1]) : 200'000);
  } catch (const std::exception& error) {
    std::cerr << "live_view_bench: " << error.what() << '\n';
    return 2;
  }
}
