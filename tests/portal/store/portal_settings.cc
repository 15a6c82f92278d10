#include "store/portal_settings.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace simulated_portal {
namespace {

void ReadLimits(JsonFields& fields, LimitSettings& limits) {
  const rapidjson::Value* value = fields.Take("limits");
  if (value == nullptr) return;
  if (value->IsFalse()) {
    limits.burst = limits.search = limits.associations = limits.daily = 0;
    return;
  }
  fields.ReadObject("limits", [&limits](JsonFields inner) {
    inner.Read("burst", limits.burst);
    inner.ReadDuration("burst_window", limits.burst_window);
    inner.Read("search", limits.search);
    inner.Read("associations", limits.associations);
    inner.Read("daily", limits.daily);
    inner.RefuseOthers();
  });
}

OAuthSettings ReadOAuth(JsonFields fields) {
  OAuthSettings oauth;
  std::vector<std::string> scopes;
  fields.Read("client_id", oauth.client_id);
  fields.Read("client_secret", oauth.client_secret);
  fields.Read("refresh_token", oauth.refresh_token);
  fields.Read("redirect_uris", oauth.redirect_uris);
  if (fields.Read("scopes", scopes)) oauth.scopes = Scopes(scopes.begin(), scopes.end());
  fields.Read("expires_in", oauth.expires_in);
  fields.RefuseOthers();
  return oauth;
}

void ReadCounts(JsonFields& fields, const char* name, ObjectCounts& counts) {
  fields.ReadObject(name, [&counts](JsonFields inner) {
    for (size_t i = 0; i < kObjectTypes.size(); ++i) {
      uint64_t count = counts[i];
      inner.Read(kObjectTypes[i].name.data(), count);
      counts[i] = count;
    }
    inner.RefuseOthers();
  });
}

void ReadIdShapes(JsonFields& fields, PortalSettings& settings) {
  fields.ReadObject("ids", [&settings](JsonFields inner) {
    for (size_t i = 0; i < kObjectTypes.size(); ++i) {
      std::string word;
      if (!inner.Read(kObjectTypes[i].name.data(), word)) continue;
      const auto shape = ParseIdShape(word);
      if (!shape) inner.Fail(kObjectTypes[i].name.data(), "unknown shape \"" + word + "\"");
      settings.ids[i] = *shape;
    }
    inner.RefuseOthers();
  });
}

PortalSettings ReadPortal(JsonFields fields, uint64_t seed) {
  PortalSettings settings = PlainPortal(seed, 1000);
  settings.tokens.clear();
  settings.oauth.reset();
  fields.Read("portal_id", settings.portal_id);
  fields.Read("seed", settings.seed);
  uint64_t records = 0;
  if (fields.Read("records", records)) SpreadRecords(settings, records);
  if (fields.Take("objects") != nullptr) settings.records.fill(0);
  ReadCounts(fields, "objects", settings.records);
  ReadCounts(fields, "properties", settings.properties);
  ReadIdShapes(fields, settings);
  fields.ReadObject("reference", [&settings](JsonFields inner) {
    inner.Read("owners", settings.reference.owners);
    inner.Read("lists", settings.reference.lists);
    inner.Read("events", settings.reference.events);
    inner.Read("members", settings.reference.members);
    inner.RefuseOthers();
  });
  fields.ReadObjects("tokens", [&settings](JsonFields inner) {
    std::string token;
    std::vector<std::string> scopes;
    if (!inner.Read("token", token)) inner.Fail("token", "missing");
    const bool given = inner.Read("scopes", scopes);
    inner.RefuseOthers();
    settings.tokens.emplace_back(token, given ? Scopes(scopes.begin(), scopes.end()) : AllScopes());
  });
  fields.ReadObject(
      "oauth", [&settings](JsonFields inner) { settings.oauth = ReadOAuth(std::move(inner)); });
  std::string offset;
  if (fields.Read("utc_offset", offset)) {
    const auto parsed = ParseUtcOffset(offset);
    if (!parsed) fields.Fail("utc_offset", "not of the form -05:00");
    settings.utc_offset = *parsed;
  }
  fields.Read("time_zone", settings.time_zone);
  ReadLiveSettings(fields, settings.live);
  fields.ReadTexts("switches", [&settings](const std::string& name, const std::string& setting) {
    settings.switches.emplace_back(name, setting);
  });
  fields.ReadObjects("faults", [&settings](JsonFields inner) {
    settings.faults.push_back(ReadFault(std::move(inner)));
  });
  fields.RefuseOthers();
  return settings;
}

}  // namespace

void SpreadRecords(PortalSettings& settings, size_t records) {
  size_t left = records;
  for (size_t i = kObjectTypes.size(); i-- > 1;) {
    settings.records[i] =
        static_cast<size_t>(std::llround(static_cast<double>(records) * kObjectTypes[i].share));
    settings.records[i] = std::min(settings.records[i], left);
    left -= settings.records[i];
  }
  settings.records[kContacts] = left;
}

PortalSettings PlainPortal(uint64_t seed, size_t records) {
  PortalSettings settings;
  settings.seed = seed;
  for (size_t i = 0; i < kObjectTypes.size(); ++i) {
    settings.properties[i] = kObjectTypes[i].default_properties;
  }
  SpreadRecords(settings, records);
  settings.tokens.emplace_back("pat-na1-simulated-token", AllScopes());
  settings.oauth = OAuthSettings{.client_id = "simulated-client",
                                 .client_secret = "simulated-secret",
                                 .refresh_token = "na1-simulated-refresh-token",
                                 .redirect_uris = {}};
  return settings;
}

void ReadLiveSettings(JsonFields& fields, LiveSettings& live) {
  fields.ReadDuration("latency", live.latency);
  fields.ReadDuration("jitter", live.jitter);
  ReadLimits(fields, live.limits);
  fields.ReadObject("other_app", [&live](JsonFields inner) {
    inner.Read("requests_per_second", live.other_app.requests_per_second);
    inner.Read("searches_per_second", live.other_app.searches_per_second);
    inner.RefuseOthers();
  });
  fields.ReadDuration("index_delay", live.index.change);
  if (fields.ReadDuration("index_removal_delay", live.index.removal)) {
    live.removal_delay_given = true;
  } else if (!live.removal_delay_given) {
    live.index.removal = 6 * live.index.change;
  }
  fields.Read("index_late_share", live.index.late_share);
  fields.ReadDuration("index_late_delay", live.index.late);
  fields.ReadDuration("clock_offset", live.clock_offset);
  fields.Read("gzip", live.gzip);
  fields.Read("uri_limit", live.uri_limit);
  fields.Read("close_after_answer", live.close_after_answer);
  fields.Read("close_on_request", live.close_on_request);
}

Fault ReadFault(JsonFields fields) {
  Fault fault;
  int64_t status = fault.status;
  fields.Read("match", fault.match);
  fields.Read("method", fault.method);
  fields.Read("kind", fault.kind);
  const bool chance = fields.Read("chance", fault.chance);
  if (!fields.Read("count", fault.count)) fault.count = chance ? -1 : 1;
  fields.Read("after", fault.after);
  fields.Read("status", status);
  fields.Read("policy", fault.policy);
  fields.Read("location", fault.location);
  fields.Read("retry_after", fault.retry_after);
  int64_t seconds = fault.seconds / kSecond;
  fields.Read("seconds", seconds);
  fields.Read("bytes", fault.bytes);
  fields.Read("record", fault.record);
  fields.Read("holds", fault.holds);
  fields.Read("by", fault.by);
  fields.RefuseOthers();
  if (!IsFaultKind(fault.kind)) fields.Fail("kind", "unknown fault \"" + fault.kind + "\"");
  if (fault.count == 0) fields.Fail("count", "must not be 0");
  if (status < 200 || status > 599) fields.Fail("status", "not an HTTP status");
  if (fault.policy != "burst" && fault.policy != "search" && fault.policy != "daily") {
    fields.Fail("policy", "must be burst, search or daily");
  }
  fault.status = static_cast<int>(status);
  fault.seconds = seconds * kSecond;
  return fault;
}

Scenario ParseScenario(std::string_view text, uint64_t seed) {
  const rapidjson::Document document = ParseJsonObject(text);
  Scenario scenario;
  JsonFields fields(document, "");
  fields.Read("version", scenario.version);
  fields.ReadObjects("portals", [&](JsonFields inner) {
    scenario.portals.push_back(ReadPortal(std::move(inner), seed + scenario.portals.size()));
  });
  fields.RefuseOthers();
  if (scenario.portals.empty()) throw std::runtime_error("portals: the scenario has none");
  return scenario;
}

}  // namespace simulated_portal
