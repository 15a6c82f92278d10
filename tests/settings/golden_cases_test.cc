#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "settings/json_of_yaml.h"
#include "settings/keys/settings_text.h"
#include "settings/no_environment.h"
#include "settings/project_file.h"
#include "settings/reading/check_report.h"

namespace hubmirror::testing {
namespace {

constexpr const char* kFolder = "tests/settings/golden/";

std::vector<std::string> GoldenNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(ProjectPath(kFolder))) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
  }
  std::ranges::sort(names);
  return names;
}

TEST_CASE("config check says of each golden file exactly what is expected") {
  const auto names = GoldenNames();
  CHECK(names.size() >= 75);
  for (const std::string& name : names) {
    CAPTURE(name);
    const auto reading = ReadSettings(ReadProjectFile(kFolder + name + ".yaml"), NoEnvironment);

    const std::string report = CheckText(reading, name + ".yaml");

    INFO(report);
    CHECK(MatchesProjectFile(kFolder + name + ".expected", report));
  }
}

TEST_CASE("no message ever holds a secret that stands in the file") {
  for (const std::string& name : GoldenNames()) {
    CAPTURE(name);
    const auto reading = ReadSettings(ReadProjectFile(kFolder + name + ".yaml"), NoEnvironment);
    const std::string report = CheckText(reading, name) + CheckJson(reading, name);
    CHECK(report.find("pat-na1-1234") == std::string::npos);
    CHECK(report.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("every problem of a golden file names its place and what is wrong") {
  for (const std::string& name : GoldenNames()) {
    CAPTURE(name);
    const auto reading = ReadSettings(ReadProjectFile(kFolder + name + ".yaml"), NoEnvironment);
    CHECK(reading.settings.has_value() == !HasErrors(reading.problems));
    for (const ConfigProblem& problem : reading.problems) {
      CHECK(problem.at.line >= 1);
      CHECK(problem.at.column >= 1);
      CHECK(!problem.what.empty());
      CHECK(!problem.next.empty());
    }
  }
}

TEST_CASE("a golden file that is accepted fits the JSON Schema, and shows as itself") {
  int accepted = 0;
  for (const std::string& name : GoldenNames()) {
    CAPTURE(name);
    const std::string text = ReadProjectFile(kFolder + name + ".yaml");
    const auto reading = ReadSettings(text, NoEnvironment);
    if (!reading.settings) continue;
    ++accepted;

    const std::string shown = ShowSettings(*reading.settings);
    const auto again = ReadSettings(shown, NoEnvironment);

    INFO(shown);
    CHECK(SchemaViolation(text).empty());
    CHECK(SchemaViolation(shown).empty());
    REQUIRE(again.settings.has_value());
    CHECK(*again.settings == *reading.settings);
  }
  CHECK(accepted >= 5);
}

}  // namespace
}  // namespace hubmirror::testing
