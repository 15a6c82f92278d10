// What reading through <object>_live costs, against the same query on the table, where the object
// has 1,500 properties: 400 of them have a column, the others stand in _overflow.
// usage: live_view_bench [ROWS]    (200000)
// Exit status 1 when the promised figure is missed.

#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>

#include "loaded_mirror.h"

namespace hubmirror::testing {
namespace {

constexpr double kMostTimesTable = 1.2;
constexpr int kRuns = 7;

int Run(int64_t rows) {
  const LoadedMirror mirror(1500, rows);

  const std::string what = "SELECT count(email), max(length(email)) FROM acme.contacts";
  const std::string table = what +
                            " WHERE NOT archived AND merged_into IS NULL AND erased_at IS NULL AND"
                            " purged_at IS NULL";
  const std::string property = mirror.Value(
      "SELECT quote_ident(column_name) FROM acme.properties WHERE object = 'contacts' AND storage ="
      " 'overflow' AND column_type = 'text' AND NOT archived ORDER BY position LIMIT 1");
  const std::string spilled = "SELECT count(" + property + ") FROM acme.contacts_live";
  const Best best(mirror, table, what + "_live", kRuns);
  const double ratio = best.second / best.first;
  std::cout << std::fixed << std::setprecision(2)
            << mirror.Value("SELECT count(*) FROM acme.contacts") << " rows of "
            << mirror.Value("SELECT count(*) FROM acme.properties WHERE object = 'contacts'")
            << " properties, "
            << mirror.Value("SELECT pg_size_pretty(pg_total_relation_size('acme.contacts'))")
            << "\na property with a column: table " << best.first << " ms, view " << best.second
            << " ms, ratio " << ratio << "  at most " << kMostTimesTable
            << (ratio <= kMostTimesTable ? "" : "  MISSED")
            << "\none without a column, by the view: " << mirror.MillisecondsOf(spilled) << " ms\n";
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
