#include "faults/traffic_stats.h"

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

constexpr size_t kKept = 10;
constexpr size_t kKeptLength = 300;

}  // namespace

void TrafficStats::CountUnexpected(std::string_view method, std::string_view target,
                                   std::string_view answer) {
  ++unexpected_;
  if (first_unexpected_.size() == kKept) return;
  std::string words(method);
  words.append(" ").append(target.substr(0, kKeptLength));
  words.append(": ").append(answer.substr(0, kKeptLength));
  first_unexpected_.push_back(std::move(words));
}

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
  out.append(",\"unexpected\":").append(std::to_string(unexpected_));
  out += ",\"first_unexpected\":[";
  for (const std::string& words : first_unexpected_) {
    if (out.back() == '"') out += ',';
    AppendJsonString(out, words);
  }
  out += "],";
}

}  // namespace simulated_portal
