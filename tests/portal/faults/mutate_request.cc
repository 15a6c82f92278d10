#include "faults/mutate_request.h"

#include <algorithm>
#include <stdexcept>

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

/// One mutation as it was asked.
struct Request {
  std::string kind;
  CrmObject* object = nullptr;
  RecordId id = 0;
  RecordId loser = 0;
  int64_t count = 100;
  bool has_properties = false;
  Changes changes;
  std::string name, type, field_type, label;
  size_t other = 0;  ///< the object type linked with
  RecordId other_id = 0;
  int64_t link_kind = 0;
  double fill = 0;
  bool unlisted = false;
  bool unique = false;
};

RecordId ReadId(JsonFields& fields, const char* name) {
  std::string text;
  if (!fields.Read(name, text)) return 0;
  try {
    return std::stoll(text);
  } catch (const std::exception&) {
    fields.Fail(name, "not an id");
  }
}

size_t ReadObjectType(JsonFields& fields, const char* key) {
  std::string name = "contacts";
  fields.Read(key, name);
  const size_t object = FindObjectType(name);
  if (object == kObjectTypes.size()) fields.Fail(key, "no such object type");
  return object;
}

Request ReadRequest(Portal& portal, JsonFields& fields) {
  Request request;
  fields.Read("kind", request.kind);
  request.object = &portal.objects[ReadObjectType(fields, "object")];
  request.id = ReadId(fields, "id");
  request.loser = ReadId(fields, "loser");
  fields.Read("count", request.count);
  request.other = ReadObjectType(fields, "to_object");
  request.other_id = ReadId(fields, "to_id");
  fields.Read("link_kind", request.link_kind);
  const PropertyCatalog& catalog = request.object->catalog;
  request.has_properties =
      fields.ReadTexts("properties", [&](const std::string& name, const std::string& value) {
        const auto property = catalog.Find(name);
        if (!property) fields.Fail("properties", "no property is named " + name);
        if (catalog.at(*property).kind <= ValueKind::kAssignedText) {
          fields.Fail("properties", name + " is written by the portal itself");
        }
        request.changes[*property] = value;
      });
  fields.Read("name", request.name);
  fields.Read("type", request.type);
  fields.Read("field_type", request.field_type);
  fields.Read("label", request.label);
  fields.Read("fill", request.fill);
  fields.Read("unlisted", request.unlisted);
  fields.Read("unique", request.unique);
  fields.RefuseOthers();
  return request;
}

/// The record named, or any in that state.
Record& Choose(Portal& portal, const Request& request, RecordId id, RecordState state) {
  RecordStore& records = request.object->records;
  Record* record = id != 0 ? records.Find(id) : records.DrawRecord(portal.mutator.random(), state);
  if (record == nullptr) throw std::runtime_error("no such record");
  if (record->state != state) {
    throw std::runtime_error("the record is " + std::string(NameOf(record->state)));
  }
  return *record;
}

std::string IdAnswer(RecordId id) {
  return "{\"id\":\"" + std::to_string(id) + "\"}";
}

std::string Create(Portal& portal, const Request& request, Instant now) {
  CrmObject& object = *request.object;
  Mutator& mutator = portal.mutator;
  if (request.id != 0 && object.records.Find(request.id) != nullptr) {
    throw std::runtime_error("the id is taken");
  }
  const RecordId id = request.id != 0 ? request.id : object.records.DrawId(mutator.random());
  const Changes values =
      request.has_properties ? request.changes : mutator.DrawRecordValues(object, now, now);
  return IdAnswer(mutator.Create(object, id, values, now, now).id);
}

std::string Import(Portal& portal, const Request& request, Instant now) {
  CrmObject& object = *request.object;
  std::string answer = "{\"ids\":[";
  // One stamp for all: later than that of any record touched.
  std::vector<Record*> chosen;
  for (auto& [id, record] : object.records.all()) {
    if (static_cast<int64_t>(chosen.size()) == request.count) break;
    if (record.state == RecordState::kLive && record.version->stamp < now)
      chosen.push_back(&record);
  }
  for (Record* record : chosen) {
    portal.mutator.Update(
        object, *record,
        request.has_properties ? request.changes : portal.mutator.DrawChanges(object, false, now),
        now);
    if (answer.back() != '[') answer += ',';
    answer.append("\"").append(std::to_string(record->id)).append("\"");
  }
  return answer + "]}";
}

std::string ChangeProperty(Portal& portal, const Request& request, Instant now) {
  CrmObject& object = *request.object;
  PropertyCatalog& catalog = object.catalog;
  if (request.kind == "property_add") {
    PropertyDefinition definition;
    definition.name = request.name;
    definition.label = request.label.empty() ? request.name : request.label;
    definition.type = request.type.empty() ? "string" : request.type;
    definition.field_type = request.field_type.empty() ? "text" : request.field_type;
    definition.kind = KindOf(definition.type, definition.field_type);
    definition.group = "added";
    definition.fill = request.fill;
    definition.unlisted = request.unlisted;
    definition.has_unique_value = request.unique;
    definition.created = definition.updated = now;
    if (definition.type == "enumeration") definition.options = {"option_a", "option_b"};
    if (request.name.empty()) throw std::runtime_error("name: missing");
    const auto index = catalog.Add(std::move(definition));
    if (!index) throw std::runtime_error("the name is taken");
    if (request.fill > 0) portal.mutator.Fill(object, *index, request.fill, now);
    return "{\"name\":\"" + request.name + "\"}";
  }
  const auto index = catalog.Find(request.name);
  if (!index) throw std::runtime_error("no property is named " + request.name);
  if (request.kind == "property_retype") {
    if (request.type.empty()) throw std::runtime_error("type: missing");
    catalog.Retype(*index, request.type, request.field_type, now);
  } else if (request.kind == "property_archive") {
    catalog.Archive(*index, now);
  } else if (request.kind == "property_restore") {
    catalog.Restore(*index, now);
  } else {
    catalog.Delete(*index);
  }
  return "{\"name\":\"" + request.name + "\"}";
}

std::string ChangeRecord(Portal& portal, const Request& request, Instant now) {
  CrmObject& object = *request.object;
  Mutator& mutator = portal.mutator;
  const std::string& kind = request.kind;
  if (kind == "purge") {
    Record* record = request.id != 0
                         ? object.records.Find(request.id)
                         : object.records.DrawRecord(mutator.random(), RecordState::kLive);
    if (record == nullptr || record->state > RecordState::kArchived) {
      throw std::runtime_error("no such record");
    }
    mutator.Remove(object, *record, RecordState::kPurged, now);
    return IdAnswer(record->id);
  }
  const RecordState wanted = kind == "restore" ? RecordState::kArchived : RecordState::kLive;
  Record& record = Choose(portal, request, request.id, wanted);
  if (kind == "update" || kind == "calculate") {
    const bool calculated = kind == "calculate";
    const Changes changes =
        request.has_properties ? request.changes : mutator.DrawChanges(object, calculated, now);
    if (calculated) {
      mutator.Calculate(object, record, changes, now);
    } else {
      mutator.Update(object, record, changes, now);
    }
  } else if (kind == "archive") {
    mutator.Archive(object, record, now);
  } else if (kind == "restore") {
    mutator.Restore(object, record, now);
  } else if (kind == "erase") {
    if (object.type_index != kContacts) throw std::runtime_error("only contacts can be erased");
    mutator.Remove(object, record, RecordState::kErased, now);
  } else {
    Record& loser = Choose(portal, request, request.loser, RecordState::kLive);
    if (&loser == &record) throw std::runtime_error("a record cannot be merged with itself");
    return IdAnswer(mutator.Merge(object, record, loser, now).id);
  }
  return IdAnswer(record.id);
}

std::string ChangeLink(Portal& portal, const Request& request) {
  const size_t object = request.object->type_index;
  const LinkStore::Pair pair = LinkStore::PairOf(object, request.other);
  const bool ahead = pair.first == object;
  const RecordId first = ahead ? request.id : request.other_id;
  const RecordId second = ahead ? request.other_id : request.id;
  const auto kind = static_cast<size_t>(request.link_kind);
  if (kind >= LinkStore::KindsOf(pair).size()) throw std::runtime_error("link_kind: no such kind");
  if (request.kind == "unlink") {
    if (!portal.links.Unlink(pair, first, second)) throw std::runtime_error("no such link");
  } else if (request.kind == "relabel") {
    portal.links.Relabel(pair, first, second, kind);
  } else {
    portal.links.Link(pair, first, second, kind);
  }
  return IdAnswer(request.id);
}

}  // namespace

std::string Mutate(Portal& portal, JsonFields& fields, Instant now) {
  static constexpr std::string_view kRecordKinds[] = {"update", "calculate", "archive", "restore",
                                                      "merge",  "erase",     "purge"};
  static constexpr std::string_view kLinkKinds[] = {"link", "unlink", "relabel"};
  static constexpr std::string_view kPropertyKinds[] = {
      "property_add", "property_retype", "property_archive", "property_restore", "property_delete"};
  const Request request = ReadRequest(portal, fields);
  const auto is_one_of = [&request](const auto& kinds) {
    return std::find(std::begin(kinds), std::end(kinds), request.kind) != std::end(kinds);
  };
  if (request.kind == "create") return Create(portal, request, now);
  if (request.kind == "import") return Import(portal, request, now);
  if (is_one_of(kRecordKinds)) return ChangeRecord(portal, request, now);
  if (is_one_of(kLinkKinds)) return ChangeLink(portal, request);
  if (is_one_of(kPropertyKinds)) return ChangeProperty(portal, request, now);
  fields.Fail("kind", "unknown mutation \"" + request.kind + "\"");
}

std::string ChangeReference(Portal& portal, JsonFields& fields, Instant now) {
  std::string kind;
  int64_t times = 1;
  fields.Read("kind", kind);
  fields.Read("times", times);
  fields.RefuseOthers();
  int64_t made = 0;
  for (int64_t i = 0; i < times; ++i) {
    if (portal.reference.Change(kind, portal.objects, portal.mutator.random(), now)) ++made;
  }
  return "{\"made\":" + std::to_string(made) + "}";
}

ScriptSettings ReadScript(JsonFields& fields, const std::vector<CrmObject>& held) {
  ScriptSettings settings;
  fields.Read("events", settings.events);
  int64_t seconds = 0;
  fields.Read("seconds", seconds);
  settings.length = seconds * kSecond;
  fields.Read("seed", settings.seed);
  std::vector<std::string> objects;
  fields.Read("objects", objects);
  for (const std::string& name : objects) {
    const size_t object = FindObjectType(name);
    if (object == kObjectTypes.size()) fields.Fail("objects", "no object type " + name);
    settings.objects.push_back(object);
  }
  for (size_t i = 0; objects.empty() && i < held.size(); ++i) {
    if (held[i].records.size() > 0) settings.objects.push_back(i);
  }
  if (settings.objects.empty()) settings.objects = {kContacts};
  fields.ReadObject("weights", [&settings](JsonFields inner) {
    settings.weights.fill(0);
    for (size_t i = 0; i < settings.weights.size(); ++i) {
      inner.Read(kScriptKindNames[i].data(), settings.weights[i]);
      if (settings.weights[i] < 0) inner.Fail(kScriptKindNames[i], "negative");
    }
    inner.RefuseOthers();
  });
  fields.Read("erasures_max", settings.erasures_max);
  fields.RefuseOthers();
  return settings;
}

}  // namespace simulated_portal
