#include "hubspot/read/history_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "base/time_text.h"

namespace hubmirror {
namespace {

/// What nobody counts.
Result<HistoryPage, ApiError> Read(std::string body) {
  uint64_t replaced = 0;
  return ReadHistoryPage(std::move(body), replaced);
}

TEST_CASE("history reader: every version with its time and source") {
  uint64_t replaced = 0;
  const auto page = ReadHistoryPage(
      R"({"status":"COMPLETE","results":[{"id":"5","properties":{},"propertiesWithHistory":{
        "stage":[{"value":"w\ud83d\u0000n","timestamp":"2026-01-02T00:00:00.123Z","sourceType":"CRM_UI",
                  "sourceId":"userId:4","sourceLabel":"x","updatedByUserId":4},
                 {"value":null,"timestamp":"2026-01-01T00:00:00Z","sourceType":"IMPORT"}],
        "city":[]}}]})",
      replaced);
  REQUIRE(page);
  CHECK(replaced == 2);
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
    CHECK_FALSE(Read(body));
  }
  CHECK(Read(R"({"results":[{"id":"5"}]})"));
}

TEST_CASE("history reader: an answer says whom it answers for, and whom nobody knows") {
  const auto some = Read(R"({"results":[{"id":"5"}],"errors":[
    {"category":"OBJECT_NOT_FOUND","context":{"ids":["6","7"]}}]})");
  REQUIRE(some);
  CHECK(some->answered == std::vector<RecordId>{RecordId{5}});
  CHECK(some->not_found == std::vector<RecordId>{RecordId{6}, RecordId{7}});
  CHECK_FALSE(some->none_found);

  const auto none = Read(R"({"results":[],"errors":[{"category":"OBJECT_NOT_FOUND"}]})");
  REQUIRE(none);
  CHECK(none->none_found);
  CHECK_FALSE(Read(R"({"results":[]})")->none_found);
}

}  // namespace
}  // namespace hubmirror
