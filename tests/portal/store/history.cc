#include "store/history.h"

#include <algorithm>

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

struct Source {
  std::string_view type;
  std::string_view id;
  int64_t user;
};

Source SourceOf(std::string_view change) {
  if (change == "create") return {"IMPORT", "", 0};
  if (change == "calculate") return {"CALCULATED", "RecalculationJob", 0};
  if (change == "merge") return {"MERGE_OBJECTS", "", 7};
  return {"CRM_UI", "userId:41", 41};
}

void AppendVersion(std::string& out, const PropertyVersion& version, InstantStyle style) {
  out += "{\"value\":";
  AppendJsonString(out, version.value);
  out.append(",\"timestamp\":\"").append(FormatInstant(version.since, style));
  out.append("\",\"sourceType\":\"").append(version.source_type).append("\"");
  if (!version.source_id.empty()) {
    out += ",\"sourceId\":";
    AppendJsonString(out, version.source_id);
  }
  if (version.user != 0) {
    out += ",\"updatedByUserId\":";
    AppendInteger(out, version.user);
  }
  out += '}';
}

}  // namespace

std::vector<PropertyVersion> HistoryOf(const CrmObject& object, const Record& record,
                                       PropertyIndex property) {
  std::vector<PropertyVersion> history;
  std::string last;
  const auto note = [&](const RecordVersion& version, Instant since, std::string_view change) {
    std::string value = version.Value(object.catalog, property).value_or("");
    if (value == last) return;
    const Source source = SourceOf(change);
    history.push_back({value, since, source.type, std::string(source.id), source.user});
    last = std::move(value);
  };
  for (const Record::Former& former : record.former) {
    note(*former.version, former.since, former.change);
  }
  note(*record.version, record.version_since, record.version_change);
  std::reverse(history.begin(), history.end());
  return history;
}

void AppendHistory(std::string& out, const CrmObject& object, const Record& record,
                   const std::vector<PropertyIndex>& properties, InstantStyle style) {
  out += "\"propertiesWithHistory\":{";
  for (const PropertyIndex property : properties) {
    if (property == object.catalog.assigned().modified) continue;
    if (out.back() == ']') out += ',';
    out.append(object.catalog.key(property)).append("[");
    for (const PropertyVersion& version : HistoryOf(object, record, property)) {
      if (out.back() == '}') out += ',';
      AppendVersion(out, version, style);
    }
    out += ']';
  }
  out += '}';
}

void AppendHistoryTruth(std::string& out, CrmObject& object,
                        const std::vector<std::string_view>& names) {
  std::vector<PropertyIndex> properties;
  for (const std::string_view name : names) {
    const auto property = object.catalog.Find(name);
    if (property && !object.catalog.at(*property).deleted) properties.push_back(*property);
  }
  for (const auto& [id, record] : object.records.all()) {
    out += "{\"id\":\"";
    AppendInteger(out, id);
    out.append("\",\"state\":\"").append(NameOf(record.state)).append("\",");
    AppendHistory(out, object, record, properties, InstantStyle::kMilliseconds);
    out += "}\n";
  }
}

}  // namespace simulated_portal
