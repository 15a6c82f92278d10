#include "store/truth.h"

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

void AppendInstantOrNull(std::string& out, std::string_view name, Instant instant) {
  out.append(",\"").append(name);
  if (instant == 0) {
    out += "\":null";
  } else {
    out.append("\":\"").append(FormatInstant(instant)).append("\"");
  }
}

void AppendLine(std::string& out, CrmObject& object, bool lists_archived, const Record& record) {
  out += "{\"id\":\"";
  AppendInteger(out, record.id);
  out.append("\",\"state\":\"").append(NameOf(record.state));
  if (record.state == RecordState::kMerged) {
    const Record& survivor = *object.records.Resolve(record.id);
    out += "\",\"merged_into\":\"";
    AppendInteger(out, survivor.id);
    out.append("\",\"survivor_state\":\"").append(NameOf(survivor.state)).append("\"");
  } else {
    out += "\",\"merged_into\":null,\"survivor_state\":null";
  }
  AppendInstantOrNull(out, "created_at", record.created);
  AppendInstantOrNull(out, "updated_at", record.version->updated);
  AppendInstantOrNull(out, "archived_at", record.archived_at);
  AppendInstantOrNull(out, "modified", record.version->stamp);
  out.append(",\"served\":").append(record.served ? "true" : "false");
  out.append(",\"read\":").append(record.read ? "true" : "false");
  const bool listed = record.state == RecordState::kLive ||
                      (record.state == RecordState::kArchived && lists_archived);
  out.append(",\"listed\":").append(listed ? "true" : "false");
  out += ",\"changed_at\":";
  AppendInteger(out, record.changed_at);
  out.append(",\"last_change\":\"").append(record.last_change).append("\",\"properties\":{");
  // Deleted definitions took their values with them.
  bool any = false;
  for (size_t entry = 0; entry < record.version->entries.size(); ++entry) {
    if (object.catalog.at(record.version->entries[entry].property).deleted) continue;
    out += record.version->Segment(entry);
    any = true;
  }
  if (any) out.pop_back();
  out += "}}\n";
}

}  // namespace

RecordId AppendTruth(std::string& out, CrmObject& object, bool lists_archived, RecordId after,
                     size_t limit) {
  size_t count = 0;
  auto& all = object.records.all();
  RecordId last = 0;
  for (auto at = all.upper_bound(after); at != all.end(); ++at) {
    if (limit > 0 && count == limit) return last;
    AppendLine(out, object, lists_archived, at->second);
    last = at->first;
    ++count;
  }
  return 0;
}

void AppendAllProperties(std::string& out, const PropertyCatalog& catalog) {
  out += "{\"results\":[";
  for (size_t i = 0; i < catalog.all().size(); ++i) {
    if (catalog.all()[i].deleted) continue;
    if (out.back() == '}') out += ',';
    catalog.AppendDefinition(out, static_cast<PropertyIndex>(i));
  }
  out += "]}";
}

}  // namespace simulated_portal
