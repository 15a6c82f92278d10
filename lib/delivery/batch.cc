#include "delivery/batch.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>

#include "base/digest.h"

namespace hubmirror {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

// What a value may have so that an entry fits, tried one after another.
constexpr std::array<size_t, 3> kValueLimits = {8 << 10, 1 << 10, 64};

void PutText(Json& json, const char* name, const std::string& text) {
  json.Key(name);
  if (text.empty()) {
    json.Null();
  } else {
    json.String(text);
  }
}

/// The values with those above `limit` bytes cut.
std::string CutValues(const std::string& text, size_t limit) {
  rapidjson::Document document;
  document.Parse(text);
  if (document.HasParseError() || !document.IsObject()) return text;
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  for (const auto& member : document.GetObject()) {
    json.Key(member.name.GetString(), member.name.GetStringLength());
    if (!member.value.IsString() || member.value.GetStringLength() <= limit) {
      member.value.Accept(json);
      continue;
    }
    json.StartObject();
    json.Key("cut");
    json.Bool(true);
    json.Key("bytes");
    json.Uint(member.value.GetStringLength());
    json.Key("sha256");
    json.String(Sha256Hex({member.value.GetString(), member.value.GetStringLength()}));
    json.EndObject();
  }
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string EntryText(const BatchSender& sender, const WebhookEntry& entry) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  const auto values = [&](const char* name, const std::string& text) {
    json.Key(name);
    if (text.empty()) {
      json.Null();
    } else {
      json.RawValue(text.data(), text.size(), rapidjson::kObjectType);
    }
  };
  json.StartObject();
  json.Key("seq");
  json.Int64(entry.seq);
  PutText(json, "at", entry.at);
  PutText(json, "object", entry.object);
  PutText(json, "id", entry.id);
  PutText(json, "op", entry.op);
  PutText(json, "pipeline", entry.pipeline);
  PutText(json, "changed_at", entry.changed_at);
  values("before", entry.before);
  values("after", entry.after);
  PutText(json, "to_object", entry.to_object);
  PutText(json, "to_id", entry.to_id);
  PutText(json, "origin", entry.origin);
  PutText(json, "url",
          sender.url_of && !entry.id.empty() ? sender.url_of(entry.object, entry.id) : "");
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string SmallEntryText(const BatchSender& sender, WebhookEntry entry, size_t most) {
  std::string text = EntryText(sender, entry);
  for (const size_t limit : kValueLimits) {
    if (text.size() <= most) break;
    entry.before = CutValues(entry.before, limit);
    entry.after = CutValues(entry.after, limit);
    text = EntryText(sender, entry);
  }
  return text;
}

/// The body up to its entries.
std::string Beginning(const BatchSender& sender, const char* type) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  json.Key("type");
  json.String(type);
  json.Key("portal");
  json.String(sender.portal);
  json.Key("webhook");
  json.String(sender.webhook);
  json.Key("epoch");
  json.Int64(sender.epoch);
  json.Key("entries");
  return std::string(buffer.GetString(), buffer.GetSize()) + ":[";
}

constexpr std::string_view kEnd = "]}";

}  // namespace

std::string Batch::Id(const BatchSender& sender) const {
  return sender.portal + "-" + sender.webhook + "-" + std::to_string(first) + "-" +
         std::to_string(last);
}

Batch MakeBatch(const BatchSender& sender, const EntryFilter& filter,
                const std::vector<WebhookEntry>& entries, size_t most) {
  Batch batch{.body = Beginning(sender, "changes")};
  for (const WebhookEntry& entry : entries) {
    if (IsNamed(filter, entry)) {
      if (batch.entries == most) break;
      const size_t used = batch.body.size() + kEnd.size() + 1;
      const size_t left = used < kMostBatchBytes ? kMostBatchBytes - used : 0;
      const bool first = batch.entries == 0;
      const std::string text =
          first ? SmallEntryText(sender, entry, left) : EntryText(sender, entry);
      if (!first && text.size() > left) break;
      if (first) batch.first = entry.seq;
      batch.body += (first ? "" : ",") + text;
      batch.last = entry.seq;
      ++batch.entries;
    }
    batch.done_to = entry.seq;
  }
  batch.body += kEnd;
  return batch;
}

Batch MakePing(const BatchSender& sender) {
  Batch batch{.body = Beginning(sender, "ping")};
  batch.body += kEnd;
  return batch;
}

}  // namespace hubmirror
