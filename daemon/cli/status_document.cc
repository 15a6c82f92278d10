#include "daemon/cli/status_document.h"

#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "base/time_text.h"

namespace hubmirror {
namespace {

using Json = rapidjson::Value;

const Json* Member(const Json& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() ? &member->value : nullptr;
}

std::string Text(const Json& object, const char* name) {
  const Json* value = Member(object, name);
  return value != nullptr && value->IsString()
             ? std::string(value->GetString(), value->GetStringLength())
             : std::string();
}

bool Flag(const Json& object, const char* name, bool otherwise) {
  const Json* value = Member(object, name);
  return value != nullptr && value->IsBool() ? value->GetBool() : otherwise;
}

std::optional<int64_t> Number(const Json& object, const char* name) {
  const Json* value = Member(object, name);
  if (value == nullptr || !value->IsInt64()) return std::nullopt;
  return value->GetInt64();
}

std::optional<std::chrono::seconds> Span(const Json& object, const char* name) {
  const auto seconds = Number(object, name);
  if (!seconds) return std::nullopt;
  return std::chrono::seconds{*seconds};
}

// A job whose last success is younger than its last error has recovered. The instants are RFC 3339
// in UTC with the same number of digits, so that text order is time order.
std::string LastError(const Json& jobs) {
  std::string error;
  std::string error_at;
  if (!jobs.IsObject()) return error;
  for (const auto& [name, job] : jobs.GetObject()) {
    const std::string at = Text(job, "last_error_at");
    if (at > error_at && at > Text(job, "last_complete_at")) {
      error_at = at;
      error =
          std::string(name.GetString(), name.GetStringLength()) + ": " + Text(job, "last_error");
    }
  }
  return error;
}

ShownStream StreamOf(std::string object, const Json& json) {
  ShownStream stream;
  stream.object = std::move(object);
  stream.state = Text(json, "state");
  stream.reason = Text(json, "reason");
  stream.message = Text(json, "message");
  if (const Json* jobs = Member(json, "jobs")) stream.last_error = LastError(*jobs);
  stream.rows = Number(json, "rows");
  stream.pending = Number(json, "pending").value_or(0);
  stream.quarantined = Number(json, "quarantined").value_or(0);
  stream.age = Span(json, "age_s");
  stream.freshness_target = Span(json, "freshness_target_s").value_or(std::chrono::seconds{0});
  if (const Json* backfill = Member(json, "backfill")) {
    stream.load_running = Flag(*backfill, "running", false);
    stream.load_done = Number(*backfill, "done").value_or(0);
    stream.load_expected = Number(*backfill, "expected").value_or(0);
    stream.load_eta = Span(*backfill, "eta_s");
  }
  return stream;
}

std::optional<ShownFeed> FeedOf(const Json& json, std::optional<TimePoint> now) {
  const Json* feed = Member(json, "feed");
  const Json* consumers = feed != nullptr ? Member(*feed, "consumers") : nullptr;
  if (consumers == nullptr || !consumers->IsObject()) return std::nullopt;
  ShownFeed shown{.bytes = Number(*feed, "bytes").value_or(0), .consumers = {}, .webhooks = {}};
  const Json* webhooks = Member(*feed, "webhooks");
  if (webhooks != nullptr && webhooks->IsObject()) {
    for (const auto& [name, one] : webhooks->GetObject()) {
      shown.webhooks.push_back({.name = std::string(name.GetString(), name.GetStringLength()),
                                .state = Text(one, "state"),
                                .reason = Text(one, "reason"),
                                .dead = Number(one, "dead").value_or(0)});
    }
  }
  for (const auto& [name, one] : consumers->GetObject()) {
    ShownConsumer consumer{.name = std::string(name.GetString(), name.GetStringLength()),
                           .behind = {},
                           .lost = Flag(one, "lost", false)};
    const auto since = ParseRfc3339(Text(one, "waits_since"));
    if (since && now) {
      consumer.behind = std::chrono::duration_cast<std::chrono::seconds>(*now - *since);
    }
    shown.consumers.push_back(std::move(consumer));
  }
  return shown;
}

std::vector<ShownWriting> WritingOf(const Json& json, std::optional<TimePoint> now) {
  std::vector<ShownWriting> shown;
  const Json* write = Member(json, "write");
  if (write == nullptr || !write->IsObject()) return shown;
  for (const auto& [name, one] : write->GetObject()) {
    ShownWriting writing{.object = std::string(name.GetString(), name.GetStringLength()),
                         .held = Text(one, "held"),
                         .oldest = {}};
    for (const char* state : {"queued", "sending", "written", "unknown"}) {
      writing.waiting += Number(one, state).value_or(0);
    }
    const int64_t doubt = Number(one, "doubt").value_or(0);
    writing.waiting -= doubt;
    writing.stopped =
        Number(one, "conflict").value_or(0) + Number(one, "failed").value_or(0) + doubt;
    const auto since = ParseRfc3339(Text(one, "oldest_queued_at"));
    if (since && now) {
      writing.oldest = std::chrono::duration_cast<std::chrono::seconds>(*now - *since);
    }
    shown.push_back(std::move(writing));
  }
  return shown;
}

ShownPortal PortalOf(std::string key, const Json& json, std::optional<TimePoint> now) {
  ShownPortal portal;
  portal.key = std::move(key);
  portal.portal_id = Number(json, "portal_id").value_or(0);
  portal.auth_valid = Flag(json, "auth_valid", true);
  portal.message = Text(json, "message");
  if (const Json* warnings = Member(json, "warnings"); warnings != nullptr && warnings->IsArray()) {
    for (const Json& warning : warnings->GetArray()) {
      if (warning.IsString()) portal.warnings.emplace_back(warning.GetString());
    }
  }
  const Json* quota = Member(json, "quota");
  const Json* daily = quota != nullptr ? Member(*quota, "daily") : nullptr;
  if (daily != nullptr) {
    portal.daily_limit = Number(*daily, "limit");
    portal.daily_remaining = Number(*daily, "remaining");
    portal.daily_share = Number(*daily, "share");
    portal.requests_today = Number(*daily, "used_by_us").value_or(0);
  }
  if (const Json* changes = Member(json, "changes"); changes != nullptr) {
    portal.changes_found = Number(*changes, "found").value_or(0);
    portal.requests_for_changes = Number(*changes, "requests").value_or(0);
  }
  portal.feed = FeedOf(json, now);
  portal.writing = WritingOf(json, now);
  const Json* reference = Member(json, "reference");
  if (reference != nullptr && reference->IsObject()) {
    for (const auto& [table, state] : reference->GetObject()) {
      const std::string error = Text(state, "last_error");
      if (!error.empty()) portal.unread.push_back(std::string(table.GetString()) + ": " + error);
    }
  }
  const Json* streams = Member(json, "streams");
  if (streams == nullptr || !streams->IsObject()) return portal;
  for (const auto& [object, stream] : streams->GetObject()) {
    portal.streams.push_back(
        StreamOf(std::string(object.GetString(), object.GetStringLength()), stream));
  }
  return portal;
}

}  // namespace

bool ShownStream::NeedsAttention() const {
  return state != "current" && state != "backfilling";
}

void ShownStatus::KeepProblems() {
  for (ShownPortal& portal : portals) {
    std::erase_if(portal.streams, [](const ShownStream& stream) {
      return !stream.NeedsAttention() && stream.message.empty() && stream.quarantined == 0;
    });
  }
  std::erase_if(portals, [](const ShownPortal& portal) {
    return portal.streams.empty() && portal.auth_valid && portal.message.empty() &&
           portal.warnings.empty() && portal.unread.empty();
  });
}

bool ShownStatus::loaded() const {
  return std::all_of(portals.begin(), portals.end(), [](const ShownPortal& portal) {
    return !portal.streams.empty() &&
           std::none_of(portal.streams.begin(), portal.streams.end(), [](const ShownStream& one) {
             return one.state == "backfilling" || one.load_running;
           });
  });
}

Result<ShownStatus, std::string> ReadStatus(const std::string& document) {
  rapidjson::Document json;
  json.Parse(document.data(), document.size());
  const Json* portals = json.HasParseError() ? nullptr : Member(json, "portals");
  if (portals == nullptr || !portals->IsObject()) {
    return std::string("the daemon's status is not a status document");
  }
  ShownStatus status;
  status.version = Text(json, "version");
  status.ready = Flag(json, "ready", false);
  status.last_reload_accepted = Flag(json, "last_reload_accepted", true);
  status.database_up = Flag(json, "database_up", true) || !Flag(json, "database_tried", true);
  for (const auto& [key, portal] : portals->GetObject()) {
    status.portals.push_back(PortalOf(std::string(key.GetString(), key.GetStringLength()), portal,
                                      ParseRfc3339(Text(json, "generated_at"))));
  }
  return status;
}

std::optional<std::string> OnlyPortal(const std::string& document, const PortalKey& portal) {
  rapidjson::Document json;
  json.Parse(document.data(), document.size());
  if (json.HasParseError() || !json.IsObject()) return std::nullopt;
  const auto portals = json.FindMember("portals");
  if (portals == json.MemberEnd() || !portals->value.IsObject()) return std::nullopt;
  const auto found = portals->value.FindMember(portal.c_str());
  if (found == portals->value.MemberEnd()) return std::nullopt;

  Json only(rapidjson::kObjectType);
  only.AddMember(found->name, found->value, json.GetAllocator());
  portals->value = only;
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  json.Accept(writer);
  return std::string(buffer.GetString(), buffer.GetSize());
}

std::string Indented(const std::string& document) {
  rapidjson::Document json;
  json.Parse(document.data(), document.size());
  if (json.HasParseError()) return document;
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 2);
  json.Accept(writer);
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace hubmirror
