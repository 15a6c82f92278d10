#include "writes/planned_write.h"

#include <charconv>
#include <set>

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

RecordId NumberOf(std::string_view text) {
  RecordId number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? number : 0;
}

Problem NotFound(const Call& call, std::string_view id) {
  return {.status = 404,
          .category = "OBJECT_NOT_FOUND",
          .message = "Object not found.  objectId are usually numeric. " +
                     std::string(call.object().type.singular) + " " + std::string(id)};
}

/// The kind of link that a type id means from `from` on, whatever it leads to.
std::optional<PlannedLink> FindKind(size_t from, const AskedLink& asked) {
  for (size_t other = 0; other < kObjectTypes.size(); ++other) {
    const LinkStore::Pair pair = LinkStore::PairOf(from, other);
    const auto kinds = LinkStore::KindsOf(pair);
    PlannedLink link{.other = other, .to = NumberOf(asked.to), .ahead = pair.first == from};
    for (const auto& [category, type_id] : asked.types) {
      for (size_t kind = 0; kind < kinds.size(); ++kind) {
        const int64_t id = link.ahead ? kinds[kind].ahead_id : kinds[kind].back_id;
        if (id == type_id && kinds[kind].category == category) link.kinds.push_back(kind);
      }
    }
    if (!link.kinds.empty() && link.kinds.size() == asked.types.size()) return link;
  }
  return std::nullopt;
}

std::optional<Problem> PlanLinks(const Call& call, const WriteInput& input,
                                 std::vector<PlannedLink>& links) {
  for (const AskedLink& asked : input.links) {
    auto link = FindKind(call.route.object, asked);
    if (!link) return Problem{.message = "One or more association types are not valid"};
    const Record* other = call.portal.objects[link->other].records.Find(link->to);
    if (other == nullptr || other->state != RecordState::kLive) {
      return Problem{.status = 404,
                     .category = "OBJECT_NOT_FOUND",
                     .message = "The record to associate with was not found: " + asked.to};
    }
    links.push_back(std::move(*link));
  }
  return std::nullopt;
}

/// Finds the record that an input is about. Nothing: `planned` has the problem.
std::optional<Record*> FindTarget(const Call& call, WriteKind kind, bool single,
                                  PlannedWrite& planned) {
  const WriteInput& input = *planned.input;
  CrmObject& object = call.object();
  if (kind == WriteKind::kCreate) return nullptr;
  if (!input.id_property.empty()) {
    const auto property = object.catalog.Find(input.id_property);
    const bool unique = property && object.catalog.at(*property).has_unique_value;
    // The batch update of contacts wants ids.
    const bool by_email = kind == WriteKind::kUpdate && !single && input.id_property == "email";
    if (!unique || by_email) {
      planned.problem =
          Problem{.message = "Cannot use non-unique " + std::string(object.type.type_id) +
                             " property " + input.id_property + " as idProperty"};
      return std::nullopt;
    }
    Record* found =
        FindByUnique(object, call.portal.switches, *property, input.id, RecordState::kLive);
    if (found != nullptr || kind == WriteKind::kUpsert) return found;
    planned.problem = NotFound(call, input.id);
    return std::nullopt;
  }
  if (kind == WriteKind::kUpsert) {
    planned.problem = Problem{.message = "idProperty is required"};
    return std::nullopt;
  }
  Record* record = object.records.Find(NumberOf(input.id));
  if (record != nullptr && record->state == RecordState::kMerged && single) {
    record = object.records.Resolve(record->id);
  }
  const bool archives = kind == WriteKind::kArchive;
  // What is gone already may be archived again.
  if (record != nullptr && (record->state == RecordState::kLive || archives)) return record;
  planned.problem = NotFound(call, input.id);
  return std::nullopt;
}

/// Leaves out what the record has already.
void LeaveOutEqual(const CrmObject& object, const Record& record, Changes& changes) {
  std::erase_if(changes, [&](const auto& change) {
    return record.version->Value(object.catalog, change.first).value_or("") == change.second;
  });
}

void ArchiveOne(const Call& call, Record& record) {
  if (record.state != RecordState::kLive) return;
  CrmObject& object = call.object();
  const bool for_good =
      object.type.name == "emails" || (IsActivity(object.type) && object.type.name != "tasks" &&
                                       call.portal.switches.Is(Setting::kActivityArchiveForGood));
  if (for_good) {
    call.portal.mutator.Remove(object, record, RecordState::kPurged, call.now);
  } else {
    call.portal.mutator.Archive(object, record, call.now);
  }
}

}  // namespace

PlannedWrite Plan(const Call& call, WriteKind kind, const WriteInput& input, bool single) {
  PlannedWrite planned{.input = &input};
  const auto target = FindTarget(call, kind, single, planned);
  if (!target) return planned;
  planned.target = *target;
  if (kind == WriteKind::kArchive) return planned;
  const CrmObject& object = call.object();
  const Record* record = planned.target;
  planned.problem =
      ReadValues(call, input, record == nullptr ? nullptr : record->version.get(), planned.changes);
  if (kind == WriteKind::kUpsert && record == nullptr && !planned.problem) {
    const bool email = input.id_property == "email";
    planned.changes[*object.catalog.Find(input.id_property)] =
        email ? LowerCase(input.id) : input.id;
  }
  if (!planned.problem) planned.problem = TakesAway(call, planned.changes, record);
  if (!planned.problem && record == nullptr) {
    planned.problem = LacksRequired(call, planned.changes);
  }
  // An upsert takes no associations.
  if (!planned.problem && kind == WriteKind::kCreate) {
    planned.problem = PlanLinks(call, input, planned.links);
  }
  return planned;
}

void Overtake(const Call& call, const std::vector<PlannedWrite>& planned) {
  for (const PlannedWrite& write : planned) {
    if (write.target == nullptr || write.target->state != RecordState::kLive) continue;
    Changes others = write.changes;
    call.portal.mutator.Redraw(call.object(), others, call.now);
    call.portal.mutator.Update(call.object(), *write.target, others, call.now);
  }
}

bool MeetsTwice(const Call& call, const std::vector<PlannedWrite>& planned) {
  const PropertyCatalog& catalog = call.object().catalog;
  std::set<const Record*> records;
  std::set<std::pair<PropertyIndex, std::string>> values;
  for (const PlannedWrite& write : planned) {
    if (write.target != nullptr && !records.insert(write.target).second) return true;
    for (const PropertyIndex property : catalog.unique()) {
      const auto value = write.changes.find(property);
      if (value == write.changes.end() || value->second.empty()) continue;
      if (!values.emplace(property, LowerCase(value->second)).second) return true;
    }
  }
  return false;
}

Record& CarryOut(const Call& call, WriteKind kind, const PlannedWrite& planned) {
  CrmObject& object = call.object();
  Mutator& mutator = call.portal.mutator;
  Record* record = planned.target;
  WriteJournal::Entry entry{.at = call.now,
                            .op = "update",
                            .object = object.type_index,
                            .trace_id = planned.input->trace_id,
                            .sent = planned.input->properties};
  if (kind == WriteKind::kArchive) {
    entry.op = "archive";
    ArchiveOne(call, *record);
  } else if (record == nullptr) {
    entry.op = "create";
    const RecordId id = object.records.DrawId(mutator.random());
    record = &mutator.Create(object, id, planned.changes, call.now, call.now);
    for (const PlannedLink& link : planned.links) {
      const RecordId first = link.ahead ? id : link.to;
      const RecordId second = link.ahead ? link.to : id;
      const LinkStore::Pair pair = LinkStore::PairOf(object.type_index, link.other);
      for (const size_t made : link.kinds) call.portal.links.Link(pair, first, second, made);
    }
  } else {
    Changes changes = planned.changes;
    const bool stays = call.portal.switches.Is(Setting::kEqualUpdateStays);
    if (stays) LeaveOutEqual(object, *record, changes);
    if (!changes.empty() || !stays) mutator.Update(object, *record, changes, call.now);
  }
  entry.id = record->id;
  call.portal.writes.Add(std::move(entry));
  return *record;
}

}  // namespace simulated_portal
