#include "hubspot/record_fields.h"

#include "base/time_text.h"

namespace hubmirror {

std::optional<RecordId> ReadRecordId(JsonValue value) {
  const auto number = value.Integer();
  if (!number || *number <= 0) return std::nullopt;
  return RecordId{*number};
}

std::optional<TimePoint> ReadInstant(JsonValue value) {
  const auto text = value.Text();
  if (!text || text->empty()) return std::nullopt;
  if (const auto time = ParseRfc3339(*text)) return time;
  return ParseEpochMilliseconds(*text);
}

}  // namespace hubmirror
