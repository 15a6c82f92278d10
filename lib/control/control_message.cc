#include "control/control_message.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace hubmirror {
namespace {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

// Longer than any portal key or object name, short enough for a log line.
constexpr size_t kMaxNameBytes = 120;
constexpr std::chrono::milliseconds kMaxWait = std::chrono::hours{24 * 365};

// Iterative, because nested brackets would otherwise be a way to overflow the stack.
constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

constexpr std::array<std::pair<ControlVerb, std::string_view>, 11> kVerbs{{
    {ControlVerb::kStatus, "status"},
    {ControlVerb::kPoll, "poll"},
    {ControlVerb::kPause, "pause"},
    {ControlVerb::kResume, "resume"},
    {ControlVerb::kBackfill, "backfill"},
    {ControlVerb::kResolve, "resolve"},
    {ControlVerb::kRefresh, "refresh"},
    {ControlVerb::kSettle, "settle"},
    {ControlVerb::kVerify, "verify"},
    {ControlVerb::kApplySchema, "apply-schema"},
    {ControlVerb::kReload, "reload"},
}};

std::optional<ControlVerb> VerbNamed(std::string_view name) {
  for (const auto& [verb, text] : kVerbs) {
    if (text == name) return verb;
  }
  return std::nullopt;
}

bool IsName(const rapidjson::Value& value) {
  return value.IsString() && value.GetStringLength() > 0 &&
         value.GetStringLength() <= kMaxNameBytes &&
         std::all_of(value.GetString(), value.GetString() + value.GetStringLength(),
                     [](char c) { return c > ' ' && c < 0x7f; });
}

std::string TextOf(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

// Takes one member into `request`; false when its name or its value is not one we know.
bool TakeMember(std::string_view name, const rapidjson::Value& value, ControlRequest& request) {
  if (name == "portal" && IsName(value)) {
    request.portal = TextOf(value);
  } else if (name == "object" && IsName(value)) {
    request.object = TextOf(value);
  } else if (name == "id" && value.IsInt64() && value.GetInt64() > 0) {
    request.id = RecordId{value.GetInt64()};
  } else if (name == "accept" && value.IsBool()) {
    request.accept = value.GetBool();
  } else if (name == "repair" && value.IsBool()) {
    request.repair = value.GetBool();
  } else if (name == "dry_run" && value.IsBool()) {
    request.dry_run = value.GetBool();
  } else if (name == "wait_ms" && value.IsInt64() && value.GetInt64() >= 0 &&
             value.GetInt64() <= kMaxWait.count()) {
    request.wait = std::chrono::milliseconds{value.GetInt64()};
  } else {
    return false;
  }
  return true;
}

bool CanBeFollowed(ControlVerb verb) {
  switch (verb) {
    case ControlVerb::kPoll:
    case ControlVerb::kBackfill:
    case ControlVerb::kResolve:
    case ControlVerb::kRefresh:
    case ControlVerb::kSettle:
    case ControlVerb::kVerify:
    case ControlVerb::kApplySchema:
      return true;
    default:
      return false;
  }
}

// What each verb needs and forbids; empty when the request makes sense.
std::string_view Misfit(const ControlRequest& request) {
  const ControlVerb verb = request.verb;
  if (verb == ControlVerb::kReload || verb == ControlVerb::kStatus) {
    if (!request.portal.empty() || request.object) return "status and reload take no portal";
  } else if (request.portal.empty()) {
    return "the request names no portal";
  }
  if (verb == ControlVerb::kRefresh && (!request.object || !request.id)) {
    return "refresh needs an object and a record id";
  }
  if (verb != ControlVerb::kRefresh && request.id) return "only refresh takes a record id";
  if (verb != ControlVerb::kResolve && request.accept) return "only resolve takes accept";
  if (verb != ControlVerb::kVerify && request.repair) return "only verify takes repair";
  if (request.wait && !CanBeFollowed(verb)) return "this verb takes no wait";
  if (request.dry_run && !CanBeFollowed(verb)) return "this verb takes no dry_run";
  return {};
}

void Put(JsonWriter& json, std::string_view key, std::string_view text) {
  json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void Put(JsonWriter& json, std::string_view key, int64_t number) {
  json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  json.Int64(number);
}

std::string Line(const rapidjson::StringBuffer& buffer) {
  std::string line(buffer.GetString(), buffer.GetSize());
  line += '\n';
  return line;
}

int64_t WholeNumber(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsInt64() ? member->value.GetInt64() : 0;
}

std::string Words(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsString() ? TextOf(member->value) : "";
}

}  // namespace

std::string_view NameOf(ControlVerb verb) {
  for (const auto& [known, text] : kVerbs) {
    if (known == verb) return text;
  }
  return "unknown";
}

Result<ControlRequest, std::string> ParseControlRequest(std::string_view line) {
  rapidjson::Document document;
  document.Parse<kParseFlags>(line.data(), line.size());
  if (document.HasParseError() || !document.IsObject()) {
    return std::string("the request is not a JSON object");
  }
  const auto verb_member = document.FindMember("verb");
  if (verb_member == document.MemberEnd() || !verb_member->value.IsString()) {
    return std::string("the request names no verb");
  }
  const auto verb = VerbNamed(TextOf(verb_member->value));
  if (!verb) return std::string("the request names an unknown verb");

  ControlRequest request;
  request.verb = *verb;
  for (const auto& member : document.GetObject()) {
    const std::string name = TextOf(member.name);
    // Refused rather than skipped: a newer command line must not get less than it asked for.
    if (name != "verb" && !TakeMember(name, member.value, request)) {
      return std::string("the request has an unknown or malformed member");
    }
  }
  if (const std::string_view misfit = Misfit(request); !misfit.empty()) {
    return std::string(misfit);
  }
  return request;
}

std::string FormatControlRequest(const ControlRequest& request) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  Put(json, "verb", NameOf(request.verb));
  if (!request.portal.empty()) Put(json, "portal", request.portal);
  if (request.object) Put(json, "object", *request.object);
  if (request.id) {
    json.Key("id");
    json.Int64(request.id->value);
  }
  if (request.accept) {
    json.Key("accept");
    json.Bool(true);
  }
  if (request.repair) {
    json.Key("repair");
    json.Bool(true);
  }
  if (request.dry_run) {
    json.Key("dry_run");
    json.Bool(true);
  }
  if (request.wait) {
    json.Key("wait_ms");
    json.Int64(request.wait->count());
  }
  json.EndObject();
  return Line(buffer);
}

Result<ControlLine, std::string> ParseControlLine(std::string_view line) {
  rapidjson::Document document;
  document.Parse<kParseFlags>(line.data(), line.size());
  if (document.HasParseError() || !document.IsObject()) {
    return std::string("the daemon's answer is not a JSON object");
  }
  ControlLine parsed;
  parsed.text = line;
  const auto progress = document.FindMember("progress");
  if (progress != document.MemberEnd() && progress->value.IsObject()) {
    parsed.progress.emplace();
    parsed.progress->jobs_left = WholeNumber(progress->value, "jobs_left");
    parsed.progress->pending = WholeNumber(progress->value, "pending");
    parsed.progress->checked = WholeNumber(progress->value, "checked");
    parsed.progress->expected = WholeNumber(progress->value, "expected");
    return parsed;
  }
  const auto code = document.FindMember("code");
  if (code == document.MemberEnd() || !code->value.IsInt()) {
    return std::string("the daemon's answer has neither progress nor result");
  }
  parsed.result = ControlResult{static_cast<ControlCode>(code->value.GetInt()),
                                Words(document, "message"), Words(document, "next")};
  const auto status = document.FindMember("status");
  if (status != document.MemberEnd()) {
    rapidjson::StringBuffer buffer;
    JsonWriter json(buffer);
    status->value.Accept(json);
    parsed.status.assign(buffer.GetString(), buffer.GetSize());
  }
  return parsed;
}

std::string FormatProgress(const OperationProgress& progress) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  json.Key("progress");
  json.StartObject();
  Put(json, "jobs_left", progress.jobs_left);
  Put(json, "pending", progress.pending);
  if (progress.checked > 0) Put(json, "checked", progress.checked);
  if (progress.expected > 0) Put(json, "expected", progress.expected);
  json.EndObject();
  json.EndObject();
  return Line(buffer);
}

std::string FormatResult(const ControlResult& result, const ControlDocument& document) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  json.Key("ok");
  json.Bool(result.ok());
  Put(json, "code", static_cast<int64_t>(result.code));
  Put(json, "message", result.message);
  if (!result.next.empty()) Put(json, "next", result.next);
  if (!document.json.empty()) {
    json.Key(document.name.data(), static_cast<rapidjson::SizeType>(document.name.size()));
    // Line breaks in JSON are blanks between its parts, never part of a string.
    std::string one_line = document.json;
    std::replace(one_line.begin(), one_line.end(), '\n', ' ');
    json.RawValue(one_line.data(), one_line.size(), rapidjson::kObjectType);
  }
  json.EndObject();
  return Line(buffer);
}

ControlDocument VerifiedDocument(const std::map<std::string, VerifyReport>& verified) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  for (const auto& [object, report] : verified) {
    json.Key(object.data(), static_cast<rapidjson::SizeType>(object.size()));
    json.StartObject();
    Put(json, "list_pages", report.list_pages);
    Put(json, "batch_reads", report.batch_reads);
    Put(json, "checked", report.checked);
    Put(json, "missing", report.missing);
    Put(json, "extra", report.extra);
    Put(json, "different", report.different);
    Put(json, "stale", report.stale);
    Put(json, "unstamped", report.unstamped);
    Put(json, "repaired", report.repaired);
    Put(json, "left", report.left);
    json.Key("findings");
    json.StartArray();
    for (const VerifyFinding& finding : report.findings) {
      json.StartObject();
      Put(json, "kind", NameOf(finding.kind));
      Put(json, "id", finding.id.value);
      json.Key("properties");
      json.StartArray();
      for (const std::string& property : finding.properties) json.String(property);
      json.EndArray();
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
  }
  json.EndObject();
  return {"verified", {buffer.GetString(), buffer.GetSize()}};
}

ControlDocument CostDocument(const OperationCost& cost) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  Put(json, "requests", cost.requests());
  Put(json, "at_least_s", cost.at_least.count());
  Put(json, "requests_today", cost.requests_today);
  if (cost.daily_share) Put(json, "daily_share", *cost.daily_share);
  json.Key("parts");
  json.StartArray();
  for (const OperationCost::Part& part : cost.parts) {
    json.StartObject();
    if (!part.object.empty()) Put(json, "object", part.object);
    Put(json, "what", part.what);
    Put(json, "requests", part.requests);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return {"cost", {buffer.GetString(), buffer.GetSize()}};
}

}  // namespace hubmirror
