#include "hubspot/read/record_fields.h"

#include "base/time_text.h"

namespace hubmirror {

std::optional<RecordId> ReadRecordId(JsonValue value) {
  const auto number = value.Integer();
  if (!number || *number <= 0) return std::nullopt;
  return RecordId{*number};
}

bool ReadNotFound(JsonValue error, std::vector<RecordId>& ids) {
  if (error["category"].Text() != "OBJECT_NOT_FOUND") return false;
  const JsonValue list = error["context"]["ids"];
  for (size_t i = 0; list.is_array() && i < list.size(); ++i) {
    if (const auto id = ReadRecordId(list.Item(i))) ids.push_back(*id);
  }
  return true;
}

std::optional<TimePoint> ReadInstant(JsonValue value) {
  const auto text = value.Text();
  if (!text || text->empty()) return std::nullopt;
  if (const auto time = ParseRfc3339(*text)) return time;
  return ParseEpochMilliseconds(*text);
}

}  // namespace hubmirror
