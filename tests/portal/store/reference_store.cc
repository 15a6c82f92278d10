#include "store/reference_store.h"

#include <algorithm>
#include <span>
#include <stdexcept>

#include "endpoints/json_text.h"
#include "store/tidy_values.h"

namespace simulated_portal {
namespace {

constexpr int64_t kFirstOwner = 101;
constexpr int64_t kFirstUser = 9'000'101;
// Members of a list unless a scenario asks for more.
constexpr size_t kUsualMembers = 1000;

constexpr std::string_view kFirstNames[] = {"Ada", "Zoë", "Björn", "Mary-Jane", "李", "O\"Neil"};
constexpr std::string_view kLastNames[] = {"Lovelace", "Müller", "d'Arc", "Smith", "王", ""};
constexpr std::string_view kTeams[] = {"Sales EMEA", "Support; \"night\"", "Führung"};

/// The types whose records run through stages, and which of their properties name the stage.
struct Piped {
  std::string_view object;
  std::string_view pipeline;
  std::string_view stage;
};
constexpr Piped kPiped[] = {{"deals", "pipeline", "dealstage"},
                            {"tickets", "hs_pipeline", "hs_pipeline_stage"},
                            {"leads", "hs_pipeline", "hs_pipeline_stage"},
                            {"orders", "hs_pipeline", "hs_pipeline_stage"}};

template <typename Array>
std::string_view Draw(Random& random, const Array& words) {
  return words[random.Below(std::size(words))];
}

std::vector<std::string> OptionsOf(const CrmObject& object, std::string_view property,
                                   std::vector<std::string> otherwise) {
  const auto found = object.catalog.Find(std::string(property));
  if (!found || object.catalog.at(*found).options.empty()) return otherwise;
  return object.catalog.at(*found).options;
}

}  // namespace

void Members::Set(std::string_view name, std::string json) {
  for (auto& [known, value] : members_) {
    if (known != name) continue;
    value = std::move(json);
    return;
  }
  members_.emplace_back(name, std::move(json));
}

void Members::SetText(std::string_view name, std::string_view text) {
  std::string json;
  AppendJsonString(json, text);
  Set(name, std::move(json));
}

void Members::SetNumber(std::string_view name, int64_t number) {
  Set(name, std::to_string(number));
}

void Members::SetInstant(std::string_view name, Instant instant) {
  SetText(name, FormatInstant(instant));
}

void Members::SetFlag(std::string_view name, bool flag) {
  Set(name, flag ? "true" : "false");
}

void Members::Append(std::string& out) const {
  for (const auto& [name, value] : members_) {
    if (&name != &members_.front().first) out += ',';
    AppendJsonString(out, name);
    out += ':';
    out += value;
  }
}

ReferenceItem& ReferenceStore::Find(ReferenceKind kind, std::string_view id) {
  for (ReferenceItem& item : of(kind)) {
    if (item.id == id) return item;
  }
  throw std::runtime_error("no such item: " + std::string(id));
}

void ReferenceStore::Populate(const std::vector<CrmObject>& objects, const Sizes& sizes, bool tidy,
                              Random random, Instant now) {
  most_members_ = static_cast<size_t>(sizes.members);
  tidy_ = tidy;
  for (size_t i = 0; i < std::size(kTeams); ++i) {
    ReferenceItem team{.id = std::to_string(i + 1)};
    team.members.SetText("name", kTeams[i]);
    team.members.Set("userIds", "[\"" + std::to_string(kFirstUser) + "\"]");
    team.members.Set("secondaryUserIds", "[]");
    of(ReferenceKind::kTeams).push_back(std::move(team));
  }
  for (int64_t i = 0; i < sizes.owners; ++i) AddOwner(random, now);
  for (const Piped& piped : kPiped) {
    const CrmObject& object = objects[FindObjectType(piped.object)];
    const auto stages = OptionsOf(object, piped.stage, {"new", "open", "done"});
    for (const std::string& id : OptionsOf(object, piped.pipeline, {"default"})) {
      ReferenceItem pipeline{.id = id, .object = std::string(piped.object)};
      pipeline.members.SetText("label", tidy ? TidyLabel(piped.object, id) : "Pipeline " + id);
      pipeline.members.SetNumber("displayOrder", 0);
      // The default one is older than time.
      pipeline.members.SetInstant("createdAt", id == "default" ? 0 : now - kDay);
      pipeline.members.SetInstant("updatedAt", now - kDay);
      for (const std::string& stage_id : stages) {
        Stage stage{.id = stage_id};
        stage.members.SetText(
            "label", tidy ? TidyLabel(piped.object, stage_id) : "Stage “" + stage_id + "”");
        stage.members.SetNumber("displayOrder", static_cast<int64_t>(pipeline.stages.size()));
        const bool won = stage_id == "closedwon";
        const bool closed = won || stage_id == "closedlost";
        stage.members.Set("metadata", std::string(R"({"isClosed":")") +
                                          (closed ? "true" : "false") + R"(","probability":")" +
                                          (won      ? "1.0"
                                           : closed ? "0.0"
                                                    : "0.4") +
                                          "\"}");
        stage.members.SetInstant("createdAt", now - kDay);
        stage.members.SetInstant("updatedAt", now - kDay);
        pipeline.stages.push_back(std::move(stage));
      }
      of(ReferenceKind::kPipelines).push_back(std::move(pipeline));
    }
  }
  for (int64_t i = 0; i < sizes.lists; ++i) AddList(objects, random, now);
  for (int64_t i = 0; i < sizes.events; ++i) AddEvent(random, now);
  AddRate("EUR", "1.05", now - 30 * kDay);
  AddRate("EUR", "1.1", now - kDay);
  AddRate("GBP", "1.253719", now - kDay);
  AddRate("JPY", "0.006", now - kDay);
  AddRate("CHF", "1", now - kDay);
}

void ReferenceStore::AddOwner(Random& random, Instant now) {
  const auto number = static_cast<int64_t>(of(ReferenceKind::kOwners).size());
  // Names that any font has stand first.
  const std::string first(Draw(random, std::span(kFirstNames).first(tidy_ ? 4 : 6)));
  const std::string last(Draw(random, std::span(kLastNames).first(tidy_ ? 4 : 6)));
  const std::string email = "owner" + std::to_string(number) + "@example.com";
  ReferenceItem owner{.id = std::to_string(kFirstOwner + number)};
  owner.members.SetText("email", email);
  owner.members.SetText("type", "PERSON");
  owner.members.SetText("firstName", first);
  owner.members.SetText("lastName", last);
  owner.members.SetNumber("userId", kFirstUser + number);
  owner.members.SetNumber("userIdIncludingInactive", kFirstUser + number);
  owner.members.SetInstant("createdAt", now - kDay);
  owner.members.SetInstant("updatedAt", now - kDay);
  if (random.Chance(0.5)) {
    owner.members.Set("teams", R"([{"id":"1","name":"Sales EMEA","primary":true}])");
  }
  of(ReferenceKind::kOwners).push_back(std::move(owner));
  ReferenceItem user{.id = std::to_string(kFirstUser + number)};
  user.members.SetText("email", email);
  user.members.SetText("firstName", first);
  user.members.SetText("lastName", last);
  user.members.Set("roleIds", "[\"17\"]");
  if (random.Chance(0.5)) user.members.SetText("primaryTeamId", "1");
  user.members.SetFlag("superAdmin", number == 0);
  of(ReferenceKind::kUsers).push_back(std::move(user));
}

void ReferenceStore::AddList(const std::vector<CrmObject>& objects, Random& random, Instant now) {
  const int64_t number = next_id_++;
  // Most lists are of contacts.
  const size_t type = random.Chance(0.7) ? kContacts : FindObjectType("companies");
  ReferenceItem list{.id = std::to_string(number), .type = type};
  list.members.SetText("name", "List " + std::to_string(number) + " “größer”");
  list.members.SetText("objectTypeId", kObjectTypes[type].type_id);
  list.members.SetText("processingType", random.Chance(0.5) ? "DYNAMIC" : "MANUAL");
  list.members.SetText("processingStatus", "COMPLETE");
  list.members.SetNumber("listVersion", 1);
  list.members.SetText("createdById", std::to_string(kFirstUser));
  list.members.SetInstant("createdAt", now - kDay);
  list.members.SetInstant("updatedAt", now - kDay);
  // Where long lists are asked for, the first has everybody.
  const double drawn = random.Share();
  const bool everybody = most_members_ > kUsualMembers && of(ReferenceKind::kLists).empty();
  const double share = everybody ? 1 : drawn;
  auto& records = const_cast<CrmObject&>(objects[type]).records;
  for (const auto& [id, record] : records.all()) {
    if (list.joined.size() == most_members_) break;
    if (random.Chance(share)) list.joined[id] = now - random.Between(0, kDay);
  }
  for (const auto& [id, joined] : list.joined) list.last_added = std::max(list.last_added, joined);
  if (number % 3 != 0) list.folder = "Folder “" + std::to_string(number % 3) + "”";
  of(ReferenceKind::kLists).push_back(std::move(list));
}

void ReferenceStore::AddEvent(Random& random, Instant now) {
  const int64_t number = next_id_++;
  ReferenceItem event{.id = std::to_string(number)};
  event.members.SetText("eventName", "Webinar " + std::to_string(number));
  event.members.SetText("eventOrganizer", "Ours \"&\" Co");
  event.members.SetText("eventType", "WEBINAR");
  event.members.SetFlag("eventCancelled", false);
  event.members.SetFlag("eventCompleted", random.Chance(0.5));
  event.members.SetInstant("startDateTime", now + kDay);
  event.members.SetNumber("registrants", random.Between(0, 500));
  event.members.SetNumber("attendees", random.Between(0, 400));
  event.members.SetNumber("cancellations", 3);
  event.members.SetNumber("noShows", 0);
  event.members.Set("customProperties", R"([{"name":"room","value":"Ü1"}])");
  event.members.SetInstant("createdAt", now - kDay);
  event.members.SetInstant("updatedAt", now - kDay);
  of(ReferenceKind::kEvents).push_back(std::move(event));
}

void ReferenceStore::AddRate(std::string_view currency, std::string_view rate, Instant effective) {
  ReferenceItem item{.id = std::to_string(next_id_++)};
  item.members.SetText("fromCurrencyCode", currency);
  item.members.SetText("toCurrencyCode", "USD");
  item.members.Set("conversionRate", std::string(rate));
  item.members.SetFlag("visibleInUI", true);
  item.members.SetInstant("effectiveAt", effective);
  item.members.SetInstant("createdAt", effective);
  item.members.SetInstant("updatedAt", effective);
  of(ReferenceKind::kCurrencies).push_back(std::move(item));
}

bool ReferenceStore::Change(std::string_view kind, std::vector<CrmObject>& objects, Random& random,
                            Instant now) {
  const auto draw = [&](ReferenceKind of_kind) -> ReferenceItem* {
    Items& items = of(of_kind);
    return items.empty() ? nullptr : &items[random.Below(items.size())];
  };
  const auto remove = [&](ReferenceKind of_kind) {
    Items& items = of(of_kind);
    if (items.size() < 2) return false;
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(random.Below(items.size())));
    return true;
  };
  if (kind == "owner_add") {
    AddOwner(random, now);
    return true;
  }
  if (kind == "owner_deactivate") {
    ReferenceItem* owner = draw(ReferenceKind::kOwners);
    if (owner == nullptr || owner->archived) return false;
    owner->archived = true;
    owner->members.Set("userId", "null");
    return true;
  }
  if (kind == "team_rename") {
    draw(ReferenceKind::kTeams)->members.SetText("name", "Team " + std::to_string(now));
    return true;
  }
  if (kind == "list_add") {
    AddList(objects, random, now);
    return true;
  }
  if (kind == "list_delete") return remove(ReferenceKind::kLists);
  if (kind == "event_count") {
    ReferenceItem* event = draw(ReferenceKind::kEvents);
    if (event == nullptr) return false;
    event->members.SetNumber("attendees", random.Between(0, 1000));
    return true;
  }
  if (kind == "event_delete") return remove(ReferenceKind::kEvents);
  if (kind == "rate_change") {
    ReferenceItem* rate = draw(ReferenceKind::kCurrencies);
    rate->members.Set("conversionRate", "1." + std::to_string(random.Between(1, 999)));
    rate->members.SetInstant("updatedAt", now);
    return true;
  }
  if (kind.starts_with("stage_")) return ChangeStage(kind, random, now);
  if (kind == "list_join" || kind == "list_leave") {
    return ChangeMembers(kind, objects, random, now);
  }
  throw std::runtime_error("unknown change " + std::string(kind));
}

bool ReferenceStore::ChangeStage(std::string_view kind, Random& random, Instant now) {
  Items& pipelines = of(ReferenceKind::kPipelines);
  if (pipelines.empty()) return false;
  std::vector<Stage>& stages = pipelines[random.Below(pipelines.size())].stages;
  if (kind == "stage_rename") {
    if (stages.empty()) return false;
    Stage& stage = stages[random.Below(stages.size())];
    stage.members.SetText("label", "Renamed at " + std::to_string(now));
    stage.members.SetInstant("updatedAt", now);
    return true;
  }
  if (kind != "stage_delete") throw std::runtime_error("unknown change " + std::string(kind));
  if (stages.size() < 2) return false;
  stages.erase(stages.begin() + static_cast<std::ptrdiff_t>(random.Below(stages.size())));
  return true;
}

bool ReferenceStore::ChangeMembers(std::string_view kind, std::vector<CrmObject>& objects,
                                   Random& random, Instant now) {
  Items& lists = of(ReferenceKind::kLists);
  if (lists.empty()) return false;
  ReferenceItem& list = lists[random.Below(lists.size())];
  if (kind == "list_join") {
    const Record* record = objects[list.type].records.DrawRecord(random, RecordState::kLive);
    if (record == nullptr || !list.joined.emplace(record->id, now).second) return false;
    list.last_added = now;
    return true;
  }
  if (list.joined.empty()) return false;
  auto member = list.joined.begin();
  std::advance(member, static_cast<std::ptrdiff_t>(random.Below(list.joined.size())));
  list.joined.erase(member);
  list.last_removed = now;
  return true;
}

}  // namespace simulated_portal
