#include "writes/record_writes.h"

#include <algorithm>
#include <set>

#include "endpoints/asked_properties.h"
#include "endpoints/error_answers.h"
#include "endpoints/json_text.h"
#include "endpoints/record_endpoints.h"
#include "writes/planned_write.h"

namespace simulated_portal {
namespace {

/// What was written and how it is told.
struct Written {
  Record* record;
  const WriteInput* input;
  bool is_new;
};

/// The version with the values as they were sent, not as they were stored.
VersionRef AsSent(const CrmObject& object, const Record& record, const WriteInput& input) {
  Changes sent;
  for (const auto& [name, value] : input.properties) {
    if (const auto index = object.catalog.Find(name)) sent[*index] = value;
  }
  const RecordVersion& stored = *record.version;
  VersionWriter writer(object.catalog);
  for (size_t entry = 0; entry < stored.entries.size(); ++entry) {
    const auto value = sent.find(stored.entries[entry].property);
    if (value == sent.end()) {
      writer.Copy(stored, entry);
    } else {
      writer.Add(value->first, value->second);
    }
  }
  return writer.Finish(stored.stamp, stored.updated);
}

/// A record as the answer to a write shows it: the default properties and those that were written.
void AppendWritten(std::string& out, const Call& call, WriteKind kind, const Written& written) {
  const CrmObject& object = call.object();
  const Switches& switches = call.portal.switches;
  Record& record = *written.record;
  record.read = record.served = true;
  auto names = SplitNames(object.type.default_names);
  for (const auto& [name, value] : written.input->properties) names.push_back(name);
  const AskedProperties asked(object.catalog, switches, RightsOf(call), names);
  const bool as_sent = switches.Is(Setting::kWriteAnswerSent);
  const VersionRef version = as_sent ? AsSent(object, record, *written.input) : record.version;
  AppendRecord(out, record, *version, false, asked, switches);
  out.pop_back();
  if (kind == WriteKind::kUpsert) out += written.is_new ? ",\"new\":true" : ",\"new\":false";
  if (!written.input->trace_id.empty() && switches.Is(Setting::kWriteTraceIdsShown)) {
    out += ",\"objectWriteTraceId\":";
    AppendJsonString(out, written.input->trace_id);
  }
  out += '}';
}

/// `Property values were not valid: [...]` and its list, of one property.
std::string InvalidValues(const Call& call, const Problem& problem, std::string& errors) {
  std::string list = "[{\"isValid\":false,\"message\":";
  AppendJsonString(list, problem.message);
  list += ",\"error\":";
  AppendJsonString(list, problem.code);
  list += ",\"name\":";
  AppendJsonString(list, problem.property);
  list += ",\"localizedErrorMessage\":";
  AppendJsonString(list, problem.message);
  list.append(",\"portalId\":").append(std::to_string(call.portal.settings.portal_id)) += "}]";
  errors += ",\"errors\":[{\"message\":";
  AppendJsonString(errors, problem.message);
  errors += ",\"code\":";
  AppendJsonString(errors, problem.code);
  errors += ",\"context\":{\"propertyName\":[";
  AppendJsonString(errors, problem.property);
  errors += "]}}]";
  return "Property values were not valid: " + list;
}

HttpResponse Refusal(const Call& call, const PlannedWrite& planned) {
  const Problem& problem = *planned.problem;
  std::string more;
  std::string message = problem.message;
  if (!problem.property.empty()) message = InvalidValues(call, problem, more);
  if (problem.category == "OBJECT_NOT_FOUND") {
    more += ",\"context\":{\"ids\":[";
    AppendJsonString(more, planned.input->id);
    more += "]}";
  }
  HttpResponse response =
      ErrorAnswer(problem.status, problem.category, message, call.portal.random);
  response.body.pop_back();
  response.body += more + '}';
  return response;
}

void AppendErrors(std::string& out, const Call& call,
                  const std::vector<const PlannedWrite*>& refused) {
  out.append(",\"numErrors\":").append(std::to_string(refused.size())).append(",\"errors\":[");
  for (const PlannedWrite* planned : refused) {
    const Problem& problem = *planned->problem;
    std::string unused;
    const std::string message =
        problem.property.empty() ? problem.message : InvalidValues(call, problem, unused);
    if (out.back() == '}') out += ',';
    out += "{\"status\":\"error\",\"category\":";
    AppendJsonString(out, problem.category);
    out += ",\"message\":";
    AppendJsonString(out, message);
    out += ",\"context\":{\"objectWriteTraceId\":[";
    AppendJsonString(out, planned->input->trace_id);
    out += ']';
    if (problem.category == "OBJECT_NOT_FOUND") {
      out += ",\"ids\":[";
      AppendJsonString(out, planned->input->id);
      out += ']';
    }
    out += "}}";
  }
  out += ']';
}

/// Whether every input has a trace id, and whether one is there twice.
struct Traces {
  bool all = false;
  bool twice = false;
};

Traces LookAtTraces(const std::vector<WriteInput>& inputs) {
  std::set<std::string_view> seen;
  Traces traces{.all = true};
  for (const WriteInput& input : inputs) {
    traces.all &= !input.trace_id.empty();
    if (!input.trace_id.empty()) traces.twice |= !seen.insert(input.trace_id).second;
  }
  return traces;
}

bool GoesInParts(const Call& call, WriteKind kind, const std::vector<WriteInput>& inputs) {
  if (!LookAtTraces(inputs).all) return false;
  if (kind == WriteKind::kCreate) return true;
  // "Partial upserts are not supported when using email."
  const bool by_email = std::ranges::any_of(
      inputs, [](const WriteInput& input) { return input.id_property == "email"; });
  return !by_email && call.portal.switches.Is(Setting::kUpdateTraceIdsHonoured);
}

void Arrange(std::vector<Written>& written, const Switches& switches, Random& random) {
  if (switches.Is(Setting::kBatchOrderById)) {
    std::ranges::stable_sort(written, {}, [](const Written& one) { return one.record->id; });
  }
  if (switches.Is(Setting::kBatchOrderShuffled)) {
    for (size_t i = written.size(); i > 1; --i) std::swap(written[i - 1], written[random.Below(i)]);
  }
}

WriteKind KindOf(Endpoint endpoint) {
  if (endpoint == Endpoint::kBatchCreate) return WriteKind::kCreate;
  if (endpoint == Endpoint::kBatchUpdate) return WriteKind::kUpdate;
  return endpoint == Endpoint::kBatchUpsert ? WriteKind::kUpsert : WriteKind::kArchive;
}

HttpResponse WriteOne(const Call& call, WriteKind kind, int status) {
  if (auto refused = RefuseWriting(call, call.route.object)) return *refused;
  WriteRequest request;
  if (kind == WriteKind::kArchive) {
    request.inputs.emplace_back();
  } else {
    request = ParseSingleWrite(call.request.body);
  }
  if (!request.problem.empty()) return ValidationError(request.problem, call.portal.random);
  WriteInput& input = request.inputs.front();
  if (kind != WriteKind::kCreate) {
    input.id = call.route.name;
    input.id_property = call.request.Query("idProperty");
  }
  const PlannedWrite planned = Plan(call, kind, input, true);
  if (planned.problem) return Refusal(call, planned);
  if (call.overtaken) Overtake(call, {planned});
  Record& record = CarryOut(call, kind, planned);
  if (kind == WriteKind::kArchive) return NoContent();
  HttpResponse response;
  response.status = status;
  AppendWritten(response.body, call, kind, {&record, &input, planned.target == nullptr});
  return response;
}

}  // namespace

std::optional<HttpResponse> RefuseWriting(const Call& call, size_t object) {
  const ObjectType& type = kObjectTypes[object];
  const std::string scope = WriteScopeOf(type);
  if (!call.Holds(scope)) return MissingScopes({scope}, call.portal.random);
  if (object == kEmails && !call.Holds("sales-email-read")) {
    return MissingScopes({"sales-email-read"}, call.portal.random);
  }
  return std::nullopt;
}

HttpResponse CreateRecord(const Call& call) {
  return WriteOne(call, WriteKind::kCreate, 201);
}

HttpResponse UpdateRecord(const Call& call) {
  return WriteOne(call, WriteKind::kUpdate, 200);
}

HttpResponse ArchiveRecord(const Call& call) {
  return WriteOne(call, WriteKind::kArchive, 204);
}

HttpResponse WriteBatch(const Call& call) {
  if (auto refused = RefuseWriting(call, call.route.object)) return *refused;
  Random& random = call.portal.random;
  const WriteKind kind = KindOf(call.route.endpoint);
  const WriteRequest request = ParseBatchWrite(call.request.body);
  if (!request.problem.empty()) return ValidationError(request.problem, random);
  if (LookAtTraces(request.inputs).twice) {
    return ValidationError("objectWriteTraceId must be unique in a request", random);
  }
  std::vector<PlannedWrite> planned;
  planned.reserve(request.inputs.size());
  for (const WriteInput& input : request.inputs) planned.push_back(Plan(call, kind, input, false));
  if (MeetsTwice(call, planned)) {
    return ValidationError("Duplicate IDs found in batch input", random);
  }
  if (call.overtaken) Overtake(call, planned);
  std::vector<const PlannedWrite*> refused;
  for (const PlannedWrite& write : planned) {
    if (write.problem) refused.push_back(&write);
  }
  const bool in_parts = GoesInParts(call, kind, request.inputs);
  const bool whole_refused = !refused.empty() && !in_parts;
  std::vector<Written> written;
  if (!whole_refused || call.portal.switches.Is(Setting::kRefusedBatchOthers)) {
    for (const PlannedWrite& write : planned) {
      if (write.problem) continue;
      const bool is_new = write.target == nullptr;
      written.push_back({&CarryOut(call, kind, write), write.input, is_new});
    }
  }
  if (whole_refused) return Refusal(call, *refused.front());
  if (kind == WriteKind::kArchive && refused.empty()) return NoContent();
  Arrange(written, call.portal.switches, random);
  HttpResponse response;
  response.status = !refused.empty() ? 207 : kind == WriteKind::kCreate ? 201 : 200;
  std::string& out = response.body;
  out += "{\"status\":\"COMPLETE\",\"results\":[";
  for (const Written& one : written) {
    if (kind == WriteKind::kArchive) break;
    if (out.back() == '}') out += ',';
    AppendWritten(out, call, kind, one);
  }
  const std::string now = FormatInstant(call.now);
  out.append("],\"startedAt\":\"").append(now).append("\",\"completedAt\":\"").append(now) += '"';
  if (!refused.empty()) AppendErrors(out, call, refused);
  out += '}';
  return response;
}

}  // namespace simulated_portal
