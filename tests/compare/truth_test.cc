#include "compare/truth.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "compare/difference.h"

namespace hubmirror::compare {
namespace {

TEST_CASE("truth: a line of the portal becomes a record") {
  const TruthRecord record = ParseTruthLine(
      R"({"id":"512","state":"merged","merged_into":"900","survivor_state":"archived",)"
      R"("created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:01.500Z",)"
      R"("archived_at":"2026-01-02T00:00:00.000Z","modified":"2026-01-01T00:00:01.250Z",)"
      R"("served":true,"read":true,"listed":true,"changed_at":1767225600000,"last_change":"merge",)"
      R"("properties":{"name":"a\u0000","unset":null}})");

  CHECK(record.id == 512);
  CHECK(record.state == RecordState::kMerged);
  CHECK(record.merged_into == RecordId{900});
  CHECK(record.survivor_state == RecordState::kArchived);
  CHECK(record.created_at == 1767225600000);
  CHECK(record.updated_at == 1767225601500);
  CHECK(record.modified == 1767225601250);
  CHECK(record.archived_at == Milliseconds{1767312000000});
  CHECK(record.read);
  CHECK(record.last_change == "merge");
  CHECK(record.Raw("name") == std::string("a\0", 2));
  CHECK(record.Raw("unset").empty());
  CHECK_FALSE(record.there());
}

TEST_CASE("truth: a line that lacks something is an error") {
  CHECK_THROWS_AS(ParseTruthLine("{}"), std::runtime_error);
  CHECK_THROWS_AS(ParseTruthLine(R"({"id":"x","state":"live"})"), std::runtime_error);
}

TEST_CASE("truth: definitions are read with their flags") {
  const auto definitions = ParseDefinitions(
      R"({"results":[{"name":"score","label":"Score","type":"number","groupName":"facts",)"
      R"("description":"How many","archived":false,"calculated":true},)"
      R"({"name":"old","label":"Old","type":"string","archived":true}]})");

  REQUIRE(definitions.size() == 2);
  CHECK(definitions[0].group == "facts");
  CHECK(definitions[0].calculated);
  CHECK_FALSE(definitions[0].archived);
  CHECK(definitions[1].archived);
}

TEST_CASE("difference: a line names object, record, column and both values, and stays one line") {
  const Difference difference{.object = "deals",
                              .id = 7,
                              .column = "note",
                              .expected = "two\nlines",
                              .found = std::string(500, 'x')};

  const std::string line = ToLine(difference);

  CHECK(line.starts_with("deals 7 note: expected two\\u000alines, found xxx"));
  CHECK(line.ends_with("x... (500 bytes)"));
}

}  // namespace
}  // namespace hubmirror::compare
