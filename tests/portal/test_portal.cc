#include "test_portal.h"

#include <stdexcept>

namespace simulated_portal {

PortalSettings TestPortal::Settings(SwitchList switches, size_t contacts) {
  PortalSettings settings = PlainPortal(5, 0);
  settings.records.fill(0);
  settings.records[kContacts] = contacts;
  settings.records[kEmails] = contacts / 10;
  settings.tokens = {{"pat-na1-test", AllScopes()}};
  settings.switches = std::move(switches);
  return settings;
}

TestPortal::TestPortal(SwitchList switches, size_t contacts)
    : api_(portals_, stats_, "2026-09"), control_(portals_, stats_, [](std::string&) {}) {
  portals_.push_back(std::make_unique<Portal>(Settings(std::move(switches), contacts), now));
}

HttpResponse TestPortal::Send(const std::string& method, const std::string& target,
                              const std::string& body) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
  text += more_headers + "Authorization: Bearer " + token + "\r\nContent-Length: ";
  text += std::to_string(body.size()) + "\r\n\r\n" + body;
  ParsedRequest parsed = ParseRequest(text);
  parsed.request.number_on_connection = number_on_connection;
  if (parsed.state != ParsedRequest::State::kComplete) throw std::runtime_error("bad test request");
  api_.DoLateWork(now);
  if (Control::IsControl(parsed.request)) return control_.Answer(parsed.request, now);
  return api_.Answer(parsed.request, now);
}

std::string TestPortal::Stats() {
  return Get("/_control/stats").body;
}

rapidjson::Document ParseAnswer(const HttpResponse& response) {
  rapidjson::Document document;
  document.Parse(response.body.data(), response.body.size());
  if (document.HasParseError()) throw std::runtime_error("not JSON: " + response.body);
  return document;
}

std::vector<RecordId> IdsOf(const HttpResponse& response) {
  std::vector<RecordId> ids;
  const rapidjson::Document document = ParseAnswer(response);
  for (const auto& record : document["results"].GetArray()) {
    ids.push_back(std::stoll(record["id"].GetString()));
  }
  return ids;
}

std::string AfterOf(const HttpResponse& response) {
  const rapidjson::Document document = ParseAnswer(response);
  if (!document.HasMember("paging")) return "";
  return document["paging"]["next"]["after"].GetString();
}

std::string HeaderOf(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace simulated_portal
