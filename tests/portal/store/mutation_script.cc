#include "store/mutation_script.h"

#include <algorithm>

namespace simulated_portal {

void MutationScript::Step(std::vector<CrmObject>& objects, Mutator& mutator, Instant now) {
  const int64_t due =
      settings_.length <= 0
          ? settings_.events
          : std::min(settings_.events, settings_.events * (now - start_) / settings_.length);
  while (done_ < due) {
    // A change that finds no record fit for it is drawn again; a portal without any live record
    // still takes creates, so this ends unless their weight is 0.
    for (int draw = 0; draw < 100 && !MakeOne(objects, mutator, now); ++draw) {
    }
    ++done_;
    last_change_at_ = now;
  }
}

ScriptKind MutationScript::DrawKind() {
  int64_t total = 0;
  for (const int64_t weight : settings_.weights) total += weight;
  auto left =
      static_cast<int64_t>(random_.Below(static_cast<uint64_t>(std::max<int64_t>(1, total))));
  for (size_t i = 0; i < settings_.weights.size(); ++i) {
    left -= settings_.weights[i];
    if (left < 0) return static_cast<ScriptKind>(i);
  }
  return ScriptKind::kUpdate;
}

bool MutationScript::MakeOne(std::vector<CrmObject>& objects, Mutator& mutator, Instant now) {
  const ScriptKind kind = DrawKind();
  if (kind >= ScriptKind::kLink) {
    if (!ApplyLink(kind, objects, mutator.links())) return false;
    ++by_kind_[static_cast<size_t>(kind)];
    return true;
  }
  // Types are hit as often as they have records.
  uint64_t total = 0;
  for (const size_t i : settings_.objects) total += objects[i].records.all().size() + 1;
  uint64_t left = random_.Below(total);
  for (const size_t i : settings_.objects) {
    const uint64_t size = objects[i].records.all().size() + 1;
    if (left >= size) {
      left -= size;
      continue;
    }
    if (!Apply(kind, objects[i], mutator, now)) return false;
    ++by_kind_[static_cast<size_t>(kind)];
    return true;
  }
  return false;
}

bool MutationScript::Apply(ScriptKind kind, CrmObject& object, Mutator& mutator, Instant now) {
  RecordStore& records = object.records;
  if (kind == ScriptKind::kCreate) {
    mutator.Create(object, records.DrawId(random_), mutator.DrawRecordValues(object, now, now), now,
                   now);
    return true;
  }
  if (kind == ScriptKind::kErase || kind == ScriptKind::kPurge) {
    return ApplyRemoval(kind, object, mutator, now);
  }
  const bool restore = kind == ScriptKind::kRestore;
  Record* record =
      records.DrawRecord(random_, restore ? RecordState::kArchived : RecordState::kLive);
  if (record == nullptr) return false;
  switch (kind) {
    case ScriptKind::kUpdate:
      mutator.Update(object, *record, mutator.DrawChanges(object, false, now), now);
      return true;
    case ScriptKind::kCalculate:
      mutator.Calculate(object, *record, mutator.DrawChanges(object, true, now), now);
      return true;
    case ScriptKind::kArchive:
      mutator.Archive(object, *record, now);
      return true;
    case ScriptKind::kRestore:
      mutator.Restore(object, *record, now);
      return true;
    default:
      break;
  }
  Record* loser = records.DrawRecord(random_, RecordState::kLive);
  if (loser == record) return false;
  mutator.Merge(object, *record, *loser, now);
  return true;
}

bool MutationScript::ApplyLink(ScriptKind kind, std::vector<CrmObject>& objects, LinkStore& links) {
  LinkStore::Place place;
  if (!links.Draw(random_, place)) return false;
  const LinkStore::Pair pair = place.pair;
  const size_t kinds = LinkStore::KindsOf(pair).size();
  if (kind == ScriptKind::kUnlink) return links.Unlink(pair, place.first, place.second);
  if (kind == ScriptKind::kRelabel) {
    links.Relabel(pair, place.first, place.second, random_.Below(kinds));
    return true;
  }
  // Types that are linked get one link more.
  const Record* first = objects[pair.first].records.DrawRecord(random_, RecordState::kLive);
  const Record* second = objects[pair.second].records.DrawRecord(random_, RecordState::kLive);
  if (first == nullptr || second == nullptr || first == second) return false;
  return links.Link(pair, first->id, second->id, random_.Below(kinds));
}

bool MutationScript::ApplyRemoval(ScriptKind kind, CrmObject& object, Mutator& mutator,
                                  Instant now) {
  const bool erase = kind == ScriptKind::kErase;
  if (erasures_ >= settings_.erasures_max) return false;
  if (erase && object.type_index != kContacts) return false;
  const bool archived = !erase && random_.Chance(0.5);
  Record* record =
      object.records.DrawRecord(random_, archived ? RecordState::kArchived : RecordState::kLive);
  if (record == nullptr) return false;
  mutator.Remove(object, *record, erase ? RecordState::kErased : RecordState::kPurged, now);
  ++erasures_;
  return true;
}

void MutationScript::AppendProgress(std::string& out) const {
  out.append("{\"running\":").append(running() ? "true" : "false");
  out.append(",\"done\":").append(std::to_string(done_));
  out.append(",\"events\":").append(std::to_string(settings_.events)).append(",\"by_kind\":{");
  for (size_t i = 0; i < by_kind_.size(); ++i) {
    out.append(i == 0 ? "\"" : ",\"").append(kScriptKindNames[i]).append("\":");
    out.append(std::to_string(by_kind_[i]));
  }
  out.append("},\"last_change_at\":").append(std::to_string(last_change_at_)).append("}");
}

}  // namespace simulated_portal
