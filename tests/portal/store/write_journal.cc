#include "store/write_journal.h"

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

void AppendText(std::string& out, std::string_view key, std::string_view value) {
  out.append(",\"").append(key).append("\":");
  AppendJsonString(out, value);
}

}  // namespace

void WriteJournal::AppendLines(std::string& out, size_t after) const {
  for (size_t i = after; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    out.append("{\"number\":").append(std::to_string(i + 1));
    out.append(",\"at\":").append(std::to_string(entry.at));
    AppendText(out, "op", entry.op);
    AppendText(out, "object", kObjectTypes[entry.object].name);
    AppendText(out, "id", std::to_string(entry.id));
    if (!entry.trace_id.empty()) AppendText(out, "trace_id", entry.trace_id);
    if (entry.to != 0) {
      AppendText(out, "to_object", kObjectTypes[entry.to_object].name);
      AppendText(out, "to", std::to_string(entry.to));
      out += ",\"type_ids\":[";
      for (const int64_t id : entry.type_ids) {
        if (out.back() != '[') out += ',';
        out += std::to_string(id);
      }
      out += ']';
    }
    out += ",\"properties\":{";
    for (const auto& [name, value] : entry.sent) {
      if (out.back() != '{') out += ',';
      AppendJsonString(out, name);
      out += ':';
      AppendJsonString(out, value);
    }
    out += "}}\n";
  }
}

}  // namespace simulated_portal
