#include "store/mutator.h"

#include <algorithm>

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

bool IsAssigned(const PropertyDefinition& property) {
  return property.kind <= ValueKind::kAssignedText;
}

std::string JoinIds(const std::vector<RecordId>& ids) {
  std::string joined;
  for (const RecordId id : ids) {
    if (!joined.empty()) joined += ';';
    AppendInteger(joined, id);
  }
  return joined;
}

}  // namespace

Changes Mutator::DrawRecordValues(const CrmObject& object, Instant created, Instant now) {
  Changes values;
  values_.BeginRecord(created, now, switches_.Is(Setting::kValuesTidy));
  const auto& properties = object.catalog.all();
  for (size_t i = 0; i < properties.size(); ++i) {
    const PropertyDefinition& property = properties[i];
    if (IsAssigned(property) || property.deleted) continue;
    if (!random_.Chance(values_.FillOf(property))) continue;
    values.emplace_hint(values.end(), static_cast<PropertyIndex>(i), values_.Make(property));
  }
  return values;
}

Changes Mutator::DrawChanges(const CrmObject& object, bool calculated, Instant now) {
  const auto& properties = object.catalog.all();
  Changes changes;
  values_.BeginRecord(now - kDay, now, switches_.Is(Setting::kValuesTidy));
  const size_t wanted = 1 + random_.Below(4);
  for (size_t draw = 0; draw < 200 * wanted && changes.size() < wanted; ++draw) {
    const auto index = static_cast<PropertyIndex>(random_.Below(properties.size()));
    const PropertyDefinition& property = properties[index];
    if (IsAssigned(property) || property.deleted || property.archived) continue;
    if (property.calculated != calculated) continue;
    const bool cleared = random_.Chance(0.15);
    changes[index] = cleared ? std::string() : std::string(values_.Make(property));
  }
  return changes;
}

void Mutator::Redraw(const CrmObject& object, Changes& changes, Instant now) {
  values_.BeginRecord(now - kDay, now, switches_.Is(Setting::kValuesTidy));
  for (auto& [property, value] : changes) value = values_.Make(object.catalog.at(property));
}

VersionRef Mutator::MakeVersion(const CrmObject& object, const Record& record, Changes changes,
                                Instant stamp, Instant updated) {
  const PropertyCatalog::Assigned& assigned = object.catalog.assigned();
  changes[assigned.id] = std::to_string(record.id);
  changes[assigned.created] = FormatInstant(record.created);
  changes[assigned.modified] = FormatInstant(stamp);
  static const RecordVersion kEmpty;
  const RecordVersion& old = record.version ? *record.version : kEmpty;
  VersionWriter writer(object.catalog);
  size_t entry = 0;
  const auto copy_below = [&](size_t property) {
    for (; entry < old.entries.size() && old.entries[entry].property < property; ++entry) {
      writer.Copy(old, entry);
    }
  };
  for (const auto& [property, raw] : changes) {
    copy_below(property);
    const bool was_set = entry < old.entries.size() && old.entries[entry].property == property;
    if (was_set) ++entry;
    if (!raw.empty()) {
      writer.Add(property, raw);
    } else if (was_set && switches_.Is(Setting::kClearedEmpty)) {
      writer.Add(property, "");
    } else if (was_set && switches_.Is(Setting::kClearedNull)) {
      writer.AddNull(property);
    }
  }
  copy_below(SIZE_MAX);
  return writer.Finish(stamp, updated);
}

Record& Mutator::Create(CrmObject& object, RecordId id, Changes values, Instant created,
                        Instant stamp) {
  Record& record = object.records.Insert(Record(id, created));
  Publish(object, record, MakeVersion(object, record, std::move(values), stamp, stamp), "create",
          stamp);
  return record;
}

void Mutator::Update(CrmObject& object, Record& record, const Changes& changes, Instant now) {
  const Instant stamp = std::max(now, record.version->stamp + 1);
  Publish(object, record, MakeVersion(object, record, changes, stamp, stamp), "update", now);
}

void Mutator::Calculate(CrmObject& object, Record& record, const Changes& changes, Instant now) {
  const Instant updated =
      switches_.Is(Setting::kUpdatedAtAnyChange) ? now : record.version->updated;
  Publish(object, record, MakeVersion(object, record, changes, record.version->stamp, updated),
          "calculate", now);
}

void Mutator::Archive(CrmObject& object, Record& record, Instant now) {
  object.records.SetState(record, RecordState::kArchived);
  record.archived_at = now;
  record.last_change = "archive";
  if (switches_.Is(Setting::kUpdatedAtAnyChange)) {
    record.version = MakeVersion(object, record, {}, record.version->stamp, now);
  }
  Withdraw(object, record, now);
}

void Mutator::Restore(CrmObject& object, Record& record, Instant now) {
  object.records.SetState(record, RecordState::kLive);
  record.archived_at = 0;
  const bool moves = switches_.Is(Setting::kRestoreStampMoves);
  const Instant stamp = moves ? std::max(now, record.version->stamp + 1) : record.version->stamp;
  Instant updated = stamp;
  if (!moves) {
    updated = switches_.Is(Setting::kUpdatedAtAnyChange) ? now : record.version->updated;
  }
  Publish(object, record, MakeVersion(object, record, {}, stamp, updated), "restore", now);
}

Changes Mutator::SurvivorValues(const CrmObject& object, const Record& survivor,
                                const Record& primary, const Record& loser) {
  const PropertyCatalog& catalog = object.catalog;
  Changes values;
  // The primary's values win; the loser's fill what it left open.
  for (const Record* source : {&primary, &loser}) {
    for (size_t entry = 0; entry < source->version->entries.size(); ++entry) {
      const PropertyIndex property = source->version->entries[entry].property;
      if (IsAssigned(catalog.at(property))) continue;
      if (source != &survivor)
        values.try_emplace(property, source->version->EntryValue(catalog, entry));
    }
  }
  if (&survivor == &primary) {
    std::erase_if(
        values, [&](const auto& value) { return primary.version->HasValue(catalog, value.first); });
  }
  values[catalog.assigned().merged_ids] = JoinIds(survivor.merged_ids);
  return values;
}

Record& Mutator::Merge(CrmObject& object, Record& primary, Record& loser, Instant now) {
  const bool keeps_id = switches_.Is(Setting::kMergeIdPrimary);
  Record* survivor = &primary;
  if (!keeps_id) {
    const bool created_now = switches_.Is(Setting::kMergeCreatedNow);
    survivor = &object.records.Insert(
        Record(object.records.DrawId(random_), created_now ? now : primary.created));
  }
  std::vector<RecordId>& merged = survivor->merged_ids;
  const bool flat = switches_.Is(Setting::kMergedListFlat);
  std::vector<Record*> losers = {&loser};
  if (!keeps_id) losers.insert(losers.begin(), &primary);
  for (Record* gone : losers) {
    if (flat) merged.insert(merged.end(), gone->merged_ids.begin(), gone->merged_ids.end());
    merged.push_back(gone->id);
  }
  Changes values = SurvivorValues(object, *survivor, primary, loser);
  if (const auto vids = object.catalog.assigned().merged_vids) {
    std::string& list = values[*vids];
    for (const RecordId id : merged) {
      list.append(list.empty() ? "" : ";").append(std::to_string(id)).append(":");
      list.append(std::to_string(now));
    }
  }
  for (Record* gone : losers) {
    object.records.SetState(*gone, RecordState::kMerged);
    gone->merged_into = survivor->id;
    gone->archived_at = now;
    gone->last_change = "merge";
    Withdraw(object, *gone, now);
    links_.Move(object.type_index, gone->id, survivor->id);
  }
  const Instant stamp = survivor->version ? std::max(now, survivor->version->stamp + 1) : now;
  Publish(object, *survivor, MakeVersion(object, *survivor, std::move(values), stamp, stamp),
          "merge", now);
  return *survivor;
}

void Mutator::Remove(CrmObject& object, Record& record, RecordState state, Instant now) {
  object.records.SetState(record, state);
  record.last_change = state == RecordState::kErased ? "erase" : "purge";
  Withdraw(object, record, now);
  links_.Drop(object.type_index, record.id);
}

void Mutator::Fill(CrmObject& object, PropertyIndex property, double share, Instant now) {
  for (auto& [id, record] : object.records.all()) {
    if (record.state != RecordState::kLive || !random_.Chance(share)) continue;
    values_.BeginRecord(record.created, now, switches_.Is(Setting::kValuesTidy));
    Calculate(object, record, {{property, std::string(values_.Make(object.catalog.at(property)))}},
              now);
  }
}

void Mutator::Publish(CrmObject& object, Record& record, VersionRef version,
                      std::string_view change, Instant now) {
  // HubSpot's history knows no two changes at one time.
  const Instant since = std::max({now, version->stamp, record.version_since + 1});
  const bool first = record.version == nullptr;
  object.unique.Note(object.catalog, record.id, record.version.get(), *version);
  if (!first) {
    record.former.push_back(
        {std::move(record.version), record.version_since, record.version_change});
  }
  record.version = std::move(version);
  record.version_since = first ? record.created : since;
  record.version_change = change;
  record.changed_at = now;
  record.last_change = change;
  object.index.Plan(record.id, record.version, IndexDue(delay_.change, now));
}

void Mutator::Withdraw(CrmObject& object, Record& record, Instant now) {
  record.changed_at = now;
  object.index.Plan(record.id, nullptr, IndexDue(delay_.removal, now));
}

Instant Mutator::IndexDue(Duration longest, Instant now) {
  if (random_.Chance(delay_.late_share)) longest = std::max(longest, delay_.late);
  return now + random_.Between(0, longest);
}

}  // namespace simulated_portal
