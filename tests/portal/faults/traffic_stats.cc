#include "faults/traffic_stats.h"

#include "endpoints/json_text.h"

namespace simulated_portal {

void TrafficStats::AppendJson(std::string& out) const {
  out += "\"requests\":[";
  bool first = true;
  for (const auto& [key, count] : requests_) {
    out.append(first ? "" : ",").append("{\"portal\":").append(std::to_string(key.portal));
    out += ",\"endpoint\":";
    AppendJsonString(out, key.endpoint);
    out.append(",\"status\":").append(std::to_string(key.status));
    out.append(",\"count\":").append(std::to_string(count)).append("}");
    first = false;
  }
  out += "],\"violations\":{";
  for (const auto& [kind, count] : violations_) {
    AppendJsonString(out, kind);
    out.append(":").append(std::to_string(count)).append(",");
  }
  out.back() = '}';
  out.append(",\"unexpected\":").append(std::to_string(unexpected_)).append(",");
}

}  // namespace simulated_portal
