#include "hubspot/read/search_reader.h"

#include "hubspot/read/error_reading.h"
#include "hubspot/read/json_document.h"
#include "hubspot/read/record_fields.h"

namespace hubmirror {

Result<SearchAnswer, ApiError> ReadSearchAnswer(std::string body,
                                                std::string_view modified_property) {
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  const JsonValue root = document->root();
  const JsonValue results = root["results"];
  const auto total = root["total"].Integer();
  if (!results.is_array() || !total || *total < 0) return DecodeError("it has no results or total");

  SearchAnswer answer{.total = *total, .more = root["paging"]["next"].is_object()};
  answer.nominations.reserve(results.size());
  for (size_t i = 0; i < results.size(); ++i) {
    const JsonValue result = results.Item(i);
    const auto id = ReadRecordId(result["id"]);
    if (!id) return DecodeError("no valid id in result " + std::to_string(i));
    answer.nominations.push_back(
        {.id = *id, .modified = ReadInstant(result["properties"][modified_property])});
  }
  return answer;
}

}  // namespace hubmirror
