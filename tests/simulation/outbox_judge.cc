#include "simulation/outbox_judge.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "support/sql_session.h"

namespace hubmirror::simulation {
namespace {

using compare::Json;

constexpr const char* kRows = R"(
  SELECT coalesce(json_agg(to_json(r)), '[]') FROM (SELECT o.id::text, o.object, o.op,
    o.record_id::text, o.match_property, o.match_value, o.on_conflict, o.state, o.reason, o.message,
    o.attempts::text, o.result_id::text, o.turn::text, o.dry_run,
    o.retried_at IS NOT NULL AS retried,
    (1000 * extract(epoch FROM o.created_at))::bigint::text AS created, o.associations::text,
    acme._outbox_guard(o.key, o.guard) AS guard, o.depends_on::text[] AS depends,
    (SELECT json_object_agg(p.key, acme._outbox_text(p.value)) FROM jsonb_each(o.properties) p)
      AS properties,
    (SELECT json_object_agg(p.key, acme._outbox_text(p.value)) FROM jsonb_each(o.base) p) AS base,
    (SELECT json_object_agg(d.key, d.value) FROM jsonb_each(o.differs) d) AS differs
  FROM acme.outbox o ORDER BY o.id) r)";

int64_t Number(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::map<std::string, std::string> Texts(const Json& object) {
  std::map<std::string, std::string> texts;
  if (!object.is_object()) return texts;
  for (const auto& [name, value] : object.AsObject()) {
    texts[name] = value.is_string() ? value.AsString() : "";
  }
  return texts;
}

/// What stands in a text behind each `"key":"`.
std::vector<std::string> TextsBehind(std::string_view text, std::string_view key) {
  std::vector<std::string> found;
  for (size_t at = text.find(key); at != text.npos; at = text.find(key, at)) {
    at += key.size();
    found.emplace_back(text.substr(at, text.find('"', at) - at));
  }
  return found;
}

/// When the step that runs on this thread last asked what records hold.
thread_local simulated_portal::Instant looked_at = 0;

}  // namespace

void OutboxJudge::NoteRequest(const ClientRequest& request) {
  if (request.target.find("/batch/read") != std::string::npos) looked_at = hubspot_.Now();
  if (!request.once) return;
  for (std::string& trace : TextsBehind(request.body, "\"objectWriteTraceId\":\"")) {
    looked_[std::move(trace)] = looked_at;
  }
}

void OutboxJudge::ReadRows() {
  const Json all = Json::Parse(testing::RunSql(database_.dsn, kRows));
  for (const Json& row : all.AsArray()) {
    Row one{.id = Number(row.Text("id")),
            .object = row.Text("object"),
            .op = row.Text("op"),
            .state = row.Text("state"),
            .reason = row.Text("reason"),
            .message = row.Text("message"),
            .on_conflict = row.Text("on_conflict"),
            .match_property = row.Text("match_property"),
            .match_value = row.Text("match_value"),
            .guard = row.Text("guard"),
            .record = Number(row.Text("record_id")),
            .result = Number(row.Text("result_id")),
            .attempts = Number(row.Text("attempts")),
            .turn = Number(row.Text("turn")),
            .created = Number(row.Text("created")),
            .dry_run = row.Flag("dry_run"),
            .retried = row.Flag("retried"),
            .properties = Texts(row["properties"])};
    if (row["depends"].is_array()) {
      for (const Json& id : row["depends"].AsArray()) one.depends.push_back(Number(id.AsString()));
    }
    if (row["base"].is_object()) one.base = Texts(row["base"]);
    if (row["differs"].is_object()) {
      for (const auto& [name, why] : row["differs"].AsObject()) one.differs.insert(name);
    }
    if (!row.Text("associations").empty()) one.links = Json::Parse(row.Text("associations"));
    ++ends_[one.state + (one.reason.empty() ? "" : "/" + one.reason)];
    rows_.emplace(one.id, std::move(one));
  }
}

void OutboxJudge::ComplainOf(const Row& row, const std::string& what) {
  complain_("row " + std::to_string(row.id) + " (" + row.op + " " + row.object + " " +
            std::to_string(row.record) + ", " + row.state +
            (row.reason.empty() ? "" : "/" + row.reason) + "): " + what);
}

int64_t OutboxJudge::Survivor(const std::string& object, int64_t id) {
  auto& records = hubspot_.portal().objects[simulated_portal::FindObjectType(object)].records;
  const simulated_portal::Record* record = records.Find(id);
  while (record != nullptr && record->state == simulated_portal::RecordState::kMerged) {
    id = record->merged_into;
    record = records.Find(id);
  }
  return id;
}

bool OutboxJudge::Same(const std::string& object, int64_t one, int64_t other) {
  return Survivor(object, one) == Survivor(object, other);
}

std::vector<OutboxJudge::Held> OutboxJudge::Past(const std::string& object, int64_t id,
                                                 const std::string& property) {
  auto& type = hubspot_.portal().objects[simulated_portal::FindObjectType(object)];
  const simulated_portal::Record* const record = type.records.Find(id);
  const auto index = type.catalog.Find(property);
  std::vector<Held> past;
  if (record == nullptr || !index) return past;
  for (const simulated_portal::Record::Former& former : record->former) {
    past.push_back({former.since, former.version->Value(type.catalog, *index).value_or("")});
  }
  past.push_back(
      {record->version_since, record->version->Value(type.catalog, *index).value_or("")});
  return past;
}

bool OutboxJudge::IsOurs(const std::string& object, int64_t id, const std::string& property,
                         const std::string& value) {
  return std::ranges::any_of(hubspot_.portal().writes.entries(), [&](const Entry& entry) {
    if (simulated_portal::kObjectTypes[entry.object].name != object || entry.id != id) return false;
    return std::ranges::find(entry.sent, std::pair(property, value)) != entry.sent.end();
  });
}

void OutboxJudge::Look() {
  if (testing::RunSql(database_.dsn, "SELECT to_regclass('acme.outbox')").empty()) return;
  ReadRows();
  for (const Entry& entry : hubspot_.portal().writes.entries()) {
    ++written_;
    if (entry.to != 0) {
      LookAtLinkEntry(entry);
    } else {
      LookAtEntry(entry);
    }
  }
  for (const auto& [id, row] : rows_) LookAtRow(row);
  LookAtOrder();
  LookAtMoves();
}

void OutboxJudge::LookAtEntry(const Entry& entry) {
  const std::string object(simulated_portal::kObjectTypes[entry.object].name);
  if (entry.op == "archive") return LookAtArchive(entry, object);
  const auto found = rows_.find(Number(entry.trace_id));
  const size_t dot = entry.trace_id.find('.');
  if (found == rows_.end() || dot == std::string::npos) {
    complain_("nobody asked for " + std::string(entry.op) + " of " + object + " " +
              std::to_string(entry.id) + ", trace id \"" + entry.trace_id + "\"");
    return;
  }
  const Row& row = found->second;
  by_row_[row.id].push_back(&entry);
  const bool fits = entry.op == row.op || row.op == "upsert";
  if (!fits || row.object != object) {
    ComplainOf(row, "the portal did " + std::string(entry.op) + " of " + object);
  }
  if (Number(std::string_view(entry.trace_id).substr(dot + 1)) > row.attempts) {
    ComplainOf(row, "attempt " + entry.trace_id + " was never claimed");
  }
  if (row.dry_run) ComplainOf(row, "it was to be tried only, and was sent");
  // An upsert is about whoever has the value when it is carried out.
  if (row.record > 0 && row.op != "upsert" && !Same(object, row.record, entry.id)) {
    ComplainOf(row, "the portal wrote record " + std::to_string(entry.id));
  }
  LookAtValues(entry, row);
  if (entry.op == "update") LookAtOverwritten(entry, row);
}

void OutboxJudge::LookAtArchive(const Entry& entry, const std::string& object) {
  // Its inputs bear no trace id. Several rows may ask for it: the first that has not had its own.
  const Row* asks = nullptr;
  for (const auto& [id, row] : rows_) {
    if (row.op != "archive" || row.object != object || row.record != entry.id || row.dry_run)
      continue;
    const bool next = asks == nullptr || by_row_[asks->id].size() > by_row_[id].size();
    if (row.attempts > 0 && next) asks = &row;
  }
  if (asks == nullptr) {
    complain_("nobody asked for archive of " + object + " " + std::to_string(entry.id));
  } else {
    by_row_[asks->id].push_back(&entry);
  }
}

void OutboxJudge::LookAtValues(const Entry& entry, const Row& row) {
  if (row.properties.empty()) return;  // blanked by an erasure
  for (const auto& [name, value] : entry.sent) {
    const auto wanted = row.properties.find(name);
    const bool asked = wanted != row.properties.end() && wanted->second == value;
    const bool finds = name == row.match_property && value == row.match_value;
    const bool guards = name == WritingOf(row.object, setup_).key_property && value == row.guard;
    if (!asked && !finds && !guards) ComplainOf(row, "it did not ask for " + name + "=" + value);
  }
}

void OutboxJudge::LookAtOverwritten(const Entry& entry, const Row& row) {
  const auto looked = looked_.find(entry.trace_id);
  const bool merged =
      Survivor(row.object, entry.id) != entry.id || (row.record > 0 && row.record != entry.id);
  // What merges mix cannot be told apart from here.
  auto& type = hubspot_.portal().objects[entry.object];
  const simulated_portal::Record* const record = type.records.Find(entry.id);
  if (looked == looked_.end() || merged || record == nullptr || !record->merged_ids.empty()) return;
  if (!row.base || row.op != "update" || !WritingOf(row.object, setup_).check) return;
  const auto rules = WritingOf(row.object, setup_).rules;
  for (const auto& [name, value] : entry.sent) {
    const auto base = row.base->find(name);
    if (base == row.base->end()) continue;
    const auto rule = rules.find(name);
    // A retry may have named another rule than the row itself.
    if (row.retried || row.on_conflict == "ours") continue;
    if (row.on_conflict.empty()) {
      if ((rule == rules.end() ? setup_.write.on_conflict : rule->second) == "ours") continue;
    }
    const std::vector<Held> past = Past(row.object, entry.id, name);
    for (size_t i = 1; i < past.size(); ++i) {
      if (past[i].since != entry.at || past[i].value != value) continue;
      const Held& before = past[i - 1];
      // Its version may be of a change of something else: since when had it that value?
      simulated_portal::Instant since = before.since;
      for (size_t j = i - 1; j > 0 && past[j - 1].value == before.value; --j) {
        since = past[j - 1].since;
      }
      if (before.value == base->second || before.value == value || since >= looked->second ||
          IsOurs(row.object, entry.id, name, before.value)) {
        continue;
      }
      ComplainOf(row, name + "=" + value + " was written over \"" + before.value +
                          "\", which was there when it was looked at; base \"" + base->second +
                          "\"");
    }
  }
}

void OutboxJudge::LookAtLinkEntry(const Entry& entry) {
  const std::string from(simulated_portal::kObjectTypes[entry.object].name);
  const std::string to(simulated_portal::kObjectTypes[entry.to_object].name);
  const bool takes = entry.op == "unlink" || entry.op == "unlabel";
  bool asked = false;
  // Several rows may ask for the same, from either side: it is what each of them asked for.
  for (auto& [id, row] : rows_) {
    if (row.dry_run || (row.op == "disassociate") != takes) continue;
    // An erasure leaves the record, and takes away what it was to be linked with (rule W24).
    const bool blanked = row.of_links() && !row.links.is_array();
    if (blanked && ((row.object == from && row.record == entry.id) ||
                    (row.object == to && row.record == entry.to))) {
      asked = true;
    }
    if (!row.links.is_array()) continue;
    // Either end may be the one that the path names first.
    for (const bool ahead : {true, false}) {
      if (row.object != (ahead ? from : to)) continue;
      const int64_t own = row.record > 0 ? row.record : row.result;
      if (!Same(row.object, own, ahead ? entry.id : entry.to)) continue;
      for (const Json& link : row.links.AsArray()) {
        if (link.Text("object") != (ahead ? to : from)) continue;
        int64_t other = link["id"].AsInteger();
        if (other < 0) {
          const auto made = rows_.find(-other);
          other = made == rows_.end() ? 0 : made->second.result;
        }
        if (!Same(link.Text("object"), other, ahead ? entry.to : entry.id)) continue;
        by_row_[id].push_back(&entry);
        asked = true;
      }
    }
  }
  if (asked) return;
  complain_("nobody asked for " + std::string(entry.op) + " of " + from + " " +
            std::to_string(entry.id) + " and " + to + " " + std::to_string(entry.to));
}

void OutboxJudge::LookAtRow(const Row& row) {
  const std::vector<const Entry*>& did = by_row_[row.id];
  const size_t entries = did.size();
  const auto made = std::ranges::count_if(did, [](const Entry* e) { return e->op == "create"; });
  if (made > 1) ComplainOf(row, "it made " + std::to_string(made) + " records");
  if (row.state == "done") return LookAtDone(row);
  if (row.state == "queued") {
    if (!WaitsForAnother(row)) ComplainOf(row, "it still waits, and for nothing");
    return;
  }
  if (row.state == "rejected" || row.state == "conflict") {
    const bool says = row.message.find("an earlier attempt may have been") != std::string::npos;
    if (entries > 0 && !says) ComplainOf(row, "it was sent, and does not say so: " + row.message);
    return;
  }
  if (row.state == "cancelled") {
    if (entries > 0 && row.attempts == 0) ComplainOf(row, "it was carried out");
    return;
  }
  if (row.state == "failed") {
    const bool says = row.reason == "retries" || row.reason == "gone" ||
                      row.message.find("an earlier attempt may have been") != std::string::npos ||
                      row.message.find("perhaps by it") != std::string::npos ||
                      row.message.find(" itself was made") != std::string::npos;
    if (entries > 0 && !says && !row.of_links()) {
      ComplainOf(row, "it was carried out: " + row.message);
    }
    return;
  }
  ComplainOf(row, "it has come to no end");
}

bool OutboxJudge::WaitsForAnother(const Row& row) {
  if (row.reason == "depends") {
    return std::ranges::any_of(row.depends, [&](int64_t id) {
      const auto found = rows_.find(id);
      return found == rows_.end() || found->second.state != "done";
    });
  }
  // What comes before it of its record waits as well.
  return row.reason == "order" && std::ranges::any_of(rows_, [&](const auto& entry) {
           const Row& other = entry.second;
           const bool finds = !row.match_value.empty() && row.match_value == other.match_value;
           const bool same =
               finds || (row.record != 0 && Same(row.object, row.record, other.record));
           return other.object == row.object && other.turn < row.turn && other.state == "queued" &&
                  same;
         });
}

void OutboxJudge::LookAtDone(const Row& row) {
  if (row.dry_run) return;
  const std::vector<const Entry*>& did = by_row_[row.id];
  const bool made = std::ranges::any_of(did, [](const Entry* e) { return e->op == "create"; });
  const bool changed = row.reason.empty() || row.reason == "gone";
  // What was tried and is found to be so counts as done by us, whoever did it (rule W11).
  const bool found_so = row.attempts > 0 && row.op != "create";
  if (changed && did.empty() && !found_so) ComplainOf(row, "the portal did nothing for it");
  if (row.op == "create" && !made) {
    ComplainOf(row, "its record was made by somebody else");
  }
  if (row.op != "update" && row.op != "upsert") return;
  const int64_t record = row.result > 0 ? row.result : row.record;
  for (const auto& [name, value] : row.properties) {
    if (row.differs.contains(name)) continue;
    const std::vector<Held> past = Past(row.object, record, name);
    bool held = past.empty();
    for (size_t i = 0; i < past.size(); ++i) {
      const bool ended = i + 1 < past.size() && past[i + 1].since < row.created;
      held = held || (!ended && past[i].value == value);
    }
    if (!held) ComplainOf(row, name + " was never \"" + value + "\" at HubSpot");
  }
}

void OutboxJudge::LookAtOrder() {
  std::map<std::pair<std::string, int64_t>, const Row*> last;
  for (const Entry& entry : hubspot_.portal().writes.entries()) {
    const auto found = rows_.find(Number(entry.trace_id));
    if (entry.to != 0 || found == rows_.end()) continue;
    const Row& row = found->second;
    // A row that was tried again has another turn than it had.
    if (row.retried || row.record != entry.id) continue;
    const Row*& before = last[{row.object, row.record}];
    if (before != nullptr && before->turn > row.turn) {
      ComplainOf(row, "it was carried out after row " + std::to_string(before->id));
    }
    before = &row;
  }
}

void OutboxJudge::LookAtMoves() {
  const Json moves = Json::Parse(testing::RunSql(
      database_.dsn,
      "SELECT coalesce(json_agg(json_build_object('id', id::text, 'before', before, 'after', after,"
      " 'reason', reason, 'by', by) ORDER BY n), '[]') FROM public.moves"));
  for (const Json& move : moves.AsArray()) {
    const auto found = rows_.find(Number(move.Text("id")));
    if (found == rows_.end()) continue;
    const Row& row = found->second;
    const std::string before = move.Text("before");
    const std::string after = move.Text("after");
    const std::string what = before + " became " + after + "/" + move.Text("reason");
    const bool person = move.Text("by") == "crm_writer";
    const bool over = before == "done" || before == "rejected" || before == "cancelled";
    const bool waits = before == "conflict" || before == "failed";
    const bool erased = after == "cancelled" && move.Text("reason") == "gone";
    if (before != after && (over || (waits && !person && !erased))) ComplainOf(row, what);
    if (after == "unknown" && move.Text("reason") == "doubt") {
      const ObjectWritePlan plan = WritingOf(row.object, setup_);
      const bool guarded = !plan.key_property.empty() || row.properties.contains("email");
      if (row.op != "create" || guarded) ComplainOf(row, what + ", which can be found out");
    }
  }
}

}  // namespace hubmirror::simulation
