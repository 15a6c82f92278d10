// What reading whole rows through <object>_readable costs, against <object>_live, with PostgreSQL's
// default settings: just-in-time compilation is on, and compiles what looks dear to it.
// usage: readable_view_bench [ROWS]    (10000)
// Exit status 1 when the promised figure is missed.

#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>

#include "loaded_mirror.h"

namespace hubmirror::testing {
namespace {

constexpr double kMostTimesLive = 4;
constexpr int kRuns = 5;

int Run(int64_t rows) {
  // As many as contacts of a usual portal have.
  const LoadedMirror mirror(400, rows);
  const std::string limit = " LIMIT " + std::to_string(rows);
  const Best best(mirror, "SELECT * FROM acme.contacts_live" + limit,
                  "SELECT * FROM acme.contacts_readable" + limit, kRuns);
  const double ratio = best.second / best.first;
  std::cout << std::fixed << std::setprecision(2)
            << mirror.Value("SELECT count(*) FROM acme.contacts_live") << " rows of "
            << mirror.Value("SELECT count(*) FROM acme.properties WHERE object = 'contacts'")
            << " properties, "
            << mirror.Value("SELECT count(*) FROM acme.properties WHERE type = 'enumeration'")
            << " of them enumerations, jit " << mirror.Value("SHOW jit") << "\n_live " << best.first
            << " ms, _readable " << best.second << " ms, ratio " << ratio << "  at most "
            << kMostTimesLive << (ratio <= kMostTimesLive ? "" : "  MISSED") << "\n";
  return ratio <= kMostTimesLive ? 0 : 1;
}

}  // namespace
}  // namespace hubmirror::testing

int main(int count, char** words) {
  try {
    return hubmirror::testing::Run(count > 1 ? std::atoll(words[1]) : 10'000);
  } catch (const std::exception& error) {
    std::cerr << "readable_view_bench: " << error.what() << '\n';
    return 2;
  }
}
