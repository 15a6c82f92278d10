#include "hubspot/read/write_reader.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "base/ascii.h"
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

/// "Contact already exists. Existing ID: 17": nothing else tells it.
RecordId ReadExisting(std::string_view message) {
  constexpr std::string_view kBefore = "Existing ID: ";
  const size_t at = message.find(kBefore);
  RecordId id;
  if (at == message.npos) return id;
  const std::string_view digits = message.substr(at + kBefore.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), id.value);
  return id;
}

/// HubSpot keeps e-mail addresses in small letters; other unique values that differ in their case
/// only are not known to be two.
bool SameUnique(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, Lower, Lower);
}

WriteRefusal ReadRefusal(JsonValue error, const ClientAnswer& answer) {
  WriteRefusal refusal{.status = answer.status,
                       .category = OneLine(error["category"].String()),
                       .correlation_id = CorrelationId(answer)};
  ReadFault(error, refusal);
  refusal.existing = ReadExisting(error["message"].String());
  return refusal;
}

/// Whether the list of an error has the id of a record.
bool Names(JsonValue list, RecordId id) {
  for (size_t i = 0; list.is_array() && i < list.size(); ++i) {
    if (ReadRecordId(list.Item(i)) == id) return true;
  }
  return ReadRecordId(list) == id;
}

/// Finds whose a result or an error is, and fills the outcomes.
class OutcomeCollector {
 public:
  OutcomeCollector(const std::vector<WriteInput>& inputs, bool one_result)
      : inputs_(inputs),
        outcomes_(inputs.size()),
        told_(inputs.size()),
        only_(one_result && inputs.size() == 1 && inputs.front().id.value == 0) {}

  void TakeResult(JsonValue result) {
    const auto id = ReadRecordId(result["id"]);
    auto index = Find(result["objectWriteTraceId"], id);
    if (!index && !result["objectWriteTraceId"]) index = FindNew(result["properties"]);
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
    return IndexOf([&](const WriteInput& input) {
      return trace ? trace.Text() == input.trace_id : id == input.id;
    });
  }

  std::optional<size_t> FindNew(JsonValue properties) const {
    if (only_) return 0;
    return IndexOf([&](const WriteInput& input) {
      if (input.unique.property.empty()) return false;
      const JsonValue shown = properties[input.unique.property];
      return shown && SameUnique(shown.String(), input.unique.value);
    });
  }

  template <typename Fits>
  std::optional<size_t> IndexOf(const Fits& fits) const {
    const auto found = std::ranges::find_if(inputs_, fits);
    if (found == inputs_.end()) return std::nullopt;
    return static_cast<size_t>(found - inputs_.begin());
  }

  void Tell(size_t index, WriteOutcome outcome) {
    // Told two things, we know neither.
    const bool contradicts = told_[index] && outcomes_[index].fate != outcome.fate;
    outcomes_[index] = contradicts ? WriteOutcome{} : std::move(outcome);
    told_[index] = true;
  }

  const std::vector<WriteInput>& inputs_;
  std::vector<WriteOutcome> outcomes_;
  std::vector<bool> told_;
  const bool only_;  ///< there is one new record, and one result
};

}  // namespace

Result<std::vector<WriteOutcome>, ApiError> ReadWriteAnswer(const ClientAnswer& answer,
                                                            const std::vector<WriteInput>& inputs) {
  std::string body = answer.body;
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  const JsonValue results = document->root()["results"];
  const JsonValue errors = document->root()["errors"];
  if (!results.is_array() && !errors.is_array()) return DecodeError("it has no results");
  const bool one_result = results.is_array() && results.size() == 1;
  OutcomeCollector collector(inputs, one_result);
  for (size_t i = 0; results.is_array() && i < results.size(); ++i) {
    collector.TakeResult(results.Item(i));
  }
  for (size_t i = 0; errors.is_array() && i < errors.size(); ++i) {
    collector.TakeError(errors.Item(i), answer);
  }
  return std::move(collector).outcomes();
}

Result<std::vector<WriteOutcome>, ApiError> ReadLinkWriteAnswer(
    const ClientAnswer& answer, const std::vector<LinkWrite>& inputs) {
  std::vector<WriteOutcome> outcomes(inputs.size(), {.fate = Fate::kWritten});
  if (answer.body.empty()) return outcomes;
  std::string body = answer.body;
  const auto document = JsonDocument::Parse(body);
  if (!document) return DecodeError(document.error());
  const JsonValue results = document->root()["results"];
  const JsonValue errors = document->root()["errors"];
  const bool listed = results.is_array() && results.size() > 0;
  const bool refused = errors.is_array() && errors.size() > 0;
  if (!listed && !refused) return outcomes;
  std::set<std::pair<RecordId, RecordId>> done;
  for (size_t i = 0; listed && i < results.size(); ++i) {
    const auto from = ReadRecordId(results.Item(i)["fromObjectId"]);
    const auto to = ReadRecordId(results.Item(i)["toObjectId"]);
    if (from && to) done.emplace(*from, *to);
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool told = done.contains({inputs[i].from, inputs[i].to});
    if (!told) outcomes[i].fate = Fate::kReturned;
    for (size_t at = 0; refused && !told && at < errors.size(); ++at) {
      const JsonValue context = errors.Item(at)["context"];
      if (!Names(context["fromObjectId"], inputs[i].from)) continue;
      if (!Names(context["toObjectId"], inputs[i].to)) continue;
      outcomes[i] = {.fate = Fate::kRefused, .refusal = ReadRefusal(errors.Item(at), answer)};
    }
  }
  return outcomes;
}

WriteRefusal ReadWriteRefusal(const ClientAnswer& answer) {
  std::string body = answer.body;
  const auto document = JsonDocument::Parse(body);
  if (!document) return {.status = answer.status, .correlation_id = CorrelationId(answer)};
  return ReadRefusal(document->root(), answer);
}

}  // namespace hubmirror
