#include "sync/history_job.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <utility>

#include "mirror/history_mapper.h"

namespace hubmirror {
namespace {

/// Whether everything in `wanted` was read under `scope` already.
bool Covers(const HistoryScope& scope, const HistoryScope& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& property) {
    const auto found = scope.find(property.first);
    return found != scope.end() && found->second == property.second;
  });
}

}  // namespace

std::string ToText(const HistoryCursor& cursor) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.StartObject();
  json.Key("scope");
  json.StartObject();
  for (const auto& [property, key] : cursor.scope) {
    json.Key(property.c_str());
    json.String(key.c_str());
  }
  json.EndObject();
  json.Key("archived");
  json.Bool(cursor.archived);
  if (cursor.last) {
    json.Key("last");
    json.Int64(cursor.last->value);
  }
  json.Key("walked");
  json.Bool(cursor.walked);
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<HistoryCursor> ParseHistoryCursor(std::string_view text) {
  rapidjson::Document json;
  json.Parse(text.data(), text.size());
  if (json.HasParseError() || !json.IsObject()) return std::nullopt;
  const auto flag = [&json](const char* name) {
    return json.HasMember(name) && json[name].IsBool() && json[name].GetBool();
  };
  if (!json.HasMember("scope") || !json["scope"].IsObject()) return std::nullopt;
  HistoryCursor cursor{.archived = flag("archived"), .walked = flag("walked")};
  for (const auto& member : json["scope"].GetObject()) {
    if (!member.value.IsString()) return std::nullopt;
    cursor.scope[member.name.GetString()] = member.value.GetString();
  }
  if (json.HasMember("last") && json["last"].IsInt64()) {
    cursor.last = RecordId{json["last"].GetInt64()};
  }
  return cursor;
}

void HistoryJob::LoadFrom(const StoredStream& stored) {
  const auto found = stored.progress.find(JobKind::kHistory);
  if (found == stored.progress.end()) return;
  cursor_ = ParseHistoryCursor(found->second.cursor).value_or(HistoryCursor{});
}

void HistoryJob::Abandon() {
  prepared_ = false;
  cursor_ = {};
  block_.clear();
  MutexLock lock(mutex_);
  reading_ = false;
  walking_ = true;
}

std::optional<StepNeed> HistoryJob::NextStep(Instant) {
  if (!stream().loaded()) return std::nullopt;
  MutexLock lock(mutex_);
  const Priority priority = walking_ ? Priority::kBackfill : Priority::kArchived;
  if (reading_) return StepNeed{.lane = Lane::kBurst, .priority = priority};
  return StepNeed{.priority = priority};
}

StepOutcome HistoryJob::DoStep(Instant) {
  const std::shared_ptr<void> done(nullptr, [this](void*) {
    MutexLock lock(mutex_);
    reading_ = !block_.empty();
    walking_ = !cursor_.walked;
  });
  return block_.empty() ? Choose() : Read();
}

HistoryScope HistoryJob::ScopeNow() const {
  HistoryScope scope;
  const MirrorTablePtr table = stream().table();
  if (!table) return scope;
  const std::vector<std::string>& wanted = stream().plan().history;
  for (const MirrorColumn& column : table->columns) {
    if (column.definition.archived || column.excluded) continue;
    if (std::ranges::find(wanted, column.property()) == wanted.end()) continue;
    scope[column.property()] = column.hashed_with;
  }
  return scope;
}

StepOutcome HistoryJob::Choose() {
  if (!prepared_) {
    if (!ports_.sink.PrepareHistory(object())) cursor_ = {};
    prepared_ = true;
  }
  HistoryScope scope = ScopeNow();
  if (scope.empty()) return StepOutcome::CaughtUp();
  if (!Covers(cursor_.scope, scope)) {
    cursor_ = {.scope = std::move(scope)};
    ports_.sink.BeginHistory(object(), {.cursor = ToText(cursor_)});
    return StepOutcome::More();
  }
  cursor_.scope = std::move(scope);
  return cursor_.walked ? ChooseDue() : ChooseOfWalk();
}

StepOutcome HistoryJob::ChooseOfWalk() {
  block_ = ports_.sink.HistoryBlock(object(), cursor_.archived, cursor_.last, kHistoryReadSize);
  block_archived_ = cursor_.archived;
  if (!block_.empty()) return StepOutcome::More();
  cursor_.walked = cursor_.archived;
  cursor_.archived = true;
  cursor_.last.reset();
  return Write({});
}

StepOutcome HistoryJob::ChooseDue() {
  HistoryDue due = ports_.sink.DueHistory(object(), kHistoryReadSize);
  if (!due.followed) {
    cursor_ = {};
    return StepOutcome::More();
  }
  if (due.empty()) return StepOutcome::CaughtUp();
  if (!due.gone.empty()) return Write({.settled = std::move(due.gone), .sent_at = Instant::max()});
  block_archived_ = due.live.empty();
  block_ = block_archived_ ? std::move(due.archived) : std::move(due.live);
  return StepOutcome::More();
}

StepOutcome HistoryJob::Read() {
  HistoryRequest request{.archived = block_archived_, .ids = block_};
  for (const auto& [property, key] : cursor_.scope) request.properties.push_back(property);
  auto page = ports_.source.ReadHistory(object(), request);
  if (!page) return StepOutcome::Failed(page.error());
  const std::vector<RecordId> block = std::exchange(block_, {});
  if (!cursor_.walked) cursor_.last = block.back();
  return Write({.entries = MapHistory(std::move(page->entries), cursor_.scope, stream().hasher()),
                .settled = block,
                .sent_at = page->times.sent_at});
}

StepOutcome HistoryJob::Write(HistoryCommit commit) {
  const auto records = static_cast<int64_t>(commit.settled.size());
  commit.object = object();
  commit.scope = cursor_.scope;
  commit.progress = {.cursor = ToText(cursor_)};
  if (cursor_.walked) commit.progress.last_complete_at = stream().SourceNow();
  commit.budget = stream().Budget();
  ports_.sink.WriteHistory(commit);
  return StepOutcome::More(records);
}

}  // namespace hubmirror
