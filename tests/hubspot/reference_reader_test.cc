#include "hubspot/read/reference_reader.h"

#include <doctest/doctest.h>

#include "hubspot/read/catalog_reader.h"
#include "hubspot/read/link_reader.h"

namespace hubmirror {
namespace {

/// What the readers replaced, of all answers of a case.
uint64_t replaced = 0;

Result<ReferencePage, ApiError> ReadCounting(std::string body, const ReferenceRequest& request) {
  return ReadReferencePage(std::move(body), request, replaced);
}

using RowValues = std::vector<std::optional<std::string>>;

TEST_CASE("reference: an owner whose user is gone, with teams, and another page") {
  const auto page = ReadCounting(
      R"({"results":[{"id":"101","email":"a@b.example","userId":null,"userIdIncludingInactive":7,
        "teams":[{"id":3,"name":"Sü\u0000d","primary":true,"x":null}],"createdAt":"2026-01-02T03:04:05Z",
        "updatedAt":"yesterday","archived":true,"added_later":{}}],
        "paging":{"next":{"after":"55","link":"https://elsewhere.example"}}})",
      {.kind = ReferenceKind::kOwners});
  REQUIRE(bool(page));
  REQUIRE(page->batches.size() == 1);
  REQUIRE(page->batches[0].rows.size() == 1);
  const ReferenceRow& row = page->batches[0].rows[0];
  CHECK(row.archived);
  CHECK(row.values == RowValues{"101", std::nullopt, "7", "a@b.example", std::nullopt, std::nullopt,
                                std::nullopt, R"([{"id":3,"name":"Sü�d","primary":true,"x":null}])",
                                "2026-01-02T03:04:05.000Z", std::nullopt});
  CHECK(page->next_after == "55");
}

TEST_CASE("reference: stages come with their pipeline, under the names of both") {
  const auto page = ReadCounting(
      R"({"results":[{"id":"default","label":"Sales","displayOrder":0,"createdAt":0,
        "stages":[{"id":"won","label":"Won","displayOrder":5,
                   "metadata":{"isClosed":"true","probability":"1.0"}}]}]})",
      {.kind = ReferenceKind::kPipelines, .object = "deals", .type_id = "0-3"});
  REQUIRE(bool(page));
  REQUIRE(page->batches.size() == 2);
  CHECK(page->batches[0].rows.at(0).values ==
        RowValues{"deals", "default", "Sales", "0", "1970-01-01T00:00:00.000Z", std::nullopt});
  CHECK(page->batches[1].kind == ReferenceKind::kPipelineStages);
  CHECK(page->batches[1].rows.at(0).values ==
        RowValues{"deals", "default", "won", "Won", "5",
                  R"({"isClosed":"true","probability":"1.0"})", std::nullopt, std::nullopt});
  CHECK_FALSE(page->next_after);
}

TEST_CASE("reference: lists are paged by their count, members by a cursor") {
  const auto lists = ReadCounting(
      R"({"lists":[{"listId":"9","name":"L","objectTypeId":"0-1"}],"hasMore":true,"offset":500})",
      {.kind = ReferenceKind::kLists});
  REQUIRE(bool(lists));
  CHECK(lists->next_after == "500");
  // An end that is no number is none that can be gone on from, and no end of the lists.
  const auto odd = ReadCounting(R"({"lists":[],"hasMore":true,"offset":"x"})",
                                {.kind = ReferenceKind::kLists, .after = "500"});
  REQUIRE(bool(odd));
  CHECK(odd->next_after == "500");
  const auto last =
      ReadCounting(R"({"lists":[],"hasMore":false,"offset":500})", {.kind = ReferenceKind::kLists});
  REQUIRE(bool(last));
  CHECK_FALSE(last->next_after);
  const auto members = ReadCounting(
      R"({"results":[{"recordId":"12","membershipTimestamp":"2026-01-02T03:04:05.6Z"}]})",
      {.kind = ReferenceKind::kListMemberships, .list_id = "9"});
  REQUIRE(bool(members));
  CHECK(members->batches[0].rows.at(0).values == RowValues{"9", "12", "2026-01-02T03:04:05.600Z"});
}

TEST_CASE("reference: a list brings its size, folder and counts") {
  const auto lists = ReadCounting(
      R"({"lists":[{"listId":"9","additionalProperties":{"hs_list_size":"1203",
        "hs_folder_name":"Süd","hs_list_reference_count":"2",
        "hs_last_record_added_at":"1767323045678"}},{"listId":"10"}],"hasMore":false,"offset":2})",
      {.kind = ReferenceKind::kLists});
  REQUIRE(bool(lists));
  const auto counts = [&](size_t row) {
    const auto& values = lists->batches[0].rows.at(row).values;
    return RowValues(values.end() - 5, values.end());
  };
  CHECK(counts(0) == RowValues{"1203", "Süd", "2", "2026-01-02T03:04:05.678Z", std::nullopt});
  CHECK(counts(1) == RowValues(5));
}

TEST_CASE("reference: an item without its key is left out and named, the rest is read") {
  const auto teams = ReadCounting(R"({"results":[{"name":"no id"},{"id":"4"},null]})",
                                  {.kind = ReferenceKind::kTeams});
  REQUIRE(bool(teams));
  CHECK(teams->batches[0].rows.size() == 1);
  CHECK(teams->odd == std::vector<std::string>(2, "one of teams has no id"));

  const auto pipelines = ReadCounting(
      R"({"results":[{"label":"x","stages":[{"id":"1"}]},
                     {"id":"7","stages":[{"label":"no id"},{"id":"2"}]}]})",
      {.kind = ReferenceKind::kPipelines, .object = "deals"});
  REQUIRE(bool(pipelines));
  CHECK(pipelines->batches[0].rows.size() == 1);
  CHECK(pipelines->batches[1].rows.size() == 1);
  CHECK(pipelines->odd.size() == 2);
}

TEST_CASE("definitions: a property without a name and a label without a category stop no other") {
  const auto properties = ReadPropertyDefinitions(
      R"({"results":[{"label":"odd"},{"name":"city"}]})", "non_sensitive", replaced);
  REQUIRE(bool(properties));
  REQUIRE(properties->size() == 1);
  CHECK(properties->front().name == "city");
  CHECK_FALSE(
      bool(ReadPropertyDefinitions(R"({"results":[{"label":"odd"}]})", "non_sensitive", replaced)));

  const auto types = ReadLinkTypes(
      R"({"results":[{"typeId":1},{"category":"USER_DEFINED","typeId":2}]})", replaced);
  REQUIRE(bool(types));
  CHECK(types->size() == 1);
}

TEST_CASE("reference: a body without results is no answer") {
  CHECK_FALSE(bool(ReadCounting(R"({"status":"error"})", {.kind = ReferenceKind::kTeams})));
  CHECK_FALSE(bool(ReadCounting("<html>", {.kind = ReferenceKind::kTeams})));
}

}  // namespace
}  // namespace hubmirror
