#include "hubspot/read/history_reader.h"

#include <doctest/doctest.h>

#include "base/time_text.h"

namespace hubmirror {
namespace {

TEST_CASE("history reader: every version with its time and source") {
  const auto page = ReadHistoryPage(
      R"({"status":"COMPLETE","results":[{"id":"5","properties":{},"propertiesWithHistory":{
        "stage":[{"value":"w\ud83d\u0000n","timestamp":"2026-01-02T00:00:00.123Z","sourceType":"CRM_UI",
                  "sourceId":"userId:4","sourceLabel":"x","updatedByUserId":4},
                 {"value":null,"timestamp":"2026-01-01T00:00:00Z","sourceType":"IMPORT"}],
        "city":[]}}]})");
  REQUIRE(page);
  REQUIRE(page->entries.size() == 2);
  const HistoryEntry& entry = page->entries[0];
  CHECK(entry.id == RecordId{5});
  CHECK(entry.property == "stage");
  CHECK(entry.value == "w\xEF\xBF\xBD\xEF\xBF\xBDn");
  CHECK(entry.changed_at == *ParseRfc3339("2026-01-02T00:00:00.123Z"));
  CHECK(entry.source_type == "CRM_UI");
  CHECK(entry.source_id == "userId:4");
  CHECK(entry.updated_by == 4);
  CHECK(page->entries[1].value.empty());
  CHECK_FALSE(page->entries[1].updated_by);
}

TEST_CASE("history reader: what cannot be believed is an error, not a loss") {
  for (const char* body :
       {"", "{}", R"({"results":{}})", R"({"results":[{"id":"x"}]})",
        R"({"results":[{"id":"5","propertiesWithHistory":{"a":[{"value":"x"}]}}]})",
        R"({"status":"PENDING","results":[]})",
        R"({"results":[],"errors":[{"category":"INTERNAL"}]})"}) {
    CAPTURE(body);
    CHECK_FALSE(ReadHistoryPage(body));
  }
  CHECK(ReadHistoryPage(R"({"results":[],"errors":[{"category":"OBJECT_NOT_FOUND"}]})"));
  CHECK(ReadHistoryPage(R"({"results":[{"id":"5"}]})"));
}

}  // namespace
}  // namespace hubmirror
