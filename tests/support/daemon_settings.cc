#include "support/daemon_settings.h"

namespace hubmirror::testing {
namespace {

/// Patience of a test: what takes minutes in production takes seconds here.
const std::map<std::string, std::string> kQuickDefaults = {{"interval", "1s"},
                                                           {"freshness_target", "30s"},
                                                           {"overlap", "5s"},
                                                           {"deep_overlap", "1m"},
                                                           {"confirm_after", "1s"},
                                                           {"sweep", "{every: 1h}"},
                                                           {"archived", "{every: 10s}"},
                                                           {"catalog", "{every: 5s}"},
                                                           {"quota_share", "1.0"},
                                                           {"properties", "{sensitive: true}"}};

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += letter;
  }
  return out + '"';
}

std::string ListOf(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const std::string& word : words) out += (out.size() > 1 ? ", " : "") + word;
  return out + "]";
}

std::string PortalYaml(const DaemonPortal& portal, const std::string& secret_dir) {
  std::string out = "  " + portal.key + ":\n";
  out += "    portal_id: " + std::to_string(portal.portal_id) + "\n";
  out += "    schema: " + portal.schema + "\n";
  if (!portal.readers.empty()) out += "    readers: " + ListOf(portal.readers) + "\n";
  if (!portal.write.empty()) out += "    write: " + portal.write + "\n";
  const std::string secret = "file:" + secret_dir + "/";
  if (portal.refresh_token) {
    out += "    oauth:\n";
    out += "      client_id: simulated-client\n";
    out += "      client_secret: " + Quoted(secret + "client") + "\n";
    out += "      refresh_token: " + Quoted(secret + portal.key + ".refresh") + "\n";
  } else {
    out += "    token: " + Quoted(secret + portal.key + ".token") + "\n";
  }
  if (portal.hash_key) out += "    hash_key: " + Quoted(secret + portal.key + ".hash") + "\n";
  if (portal.all_objects) return out + "    objects: all\n";
  if (!portal.object_settings.empty()) {
    out += "    objects:\n";
    for (const auto& [object, text] : portal.object_settings) {
      out += "      " + object + ": " + text + "\n";
    }
  } else if (!portal.asked.empty()) {
    out += "    objects: " + ListOf(portal.asked) + "\n";
  } else if (!portal.objects.empty()) {
    out += "    objects: " + ListOf(portal.objects) + "\n";
  }
  return out;
}

}  // namespace

std::string ToYaml(const DaemonSettings& settings, const DaemonPaths& paths) {
  std::string out = "version: 1\n";
  out += "database:\n  dsn: " + Quoted(settings.dsn) + "\n  pool: " + settings.pool + "\n";
  const std::string ca_file =
      settings.ca_file.empty() ? "" : ", ca_file: " + Quoted(settings.ca_file);
  out += "api: {base_url: " + Quoted(settings.base_url) + ca_file + "}\n";
  out += "web: {listen: " + Quoted(settings.listen) + "}\n";
  out += "log: {level: " + settings.log_level + ", format: json}\n";
  out += "limits: " + settings.limits + "\n";
  out += "state_dir: " + Quoted(paths.state_dir) + "\n";
  out += "control: {socket: " + Quoted(paths.control_socket) + "}\n";
  std::map<std::string, std::string> defaults = settings.defaults;
  defaults.insert(kQuickDefaults.begin(), kQuickDefaults.end());
  out += "defaults:\n";
  for (const auto& [key, value] : defaults) out += "  " + key + ": " + value + "\n";
  out += "portals:\n";
  for (const DaemonPortal& portal : settings.portals) out += PortalYaml(portal, paths.secret_dir);
  return out + settings.extra;
}

}  // namespace hubmirror::testing
