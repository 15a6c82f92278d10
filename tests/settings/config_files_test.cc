#include <doctest/doctest.h>

#include <string>

#include "settings/json_of_yaml.h"
#include "settings/keys/key_table.h"
#include "settings/keys/reference_text.h"
#include "settings/keys/settings_schema.h"
#include "settings/no_environment.h"
#include "settings/project_file.h"
#include "settings/reading/check_report.h"

namespace hubmirror::testing {
namespace {

TEST_CASE("the published JSON Schema is the one of the table") {
  CHECK(MatchesProjectFile("config/hubmirror.schema.json", SettingsSchema()));
}

TEST_CASE("the published reference is the one of the table") {
  CHECK(MatchesProjectFile("docs/configuration.md", ReferenceText()));
}

TEST_CASE("the annotated example passes the check without a warning") {
  const std::string text = ReadProjectFile("config/hubmirror.yaml");

  const auto reading = ReadSettings(text, NoEnvironment);

  INFO(CheckText(reading, "config/hubmirror.yaml"));
  CHECK(reading.settings.has_value());
  CHECK(reading.problems.empty());
  CHECK(SchemaViolation(text).empty());
}

TEST_CASE("the annotated example still passes with every key that is commented out") {
  std::string text = ReadProjectFile("config/hubmirror.yaml");
  // A commented-out key is `#key: value`; a remark is `# Words`.
  int keys = 0;
  for (size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at + 1)) {
    if (at + 1 >= text.size() || text[at + 1] < 'a' || text[at + 1] > 'z') continue;
    text.erase(at, 1);
    ++keys;
  }
  CHECK(keys > 5);

  const auto reading = ReadSettings(text, NoEnvironment);

  INFO(text);
  INFO(CheckText(reading, "config/hubmirror.yaml"));
  CHECK(reading.settings.has_value());
  CHECK(reading.problems.empty());
}

TEST_CASE("the annotated example mentions every key of the table") {
  const std::string text = ReadProjectFile("config/hubmirror.yaml");
  for (const KeyRule& rule : KeyTable()) {
    const std::string_view word = rule.path.substr(rule.path.rfind('.') + 1);
    CAPTURE(word);
    CHECK(text.find(std::string(word) + ":") != std::string::npos);
  }
}

TEST_CASE("the reference names every key once, with its default") {
  const std::string text = ReferenceText();
  for (const KeyRule& rule : KeyTable()) {
    const std::string entry = "- **`" + std::string(rule.path) + "`** (";
    CAPTURE(entry);
    const size_t at = text.find(entry);
    REQUIRE(at != std::string::npos);
    CHECK(text.find(entry, at + 1) == std::string::npos);
    const std::string line = text.substr(at, text.find('\n', at) - at);
    CHECK(line.find(rule.meaning) != std::string::npos);
    if (!rule.preset.empty()) {
      CHECK(line.find("default `" + std::string(rule.preset)) != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace hubmirror::testing
