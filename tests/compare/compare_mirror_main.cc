// compare-mirror: holds a mirror's schema against the simulated portal it was made from.
// Exit status: 0 without differences, 1 with some, 64 for a wrong command line, 69 when the portal
// or the database cannot be read.

#include <cstdint>
#include <exception>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "compare/comparison.h"

namespace hubmirror::compare {
namespace {

constexpr int64_t kMostShown = 1000;
constexpr const char* kUsage =
    "usage: compare-mirror --portal http://127.0.0.1:PORT --portal-id N --dsn DSN --schema S"
    " [--objects contacts,deals]\n";

std::optional<ComparisonOptions> ReadCommandLine(int count, char** words) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < count; i += 2) given[words[i]] = words[i + 1];
  const bool paired = count % 2 == 1;
  ComparisonOptions options;
  options.objects = AllObjects();
  try {
    options.portal_url = given.at("--portal");
    options.portal_id = std::stoll(given.at("--portal-id"));
    options.dsn = given.at("--dsn");
    options.schema = given.at("--schema");
  } catch (const std::exception&) {
    return std::nullopt;
  }
  if (given.contains("--objects")) {
    options.objects.clear();
    std::istringstream list(given["--objects"]);
    for (std::string object; std::getline(list, object, ',');) options.objects.push_back(object);
  }
  const size_t known = given.contains("--objects") ? 5 : 4;
  if (!paired || given.size() != known) return std::nullopt;
  return options;
}

int Run(int count, char** words) {
  const auto options = ReadCommandLine(count, words);
  if (!options) {
    std::cerr << kUsage;
    return 64;
  }
  int64_t shown = 0;
  try {
    const ComparisonReport report = Compare(*options, [&](const Difference& difference) {
      if (++shown <= kMostShown) std::cout << ToLine(difference) << '\n';
    });
    if (shown > kMostShown) std::cout << "... and " << shown - kMostShown << " more\n";
    std::cout << report.Summary() << std::endl;
    return report.differences == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "compare-mirror: " << error.what() << '\n';
    return 69;
  }
}

}  // namespace
}  // namespace hubmirror::compare

int main(int count, char** words) {
  return hubmirror::compare::Run(count, words);
}
