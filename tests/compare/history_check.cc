#include "compare/history_check.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "compare/json.h"
#include "compare/utf8.h"

namespace hubmirror::compare {
namespace {

RecordState StateCalled(const std::string& name) {
  if (name == "live") return RecordState::kLive;
  if (name == "archived") return RecordState::kArchived;
  if (name == "merged") return RecordState::kMerged;
  if (name == "erased") return RecordState::kErased;
  if (name == "purged") return RecordState::kPurged;
  throw std::runtime_error("unknown state " + name);
}

std::string Shown(const PastValue& value) {
  const auto& [property, since, text, source_type, source_id, user] = value;
  return property + " = '" + text + "' from " + FormatInstant(since) + " by " + source_type + " " +
         source_id + " " + user;
}

/// The entry that the mirror must hold of a raw one.
PastValue Stored(PastValue value, const std::string& object, const Selection& selection) {
  std::string& text = std::get<2>(value);
  text = IsHashed(selection, object, std::get<0>(value)) ? HashOf(selection, text) : Storable(text);
  return value;
}

}  // namespace

TruthHistory ParseHistoryLine(std::string_view line) {
  const Json json = Json::Parse(line);
  TruthHistory history{.id = std::stoll(json.Text("id")), .state = StateCalled(json.Text("state"))};
  for (const auto& [property, versions] : json["propertiesWithHistory"].AsObject()) {
    for (const Json& version : versions.AsArray()) {
      const auto since = ParseRfc3339(version.Text("timestamp"));
      if (!since) throw std::runtime_error("no instant: " + version.Text("timestamp"));
      const std::string user = version.Has("updatedByUserId")
                                   ? std::to_string(version["updatedByUserId"].AsInteger())
                                   : "";
      history.values.emplace_back(property, *since, version.Text("value"),
                                  version.Text("sourceType"), version.Text("sourceId"), user);
    }
  }
  return history;
}

int64_t CompareHistory(const std::string& object, const std::vector<TruthHistory>& truth,
                       HistoryRows rows, const Selection& selection, const DifferenceSink& sink) {
  int64_t compared = 0;
  const auto report = [&](RecordId id, const std::string& expected, const std::string& found) {
    sink({.object = object, .id = id, .column = "history", .expected = expected, .found = found});
  };
  for (const TruthHistory& record : truth) {
    std::vector<PastValue> wanted;
    for (const PastValue& value : record.values) wanted.push_back(Stored(value, object, selection));
    std::vector<PastValue> found = std::exchange(rows[record.id], {});
    rows.erase(record.id);
    std::sort(wanted.begin(), wanted.end());
    std::sort(found.begin(), found.end());
    const bool there = record.state == RecordState::kLive || record.state == RecordState::kArchived;
    const bool forgotten = record.state == RecordState::kErased && object == "contacts";
    if (forgotten) wanted.clear();
    std::vector<PastValue> missing, surplus;
    std::set_difference(wanted.begin(), wanted.end(), found.begin(), found.end(),
                        std::back_inserter(missing));
    std::set_difference(found.begin(), found.end(), wanted.begin(), wanted.end(),
                        std::back_inserter(surplus));
    compared += static_cast<int64_t>(found.size());
    for (const PastValue& value : surplus) report(record.id, "no such entry", Shown(value));
    if (!there) continue;
    for (const PastValue& value : missing) report(record.id, Shown(value), "none");
  }
  for (const auto& [id, values] : rows) {
    for (const PastValue& value : values) report(id, "no such record", Shown(value));
  }
  return compared;
}

}  // namespace hubmirror::compare
