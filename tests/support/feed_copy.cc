#include "support/feed_copy.h"

#include <stdexcept>
#include <vector>

#include "compare/json.h"

namespace hubmirror::testing {
namespace {

using compare::Json;

/// A value as the feed has it, told apart from every other.
std::string TextOf(const Json& value) {
  if (value.is_string()) return value.AsString();
  return "cut " + std::to_string(value["bytes"].AsInteger()) + " " + value.Text("sha256");
}

/// The feed compares numbers as numbers: 1.50 is 1.5.
std::string WithoutZeros(std::string number) {
  if (number.find('.') == std::string::npos) return number;
  while (number.ends_with('0')) number.pop_back();
  if (number.ends_with('.')) number.pop_back();
  return number;
}

}  // namespace

struct FeedCopy::Entry {
  explicit Entry(const Json& row)
      : seq(row["seq"].AsInteger()),
        op(row.Text("op")),
        place(row.Text("object"), row["id"].is_null() ? 0 : row["id"].AsInteger()),
        to(row.Text("to_object"), row["to_id"].is_null() ? 0 : row["to_id"].AsInteger()),
        before(row["before"]),
        after(row["after"]) {}

  [[noreturn]] void IsFalse(const std::string& why) const {
    throw std::runtime_error("entry " + std::to_string(seq) + ", " + op + " of " + place.first +
                             " " + std::to_string(place.second) + ": " + why);
  }

  int64_t seq;
  std::string op;
  Place place;
  Place to;
  Json before;
  Json after;
};

void FeedCopy::Take() {
  records_.clear();
  links_.clear();
  Session session(dsn_);
  session.Run(
      "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD';"
      " BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  ReadNumbers(session);
  last_ = std::stoll(session.Run("SELECT coalesce(max(seq), 0) FROM " + schema_ + ".changes"));
  const Json objects = Json::Parse(session.Run(
      "SELECT coalesce(json_agg(DISTINCT object), '[]') FROM " + schema_ + ".properties"));
  for (const Json& object : objects.AsArray()) TakeRecords(session, object.AsString());
  const Json links = Json::Parse(session.Run(
      "SELECT coalesce(json_agg(json_build_array(from_type, from_id, to_type, to_id, category,"
      " type_id::text, coalesce(label, ''))), '[]') FROM " +
      schema_ + ".associations WHERE removed_at IS NULL"));
  for (const Json& row : links.AsArray()) {
    const auto& link = row.AsArray();
    const Place from(link[0].AsString(), link[1].AsInteger());
    const Place to(link[2].AsString(), link[3].AsInteger());
    links_[{from, to, link[4].AsString(), link[5].AsString()}] = link[6].AsString();
  }
}

std::string FeedCopy::Held(const std::string& object, const std::string& name,
                           const std::string& text) const {
  return numbers_.contains({object, name}) ? WithoutZeros(text) : text;
}

void FeedCopy::ReadNumbers(Session& session) {
  const Json numbers = Json::Parse(
      session.Run("SELECT coalesce(json_agg(json_build_array(object, name)), '[]') FROM " +
                  schema_ + ".properties WHERE column_type = 'numeric'"));
  for (const Json& number : numbers.AsArray()) {
    numbers_.emplace(number.AsArray()[0].AsString(), number.AsArray()[1].AsString());
  }
}

void FeedCopy::TakeRecords(Session& session, const std::string& object) {
  const std::string stamp = object == "contacts" ? "lastmodifieddate" : "hs_lastmodifieddate";
  const std::string values = session.Run(
      "SELECT coalesce(string_agg(format('(%L, %s)', name, CASE storage WHEN 'column' THEN"
      " format('coalesce(t.%I::text, t._overflow->>%L)', column_name, name) ELSE"
      " format('t._overflow->>%L', name) END), ', '), '(NULL, NULL)') FROM " +
      schema_ + ".properties WHERE object = '" + object + "' AND NOT excluded AND name NOT IN" +
      " ('hs_object_id', '" + stamp + "')");
  const Json rows = Json::Parse(session.Run(
      "SELECT coalesce(json_agg(json_build_array(t.id, CASE WHEN erased_at IS NOT NULL THEN"
      " 'erased' WHEN merged_into IS NOT NULL THEN 'merged' WHEN purged_at IS NOT NULL THEN"
      " 'purged' WHEN archived THEN 'archived' ELSE 'live' END, merged_into,"
      " (SELECT json_object_agg(v.name, CASE WHEN octet_length(v.value) > 8192 THEN"
      " json_build_object('bytes', octet_length(v.value), 'sha256',"
      " encode(sha256(convert_to(v.value, 'UTF8')), 'hex')) ELSE to_json(v.value) END)"
      " FROM (VALUES " +
      values + ") v(name, value) WHERE v.value IS NOT NULL))), '[]') FROM " + schema_ + ".\"" +
      object + "\" t"));
  for (const Json& row : rows.AsArray()) {
    const auto& fields = row.AsArray();
    Record& record = records_[{object, fields[0].AsInteger()}];
    record.state = fields[1].AsString();
    if (record.state == "merged") record.merged_into = fields[2].AsInteger();
    if (fields[3].is_null()) continue;
    for (const auto& [name, value] : fields[3].AsObject()) {
      record.values[name] = Held(object, name, TextOf(value));
    }
  }
}

int64_t FeedCopy::Follow() {
  int64_t applied = 0;
  Session session(dsn_);
  ReadNumbers(session);
  while (true) {
    const Json entries = Json::Parse(session.Run(
        "SELECT coalesce(json_agg(e ORDER BY seq), '[]') FROM (SELECT seq, op, object, id,"
        " to_object, to_id, before, after FROM " +
        schema_ + ".changes WHERE seq > " + std::to_string(last_) + " ORDER BY seq LIMIT 5000) e"));
    if (entries.AsArray().empty() && stale_.empty()) return applied;
    for (const Json& row : entries.AsArray()) {
      Apply(Entry(row));
      ++applied;
    }
    if (entries.AsArray().empty()) ReadAgain();
  }
}

void FeedCopy::ReadAgain() {
  FeedCopy tables(dsn_, schema_);
  tables.Take();
  fresh_ = std::move(stale_);
  stale_.clear();
  fresh_to_ = tables.last_;
  fresh_records_ = std::move(tables.records_);
  numbers_ = std::move(tables.numbers_);
  for (auto& [place, record] : records_) {
    for (const auto& [object, name] : fresh_) {
      if (object == place.first) TakeOver(place, name, record);
    }
  }
}

void FeedCopy::TakeOver(const Place& place, const std::string& name, Record& record) const {
  record.values.erase(name);
  const auto found = fresh_records_.find(place);
  if (found == fresh_records_.end()) return;
  const auto value = found->second.values.find(name);
  if (value != found->second.values.end()) record.values.insert(*value);
}

void FeedCopy::Apply(const Entry& entry) {
  if (entry.op == "epoch") {
    if (entry.after["follows"].AsInteger() != last_) {
      entry.IsFalse("it does not follow " + std::to_string(last_));
    }
  } else if (entry.seq != last_ + 1) {
    entry.IsFalse("the last one was " + std::to_string(last_));
  } else if (entry.op == "link" || entry.op == "unlink" || entry.op == "relabel") {
    ApplyToLink(entry);
  } else if (entry.op != "loaded") {
    ApplyToRecord(entry);
  } else if (!entry.after.is_null()) {
    for (const Json& name : entry.after["properties"].AsArray()) {
      stale_.emplace(entry.place.first, name.AsString());
    }
  }
  last_ = entry.seq;
}

void FeedCopy::ApplyToRecord(const Entry& entry) {
  const bool known = records_.contains(entry.place);
  const bool meets = entry.op == "create" || entry.op == "seen";
  // Somebody may be met for the first time when he is archived or merged already.
  const bool marks = entry.op == "archive" || entry.op == "merge";
  if (known && (meets || (marks && entry.before.is_null() && !entry.after.is_null()))) {
    entry.IsFalse("the record was there");
  }
  if (!known && !meets && !marks) entry.IsFalse("there is no such record");
  Record& record = records_[entry.place];
  if (meets || entry.op == "restore") record.state = "live";
  if (entry.op == "archive") record.state = "archived";
  if (entry.op == "purge") record.state = "purged";
  if (entry.op != "update") record.merged_into.reset();
  if (entry.op == "merge") {
    record.state = "merged";
    record.merged_into = entry.to.second;
  }
  if (entry.op == "erase") {
    record = Record{.state = "erased", .merged_into = {}, .values = {}};
    std::erase_if(links_, [&](const auto& link) {
      return std::get<0>(link.first) == entry.place || std::get<1>(link.first) == entry.place;
    });
  }
  if (entry.after.is_null()) return;
  for (const auto& [name, value] : entry.after.AsObject()) ApplyValue(entry, record, name);
}

void FeedCopy::ApplyValue(const Entry& entry, Record& record, const std::string& name) {
  const std::string& object = entry.place.first;
  if (stale_.contains({object, name})) return;
  if (entry.seq <= fresh_to_ && fresh_.contains({object, name})) {
    return TakeOver(entry.place, name, record);
  }
  const auto held = [&](const Json& value) {
    return value.is_null() ? "(none)" : Held(object, name, TextOf(value));
  };
  const auto stands = record.values.find(name);
  const std::string stood = stands == record.values.end() ? "(none)" : stands->second;
  // What somebody had who was met before, and is not named, nobody knows.
  const bool named = !entry.before.is_null() && entry.before.Has(name);
  const bool known = named || entry.before.is_null();
  const std::string before = named ? held(entry.before[name]) : "(none)";
  if (known && stood != before) entry.IsFalse(name + " was " + stood + ", not " + before);
  const Json& value = entry.after[name];
  if (value.is_null()) {
    record.values.erase(name);
  } else {
    record.values[name] = held(value);
  }
}

void FeedCopy::ApplyToLink(const Entry& entry) {
  // One of its ends was erased since, as an entry that follows says.
  if (entry.before.is_null() && entry.after.is_null()) return;
  const Json& link = entry.after.is_null() ? entry.before : entry.after;
  const LinkPlace place(entry.place, entry.to, link.Text("category"), link.Text("type_id"));
  const auto stands = links_.find(place);
  if ((entry.op == "link") != (stands == links_.end())) entry.IsFalse("the link was there, or not");
  if (entry.op != "link" && stands->second != entry.before.Text("label")) {
    entry.IsFalse("the label was " + stands->second);
  }
  if (entry.op == "unlink") {
    links_.erase(stands);
  } else {
    links_[place] = entry.after.Text("label");
  }
}

std::string FeedCopy::Differences() const {
  FeedCopy tables(dsn_, schema_);
  tables.Take();
  std::string words;
  const auto say = [&](const std::string& what) {
    if (words.size() < 4000) words += what + "\n";
  };
  const auto name = [](const Place& place) {
    return place.first + " " + std::to_string(place.second);
  };
  for (const auto& [place, record] : tables.records_) {
    const auto found = records_.find(place);
    if (found == records_.end()) {
      say(name(place) + " is missing");
      continue;
    }
    const Record& ours = found->second;
    if (ours.state != record.state || ours.merged_into != record.merged_into) {
      say(name(place) + " is " + ours.state + ", not " + record.state);
    }
    if (ours.values == record.values) continue;
    for (const auto& [property, value] : record.values) {
      const auto held = ours.values.find(property);
      if (held == ours.values.end() || held->second != value) {
        say(name(place) + " " + property + ": " +
            (held == ours.values.end() ? "(none)" : held->second) + ", not " + value);
      }
    }
    for (const auto& [property, value] : ours.values) {
      if (!record.values.contains(property)) say(name(place) + " " + property + " is gone");
    }
  }
  for (const auto& [place, record] : records_) {
    if (!tables.records_.contains(place)) say(name(place) + " is too many");
  }
  for (const auto& [place, label] : tables.links_) {
    const auto found = links_.find(place);
    if (found == links_.end() || found->second != label) {
      say("the link of " + name(std::get<0>(place)) + " with " + name(std::get<1>(place)) +
          " differs");
    }
  }
  for (const auto& [place, label] : links_) {
    if (!tables.links_.contains(place)) {
      say("the link of " + name(std::get<0>(place)) + " with " + name(std::get<1>(place)) +
          " is too many");
    }
  }
  return words;
}

}  // namespace hubmirror::testing
