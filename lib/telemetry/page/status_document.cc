#include "telemetry/page/status_document.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string_view>

#include "base/printable.h"
#include "base/time_text.h"
#include "telemetry/page/plain_words.h"
#include "telemetry/page/readiness.h"

namespace hubmirror {
namespace {

/// Writes members of one document, so that each field below is one line.
class DocumentWriter {
 public:
  explicit DocumentWriter(TimePoint now) : json_(buffer_), now_(now) {}

  TimePoint now() const { return now_; }
  std::string Text() const { return JsonWithoutControls({buffer_.GetString(), buffer_.GetSize()}); }

  void Begin() { json_.StartObject(); }
  void Begin(std::string_view name) {
    Name(name);
    json_.StartObject();
  }
  void End() { json_.EndObject(); }

  void Text(std::string_view name, std::string_view value) {
    Name(name);
    json_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  }
  void Texts(std::string_view name, const std::vector<std::string>& values) {
    Name(name);
    json_.StartArray();
    for (const std::string& value : values) json_.String(value);
    json_.EndArray();
  }
  void Null(std::string_view name) {
    Name(name);
    json_.Null();
  }
  void Bool(std::string_view name, bool value) {
    Name(name);
    json_.Bool(value);
  }
  void Number(std::string_view name, std::optional<int64_t> value) {
    Name(name);
    if (value) {
      json_.Int64(*value);
    } else {
      json_.Null();
    }
  }
  void Span(std::string_view name, std::optional<std::chrono::seconds> value) {
    Number(name, value ? std::optional<int64_t>(value->count()) : std::nullopt);
  }
  void Time(std::string_view name, std::optional<TimePoint> value) {
    Name(name);
    if (value) {
      json_.String(FormatRfc3339(*value));
    } else {
      json_.Null();
    }
  }

 private:
  void Name(std::string_view name) {
    json_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> json_;
  const TimePoint now_;
};

void WriteJobs(DocumentWriter& out, const std::map<JobKind, JobStatus>& jobs) {
  out.Begin("jobs");
  for (const auto& [kind, job] : jobs) {
    out.Begin(NameOf(kind));
    out.Time("last_complete_at", job.last_complete_at);
    out.Time("next_at", job.next_at);
    out.Text("last_error", job.last_error);
    out.Time("last_error_at", job.last_error_at);
    out.Span("target_s", job.target);
    out.End();
  }
  out.End();
}

void WriteStream(DocumentWriter& out, const std::string& object, const StreamSnapshot& stream,
                 std::optional<TimePoint> since) {
  const StreamStatus& status = stream.status;
  out.Begin(object);
  out.Text("state", NameOf(status.state));
  out.Text("reason", status.reason);
  out.Text("message", status.message);
  out.Bool("caught_up", IsCaughtUp(stream, since));
  out.Number("rows", status.rows);
  out.Number("pending", status.pending);
  out.Number("unproved", status.unproved);
  out.Number("quarantined", status.quarantined);
  out.Time("verified_until", status.watermark);
  out.Span("age_s", AgeOf(status, out.now()));
  out.Span("freshness_target_s", status.freshness_target);
  out.Begin("backfill");
  out.Bool("running", status.load_running);
  out.Number("done", status.load_done);
  out.Number("expected", status.load_expected);
  out.Span("eta_s", status.load_eta);
  out.End();
  WriteJobs(out, status.jobs);
  out.End();
}

void WriteQuota(DocumentWriter& out, const PortalStatus& status) {
  out.Begin("quota");
  out.Begin("burst");
  out.Number("limit", status.burst_limit);
  out.Number("remaining", status.burst_remaining);
  out.End();
  out.Begin("daily");
  out.Number("limit", status.daily_limit);
  out.Number("remaining", status.daily_remaining);
  out.Number("share", status.daily_share);
  out.Number("used_by_us", status.requests_today);
  out.Number("used_by_others", status.used_by_others);
  out.End();
  out.End();
}

void WriteChangeCost(DocumentWriter& out, const ChangeCost& cost) {
  out.Begin("changes");
  out.Number("found", cost.changes);
  out.Number("requests", cost.requests);
  out.End();
}

/// Tables that belong to no object type: owners, lists, ...
void WriteReference(DocumentWriter& out, const std::vector<ReferenceStatus>& tables) {
  out.Begin("reference");
  for (const ReferenceStatus& table : tables) {
    out.Begin(table.table);
    out.Time("last_complete_at", table.last_complete_at);
    out.Text("last_error", table.last_error);
    out.Span("target_s", table.target);
    out.End();
  }
  out.End();
}

void WriteFeed(DocumentWriter& out, const std::optional<FeedStatus>& feed) {
  if (!feed) return out.Null("feed");
  out.Begin("feed");
  out.Number("last_seq", feed->last_seq);
  out.Time("last_at", feed->last_at);
  out.Time("oldest_at", feed->oldest_at);
  out.Number("dropped_to", feed->dropped_to);
  out.Number("bytes", feed->bytes);
  out.Begin("consumers");
  for (const FeedConsumer& consumer : feed->consumers) {
    out.Begin(consumer.name);
    out.Number("seq", consumer.seq);
    out.Time("waits_since", consumer.waits_since);
    out.Bool("lost", consumer.lost);
    out.End();
  }
  out.End();
  out.Begin("webhooks");
  for (const FeedWebhook& webhook : feed->webhooks) {
    out.Begin(webhook.name);
    out.Number("seq", webhook.seq);
    out.Text("state", std::string(webhook.state()));
    out.Text("reason", webhook.reason);
    out.Time("waits_since", webhook.waits_since);
    out.Time("delivered_at", webhook.delivered_at);
    out.Number("dead", webhook.dead);
    out.End();
  }
  out.End();
  out.End();
}

void WriteWriting(DocumentWriter& out, const std::optional<WriteStatus>& write) {
  if (!write) return out.Null("write");
  out.Begin("write");
  for (const ObjectWriteStatus& object : write->objects) {
    out.Begin(object.object);
    const bool held = !object.holds.empty();
    out.Text("state", held ? "held" : object.blocked > 0 ? "blocked" : "on");
    out.Text("held", held ? object.holds.front().reason : "");
    out.Text("message", held ? object.holds.front().message : "");
    for (const std::string_view state : kOpenWriteStates) {
      out.Number(state, object.Rows(state));
    }
    out.Number("doubt", object.doubt);
    out.Time("oldest_queued_at", object.oldest_queued_at);
    out.End();
  }
  out.End();
}

void WritePortal(DocumentWriter& out, const PortalSnapshot& portal,
                 std::optional<TimePoint> since) {
  out.Number("portal_id", portal.status.portal_id.value);
  out.Bool("auth_valid", portal.status.auth_valid);
  out.Text("message", portal.status.message);
  out.Texts("warnings", portal.status.warnings);
  out.Text("stopped_by", portal.status.stopped_by);
  WriteQuota(out, portal.status);
  WriteChangeCost(out, portal.change_cost);
  WriteReference(out, portal.status.reference);
  WriteFeed(out, portal.status.feed);
  WriteWriting(out, portal.status.write);
  out.Begin("streams");
  for (const auto& [object, stream] : portal.streams) WriteStream(out, object, stream, since);
  out.End();
}

}  // namespace

std::string StatusDocument(const StatusSnapshot& snapshot, std::optional<TimePoint> since) {
  DocumentWriter out(snapshot.taken_at);
  out.Begin();
  out.Time("generated_at", snapshot.taken_at);
  out.Text("version", snapshot.version);
  out.Bool("ready", CheckReadiness(snapshot).ready());
  out.Bool("config_loaded", snapshot.config_loaded);
  out.Bool("last_reload_accepted", snapshot.last_reload_accepted);
  out.Bool("database_up", snapshot.database_up);
  out.Bool("database_tried", snapshot.database_tried);
  out.Begin("portals");
  for (const auto& [key, portal] : snapshot.portals) {
    out.Begin(key);
    WritePortal(out, portal, since);
    out.End();
  }
  out.End();
  out.End();
  return out.Text();
}

std::optional<std::string> PortalDocument(const StatusSnapshot& snapshot, const PortalKey& portal,
                                          std::optional<TimePoint> since) {
  const auto found = snapshot.portals.find(portal);
  if (found == snapshot.portals.end()) return std::nullopt;
  DocumentWriter out(snapshot.taken_at);
  out.Begin();
  WritePortal(out, found->second, since);
  out.End();
  return out.Text();
}

std::string VersionDocument(const StatusSnapshot& snapshot) {
  DocumentWriter out(snapshot.taken_at);
  out.Begin();
  out.Text("version", snapshot.version);
  out.Text("revision", snapshot.revision);
  out.End();
  return out.Text();
}

}  // namespace hubmirror
