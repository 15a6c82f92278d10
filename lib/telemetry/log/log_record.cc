#include "telemetry/log/log_record.h"

#include "base/printable.h"
#include "telemetry/log/event_table.h"

namespace hubmirror {

std::string JournalMessage(const LogLine& line) {
  std::string about;
  for (const auto& [name, value] : line.fields) {
    if (value.empty()) continue;
    if (name == "PORTAL") about = " " + value + about;
    if (name == "OBJECT") about += "/" + value;
  }
  return WithoutControls(std::string(line.event) + about + ": " + line.message, ' ');
}

std::vector<std::pair<std::string, std::string>> JournalFields(const LogLine& line) {
  std::vector<std::pair<std::string, std::string>> fields;
  fields.emplace_back("MESSAGE", WithoutControls(line.message, ' '));
  fields.emplace_back("PRIORITY", std::to_string(PriorityOf(line.level)));
  if (const EventKind* const event = FindEvent(line.event)) {
    fields.emplace_back("MESSAGE_ID", event->message_id);
  }
  fields.emplace_back("HUBMIRROR_EVENT", line.event);
  for (const auto& [name, value] : line.fields) {
    if (value.empty()) continue;
    fields.emplace_back("HUBMIRROR_" + std::string(name), WithoutControls(value, ' '));
  }
  return fields;
}

}  // namespace hubmirror
