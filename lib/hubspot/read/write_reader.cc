#include "hubspot/read/write_reader.h"

#include <algorithm>
#include <optional>

#include "base/printable.h"
#include "hubspot/read/error_reading.h"
#include "hubspot/read/json_document.h"
#include "hubspot/read/record_fields.h"

namespace hubmirror {
namespace {

using Fate = WriteOutcome::Fate;

// The list of invalid values is JSON in a text
// (https://developers.hubspot.com/docs/api-reference/error-handling).
constexpr std::string_view kInvalidValues = "Property values were not valid: ";
constexpr size_t kLongestMessage = 1000;

/// One printable line; what is longer is cut at a character.
std::string OneLine(std::string_view text) {
  std::string line = WithoutControls(text, ' ');
  if (line.size() <= kLongestMessage) return line;
  size_t end = kLongestMessage;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  line.resize(end);
  return line;
}

/// Takes in the first value at fault that a message or a list names.
void ReadFault(JsonValue error, WriteRefusal& refusal) {
  std::string text = error["message"].String();
  refusal.message = OneLine(text);
  if (const size_t list = text.find(kInvalidValues); list != text.npos) {
    std::string inner = text.substr(list + kInvalidValues.size());
    if (const auto document = JsonDocument::Parse(inner)) {
      const JsonValue first = document->root().size() > 0 ? document->root().Item(0) : JsonValue();
      refusal.code = OneLine(first["error"].String());
      refusal.property = OneLine(first["name"].String());
      if (first["message"]) refusal.message = OneLine(first["message"].String());
    }
  }
  const JsonValue errors = error["errors"];
  const JsonValue first = errors.is_array() && errors.size() > 0 ? errors.Item(0) : JsonValue();
  if (refusal.code.empty()) refusal.code = OneLine(first["code"].String());
  const JsonValue names = first["context"]["propertyName"];
  if (refusal.property.empty() && names.is_array() && names.size() > 0) {
    refusal.property = OneLine(names.Item(0).String());
  }
}

WriteRefusal ReadRefusal(JsonValue error, const ClientAnswer& answer) {
  WriteRefusal refusal{.status = answer.status,
                       .category = OneLine(error["category"].String()),
                       .correlation_id = CorrelationId(answer)};
  ReadFault(error, refusal);
  return refusal;
}

/// Finds whose a result or an error is, and fills the outcomes.
class OutcomeCollector {
 public:
  explicit OutcomeCollector(const std::vector<RecordUpdate>& inputs)
      : inputs_(inputs), outcomes_(inputs.size()), told_(inputs.size()) {}

  void TakeResult(JsonValue result) {
    const auto id = ReadRecordId(result["id"]);
    const auto index = Find(result["objectWriteTraceId"], id);
    if (!id || !index) return;
    WriteOutcome outcome{.fate = Fate::kWritten, .id = *id};
    outcome.updated_at = ReadInstant(result["updatedAt"]);
    const JsonValue properties = result["properties"];
    for (const PropertyText& sent : inputs_[*index].values) {
      if (const JsonValue shown = properties[sent.property]) {
        outcome.shown.push_back({sent.property, shown.String()});
      }
    }
    Tell(*index, std::move(outcome));
  }

  void TakeError(JsonValue error, const ClientAnswer& answer) {
    const JsonValue context = error["context"];
    const JsonValue traces = context["objectWriteTraceId"];
    const JsonValue ids = context["ids"];
    const JsonValue trace = traces.is_array() && traces.size() > 0 ? traces.Item(0) : JsonValue();
    const auto refuse = [&](JsonValue named, std::optional<RecordId> id) {
      const auto index = Find(named, id);
      if (index) Tell(*index, {.fate = Fate::kRefused, .refusal = ReadRefusal(error, answer)});
    };
    if (trace) return refuse(trace, {});
    for (size_t i = 0; ids.is_array() && i < ids.size(); ++i) refuse({}, ReadRecordId(ids.Item(i)));
  }

  std::vector<WriteOutcome> outcomes() && { return std::move(outcomes_); }

 private:
  std::optional<size_t> Find(JsonValue trace, std::optional<RecordId> id) const {
    const auto found = std::ranges::find_if(inputs_, [&](const RecordUpdate& input) {
      return trace ? trace.Text() == input.trace_id : id == input.id;
    });
    if (found == inputs_.end()) return std::nullopt;
    return static_cast<size_t>(found - inputs_.begin());
  }

  void Tell(size_t index, WriteOutcome outcome) {
    // Told two things, we know neither.
    const bool contradicts = told_[index] && outcomes_[index].fate != outcome.fate;
    outcomes_[index] = contradicts ? WriteOutcome{} : std::move(outcome);
    told_[index] = true;
  }

  const std::vector<RecordUpdate>& inputs_;
  std::vector<WriteOutcome> outcomes_;
  std::vector<bool> told_;
};

}  // namespace

Result<std::vector<WriteOutcome>, ApiError> ReadWriteAnswer(
    const ClientAnswer& answer, const std::vector<RecordUpdate>& inputs) {
  std::string body = answer.body;
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  const JsonValue results = document->root()["results"];
  const JsonValue errors = document->root()["errors"];
  if (!results.is_array() && !errors.is_array()) return DecodeError("it has no results");
  OutcomeCollector collector(inputs);
  for (size_t i = 0; results.is_array() && i < results.size(); ++i) {
    collector.TakeResult(results.Item(i));
  }
  for (size_t i = 0; errors.is_array() && i < errors.size(); ++i) {
    collector.TakeError(errors.Item(i), answer);
  }
  return std::move(collector).outcomes();
}

WriteRefusal ReadWriteRefusal(const ClientAnswer& answer) {
  std::string body = answer.body;
  const auto document = JsonDocument::Parse(body);
  if (!document) return {.status = answer.status, .correlation_id = CorrelationId(answer)};
  return ReadRefusal(document->root(), answer);
}

}  // namespace hubmirror
