#include "writes/link_writes.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "endpoints/error_answers.h"
#include "endpoints/json_fields.h"
#include "endpoints/json_text.h"
#include "writes/record_writes.h"

namespace simulated_portal {
namespace {

constexpr size_t kCreatedMost = 2000;
constexpr size_t kArchivedMost = 1000;

/// One pair of records, as it was sent.
struct LinkInput {
  std::string from;
  std::string to;
  std::vector<std::pair<std::string, int64_t>> types;  ///< category and type id
};

/// Where the links of a pair stand, seen from the type that the path names first.
struct Place {
  LinkStore::Pair pair;
  bool ahead;
  std::vector<LinkKind> kinds;
};

Place PlaceOf(const Call& call) {
  const LinkStore::Pair pair = LinkStore::PairOf(call.route.object, call.route.other);
  return {pair, pair.first == call.route.object, LinkStore::KindsOf(pair)};
}

void ReadTypes(JsonFields& fields, LinkInput& input) {
  fields.ReadObjects("types", [&input](JsonFields type) {
    std::string category;
    int64_t id = 0;
    type.Read("associationCategory", category);
    type.Read("associationTypeId", id);
    input.types.emplace_back(category, id);
  });
}

/// `to` is one record, or many where links are taken away as a whole.
std::vector<LinkInput> ReadInputs(const std::string& body, bool to_many) {
  std::vector<LinkInput> inputs;
  const rapidjson::Document document = ParseJsonObject(body);
  JsonFields fields(document, "");
  fields.ReadObjects("inputs", [&](JsonFields one) {
    LinkInput input;
    one.ReadObject("from", [&input](JsonFields from) { from.Read("id", input.from); });
    ReadTypes(one, input);
    const auto add = [&](JsonFields to) {
      LinkInput each = input;
      to.Read("id", each.to);
      inputs.push_back(std::move(each));
    };
    const bool given = to_many ? one.ReadObjects("to", add) : one.ReadObject("to", add);
    if (!given) one.Fail("to", "missing");
    one.RefuseOthers();
  });
  fields.RefuseOthers();
  return inputs;
}

/// The body of a single write is the array of types.
LinkInput ReadSingle(const Call& call) {
  LinkInput input{.from = call.route.name, .to = call.route.other_name, .types = {}};
  if (call.request.body.empty()) return input;
  const rapidjson::Document document = ParseJsonObject("{\"types\":" + call.request.body + "}");
  JsonFields fields(document, "");
  ReadTypes(fields, input);
  return input;
}

const Record* FindLive(const Call& call, size_t object, const std::string& id) {
  RecordId number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number);
  const Record* record = call.portal.objects[object].records.Find(number);
  return record != nullptr && record->state == RecordState::kLive ? record : nullptr;
}

/// The kind that a type means in one direction; none: it is of the other.
std::optional<size_t> KindOf(const Place& place, bool ahead,
                             const std::pair<std::string, int64_t>& type) {
  for (size_t kind = 0; kind < place.kinds.size(); ++kind) {
    const LinkKind& known = place.kinds[kind];
    const int64_t id = ahead ? known.ahead_id : known.back_id;
    if (known.category == type.first && id == type.second) return kind;
  }
  return std::nullopt;
}

/// Between records of one type both directions can be written.
bool Turned(const Place& place, const LinkInput& input) {
  if (place.pair.first != place.pair.second) return !place.ahead;
  return !std::ranges::all_of(
      input.types, [&](const auto& type) { return KindOf(place, true, type).has_value(); });
}

/// An input that can be carried out.
struct Planned {
  RecordId from = 0;
  RecordId to = 0;
  bool ahead = true;
  std::vector<size_t> kinds;
  const LinkInput* input = nullptr;
};

struct Refused {
  const LinkInput* input = nullptr;
  bool found = true;
};

std::optional<Planned> Plan(const Call& call, const Place& place, const LinkInput& input,
                            Refused& refused) {
  refused = {&input, true};
  const Record* from = FindLive(call, call.route.object, input.from);
  const Record* to = FindLive(call, call.route.other, input.to);
  refused.found = from != nullptr && to != nullptr;
  if (!refused.found) return std::nullopt;
  Planned planned{
      .from = from->id, .to = to->id, .ahead = !Turned(place, input), .kinds = {}, .input = &input};
  for (const auto& type : input.types) {
    const auto kind = KindOf(place, planned.ahead, type);
    if (!kind) return std::nullopt;
    planned.kinds.push_back(*kind);
  }
  return planned;
}

enum class Deed { kDefault, kLabels, kUnlabel, kUnlink };

Deed DeedOf(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kLinkDefault:
    case Endpoint::kLinkOneDefault:
      return Deed::kDefault;
    case Endpoint::kLinkCreate:
    case Endpoint::kLinkOne:
      return Deed::kLabels;
    case Endpoint::kUnlabel:
      return Deed::kUnlabel;
    default:
      return Deed::kUnlink;
  }
}

std::string_view NameOf(Deed deed) {
  static constexpr std::string_view kNames[] = {"link", "label", "unlabel", "unlink"};
  return kNames[static_cast<size_t>(deed)];
}

/// A primary company is one: naming another one moves it.
void TakePrimaryAway(const Call& call, const Place& place, RecordId first, RecordId second,
                     size_t kind) {
  const LinkKind& primary = place.kinds[kind];
  if (primary.ahead_label != "Primary") return;
  const bool company_first = kObjectTypes[place.pair.first].name == "companies";
  const size_t owner = company_first ? place.pair.second : place.pair.first;
  const size_t company = company_first ? place.pair.first : place.pair.second;
  const RecordId of = company_first ? second : first;
  const RecordId now = company_first ? first : second;
  for (const auto& [other, kinds] : call.portal.links.LinksOf(owner, of, company)) {
    if (other == now) continue;
    const bool was = std::ranges::any_of(kinds, [&](const auto& one) { return one.first == kind; });
    if (!was) continue;
    call.portal.links.Unlabel(place.pair, company_first ? other : of, company_first ? of : other,
                              kind);
  }
}

/// However the two were linked.
void Unlink(LinkStore& links, const Place& place, RecordId first, RecordId second) {
  links.Unlink(place.pair, first, second);
  if (place.pair.first == place.pair.second) links.Unlink(place.pair, second, first);
}

void CarryOut(const Call& call, const Place& place, Deed deed, const Planned& planned) {
  LinkStore& links = call.portal.links;
  const RecordId first = planned.ahead ? planned.from : planned.to;
  const RecordId second = planned.ahead ? planned.to : planned.from;
  const bool keeps = call.portal.switches.Is(Setting::kDefaultLinkKeeps);
  const auto all = [](size_t kind) { return kind == 0; };
  if (deed == Deed::kUnlink ||
      (deed == Deed::kUnlabel && std::ranges::any_of(planned.kinds, all))) {
    // Without the unlabelled kind there is no link.
    Unlink(links, place, first, second);
  } else if (deed == Deed::kUnlabel) {
    for (const size_t kind : planned.kinds) links.Unlabel(place.pair, first, second, kind);
  } else {
    // What is written replaces the labels that the pair had.
    if (deed == Deed::kLabels || !keeps) Unlink(links, place, first, second);
    links.Link(place.pair, first, second, 0);
    for (const size_t kind : planned.kinds) {
      TakePrimaryAway(call, place, first, second, kind);
      links.Link(place.pair, first, second, kind);
    }
  }
  if (call.portal.switches.Is(Setting::kLinkStampMoves)) {
    CrmObject& object = call.object();
    call.portal.mutator.Update(object, *object.records.Find(planned.from), {}, call.now);
  }
  WriteJournal::Entry entry{.at = call.now,
                            .op = NameOf(deed),
                            .object = call.route.object,
                            .id = planned.from,
                            .to_object = call.route.other,
                            .to = planned.to};
  for (const auto& [category, id] : planned.input->types) entry.type_ids.push_back(id);
  call.portal.writes.Add(std::move(entry));
}

std::optional<HttpResponse> RefuseLinking(const Call& call) {
  // The write of one of the two types does.
  auto refused = RefuseWriting(call, call.route.object);
  if (!refused || !RefuseWriting(call, call.route.other)) return std::nullopt;
  return refused;
}

void AppendLinked(std::string& out, const Call& call, const Place& place, Deed deed,
                  const Planned& planned) {
  if (out.back() == '}') out += ',';
  out.append("{\"fromObjectTypeId\":\"").append(kObjectTypes[call.route.object].type_id);
  out.append("\",\"fromObjectId\":\"").append(std::to_string(planned.from));
  out.append("\",\"toObjectTypeId\":\"").append(kObjectTypes[call.route.other].type_id);
  out.append("\",\"toObjectId\":\"").append(std::to_string(planned.to)).append("\",\"labels\":[");
  for (const size_t kind : planned.kinds) {
    const LinkKind& known = place.kinds[kind];
    const std::string& label = planned.ahead ? known.ahead_label : known.back_label;
    if (deed != Deed::kLabels || label.empty()) continue;
    if (out.back() != '[') out += ',';
    AppendJsonString(out, label);
  }
  out += "]}";
}

void AppendErrors(std::string& out, const std::vector<Refused>& refused) {
  out.append(",\"numErrors\":").append(std::to_string(refused.size())).append(",\"errors\":[");
  for (const Refused& one : refused) {
    if (out.back() == '}') out += ',';
    out.append("{\"status\":\"error\",\"category\":\"");
    out += one.found ? "VALIDATION_ERROR" : "OBJECT_NOT_FOUND";
    out += one.found ? "\",\"message\":\"One or more association types are not valid\""
                     : "\",\"message\":\"One or more records could not be found\"";
    out += ",\"context\":{\"fromObjectId\":[";
    AppendJsonString(out, one.input->from);
    out += "],\"toObjectId\":[";
    AppendJsonString(out, one.input->to);
    out += "]}}";
  }
  out += ']';
}

/// Of the default type it is 200 by every source, with labels they differ.
int StatusOf(const Call& call, Deed deed) {
  const bool created =
      deed == Deed::kLabels && call.portal.switches.Is(Setting::kLinkAnswerCreated);
  return created ? 201 : 200;
}

/// What every write of links begins with.
std::optional<HttpResponse> Refuse(const Call& call, const Place& place) {
  if (auto refused = RefuseLinking(call)) return refused;
  if (place.kinds.empty()) {
    return ValidationError("These object types cannot be associated", call.portal.random);
  }
  return std::nullopt;
}

}  // namespace

HttpResponse WriteLinks(const Call& call) {
  const Place place = PlaceOf(call);
  Random& random = call.portal.random;
  if (auto refused = Refuse(call, place)) return *refused;
  const Deed deed = DeedOf(call.route.endpoint);
  const bool makes = deed == Deed::kDefault || deed == Deed::kLabels;
  std::vector<LinkInput> inputs;
  try {
    inputs = ReadInputs(call.request.body, deed == Deed::kUnlink);
  } catch (const std::exception& error) {
    return ValidationError(std::string("Invalid input JSON: ") + error.what(), random);
  }
  const size_t most = makes ? kCreatedMost : kArchivedMost;
  if (inputs.empty() || inputs.size() > most) {
    return ValidationError("inputs: 1 to " + std::to_string(most), random);
  }
  std::vector<Refused> refused;
  std::vector<Planned> done;
  for (const LinkInput& input : inputs) {
    Refused why;
    if (auto planned = Plan(call, place, input, why)) {
      CarryOut(call, place, deed, *planned);
      done.push_back(std::move(*planned));
    } else {
      refused.push_back(why);
    }
  }
  const bool silent = call.portal.switches.Is(Setting::kUnlinkAnswerNothing);
  if (!makes && refused.empty() && silent) return NoContent();
  HttpResponse response;
  response.status = refused.empty() ? StatusOf(call, deed) : 207;
  std::string& out = response.body;
  out += "{\"status\":\"COMPLETE\",\"results\":[";
  for (const Planned& one : done) {
    if (makes) AppendLinked(out, call, place, deed, one);
  }
  const std::string now = FormatInstant(call.now);
  out.append("],\"startedAt\":\"").append(now).append("\",\"completedAt\":\"").append(now) += '"';
  if (!refused.empty()) AppendErrors(out, refused);
  out += '}';
  return response;
}

HttpResponse WriteLink(const Call& call) {
  const Place place = PlaceOf(call);
  Random& random = call.portal.random;
  if (auto refused = Refuse(call, place)) return *refused;
  const Deed deed = DeedOf(call.route.endpoint);
  LinkInput input;
  try {
    input = ReadSingle(call);
  } catch (const std::exception& error) {
    return ValidationError(std::string("Invalid input JSON: ") + error.what(), random);
  }
  Refused why;
  const auto planned = Plan(call, place, input, why);
  if (!planned && why.found) {
    return ValidationError("One or more association types are not valid", random);
  }
  if (!planned) return ErrorAnswer(404, "OBJECT_NOT_FOUND", "Object not found", random);
  CarryOut(call, place, deed, *planned);
  if (deed == Deed::kUnlink) return NoContent();
  HttpResponse response;
  response.status = StatusOf(call, deed);
  AppendLinked(response.body += ' ', call, place, deed, *planned);
  response.body.erase(0, 1);
  return response;
}

}  // namespace simulated_portal
