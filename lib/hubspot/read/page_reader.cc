#include "hubspot/read/page_reader.h"

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "base/time_text.h"
#include "hubspot/read/error_reading.h"
#include "hubspot/read/json_document.h"
#include "hubspot/read/record_fields.h"

namespace hubmirror {
namespace {

/// What the records of a page point into.
struct PageStorage {
  std::string body;
  std::vector<PropertyValue> values;
  std::deque<std::string> made;  // texts that the body does not hold as such
};

/// Fills a page from `results`.
class RecordCollector {
 public:
  RecordCollector(Page& page, PageStorage& storage)
      : page_(page), storage_(storage), by_property_(page.properties->size()) {}

  /// False when a record lacks what makes it one; `problem()` says what.
  bool Collect(JsonValue results) {
    page_.records.reserve(results.size());
    first_value_.reserve(results.size());
    size_t members = 0;
    for (size_t i = 0; i < results.size(); ++i) members += results.Item(i)["properties"].size();
    storage_.values.reserve(members);
    for (size_t i = 0; i < results.size(); ++i) {
      if (!CollectOne(results.Item(i))) {
        problem_ += " in result " + std::to_string(i);
        return false;
      }
    }
    HandOutValues();
    return true;
  }

  const std::string& problem() const { return problem_; }

 private:
  bool CollectOne(JsonValue result) {
    const auto id = ReadRecordId(result["id"]);
    if (!id) return Fail("no valid id");
    const JsonValue properties = result["properties"];
    if (!properties.is_object()) return Fail("no properties");

    Record record{.id = *id, .archived = result["archived"].is_true()};
    record.created_at = ReadInstant(result["createdAt"]);
    record.updated_at = ReadInstant(result["updatedAt"]);
    record.archived_at = ReadInstant(result["archivedAt"]);
    first_value_.push_back(storage_.values.size());
    page_.records.push_back(record);
    for (size_t i = 0; i < properties.size(); ++i) Note(properties.Member(i));
    AppendNoted();
    return true;
  }

  /// Answers name properties in any order; a slot per asked property sorts them without comparing.
  void Note(const JsonMember& member) {
    std::optional<std::string_view> text = member.value.Text();
    if (!text) text = storage_.made.emplace_back(member.value.Serialize());
    if (text->empty()) return;
    if (const auto position = page_.properties->Index(member.name)) by_property_[*position] = *text;
  }

  void AppendNoted() {
    for (uint32_t i = 0; i < by_property_.size(); ++i) {
      if (by_property_[i].empty()) continue;
      storage_.values.push_back({.property = i, .raw = by_property_[i]});
      by_property_[i] = {};
    }
  }

  /// Only now that the values have stopped growing do they stand still.
  void HandOutValues() {
    const std::span<const PropertyValue> all(storage_.values);
    for (size_t i = 0; i < page_.records.size(); ++i) {
      const size_t end = i + 1 < first_value_.size() ? first_value_[i + 1] : all.size();
      page_.records[i].values = all.subspan(first_value_[i], end - first_value_[i]);
    }
  }

  bool Fail(const char* problem) {
    problem_ = problem;
    return false;
  }

  Page& page_;
  PageStorage& storage_;
  std::vector<std::string_view> by_property_;
  std::vector<size_t> first_value_;
  std::string problem_;
};

/// The page of `results`, and the document for what stands beside them.
struct Reading {
  Page page;
  JsonDocument document;
};

Result<Reading, ApiError> ReadResults(std::string body, PropertySetPtr properties) {
  auto storage = std::make_shared<PageStorage>();
  storage->body = std::move(body);
  auto document = JsonDocument::Parse(storage->body, JsonDocument::Nulls::kLeaveOutOfRecords);
  if (!document) return DecodeError(document.error());
  const JsonValue results = document->root()["results"];
  if (!results.is_array()) return DecodeError("it has no results");

  Page page;
  page.properties = std::move(properties);
  page.bytes = storage->body.size();
  page.values_replaced = document->repaired();
  RecordCollector collector(page, *storage);
  if (!collector.Collect(results)) return DecodeError(collector.problem());
  page.storage = std::move(storage);
  return Reading{std::move(page), std::move(*document)};
}

// Asked for a merged record and for its survivor, HubSpot answers with the survivor, once for
// each of the two ids or once for both (https://community.hubspot.com, thread 1101616).
void KeepFirstOfEach(std::vector<Record>& records) {
  std::unordered_set<RecordId> seen;
  std::erase_if(records, [&](const Record& record) { return !seen.insert(record.id).second; });
}

}  // namespace

Result<Page, ApiError> ReadListPage(std::string body, PropertySetPtr properties) {
  auto reading = ReadResults(std::move(body), std::move(properties));
  if (!reading) return reading.error();
  // Only `after` is used: the `link` beside it has been seen with a wrong host and path
  // (https://github.com/dlt-hub/verified-sources/issues/305).
  const JsonValue next = reading->document.root()["paging"]["next"];
  if (next.is_object()) {
    // A page that says there is more but not where must not pass for the last one.
    const auto after = next["after"].Text();
    if (!after || after->empty()) return DecodeError("it has a next page without its place");
    reading->page.next_after = std::string(*after);
  }
  return std::move(reading->page);
}

Result<Page, ApiError> ReadBatchPage(std::string body, PropertySetPtr properties) {
  auto reading = ReadResults(std::move(body), std::move(properties));
  if (!reading) return reading.error();
  const JsonValue root = reading->document.root();
  // The envelope of a batch has other states, too (PENDING, PROCESSING, CANCELED), and with code
  // 207 an entry in `errors` for each kind of failure. Ids that do not exist are such a failure,
  // and an answer like any other.
  const std::string status = root["status"].String();
  if (!status.empty() && status != "COMPLETE") {
    return ApiError{.kind = ApiErrorKind::kServer, .message = "the batch was not completed"};
  }
  const JsonValue errors = root["errors"];
  for (size_t i = 0; errors.is_array() && i < errors.size(); ++i) {
    if (ReadNotFound(errors.Item(i), reading->page.not_found)) continue;
    return ApiError{.kind = ApiErrorKind::kServer,
                    .message = "HubSpot could not read all records of the batch"};
  }
  KeepFirstOfEach(reading->page.records);
  return std::move(reading->page);
}

}  // namespace hubmirror
