#include "hubspot/read/history_reader.h"

#include <utility>

#include "hubspot/read/error_reading.h"
#include "hubspot/read/json_document.h"
#include "hubspot/read/record_fields.h"

namespace hubmirror {
namespace {

/// Appends the history of one property; false when an entry has no time.
bool AppendHistory(RecordId id, const JsonMember& history, std::vector<HistoryEntry>& entries) {
  for (size_t i = 0; history.value.is_array() && i < history.value.size(); ++i) {
    const JsonValue version = history.value.Item(i);
    const auto changed_at = ReadInstant(version["timestamp"]);
    if (!changed_at) return false;
    entries.push_back({.id = id,
                       .property = std::string(history.name),
                       .value = version["value"].String(),
                       .changed_at = *changed_at,
                       .source_type = version["sourceType"].String(),
                       .source_id = version["sourceId"].String(),
                       .updated_by = version["updatedByUserId"].Integer()});
  }
  return true;
}

}  // namespace

Result<HistoryPage, ApiError> ReadHistoryPage(std::string body, uint64_t& replaced) {
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  replaced += document->repaired();
  const JsonValue results = document->root()["results"];
  if (!results.is_array()) return DecodeError("it has no results");
  const std::string status = document->root()["status"].String();
  if (!status.empty() && status != "COMPLETE") {
    return ApiError{.kind = ApiErrorKind::kServer, .message = "the batch was not completed"};
  }
  HistoryPage page;
  // With code 207: ids that do not exist are an answer, anything else is none.
  const JsonValue errors = document->root()["errors"];
  for (size_t i = 0; errors.is_array() && i < errors.size(); ++i) {
    if (ReadNotFound(errors.Item(i), page.not_found)) continue;
    return ApiError{.kind = ApiErrorKind::kServer,
                    .message = "HubSpot could not read all records of the batch"};
  }
  for (size_t i = 0; i < results.size(); ++i) {
    const auto id = ReadRecordId(results.Item(i)["id"]);
    if (!id) return DecodeError("no valid id in result " + std::to_string(i));
    page.answered.push_back(*id);
    const JsonValue properties = results.Item(i)["propertiesWithHistory"];
    for (size_t p = 0; properties.is_object() && p < properties.size(); ++p) {
      if (!AppendHistory(*id, properties.Member(p), page.entries)) {
        return DecodeError("no valid timestamp in result " + std::to_string(i));
      }
    }
  }
  page.none_found = errors.size() > 0 && page.answered.empty() && page.not_found.empty();
  return page;
}

}  // namespace hubmirror
