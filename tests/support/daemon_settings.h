#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hubmirror::testing {

/// One portal of a daemon under test.
struct DaemonPortal {
  std::string key = "acme";
  int64_t portal_id = 1234567;
  std::string schema = key;
  std::string token = "pat-na1-simulated-token";  ///< goes into a secret file
  /// Set: OAuth instead of the token; the client is the simulated portal's.
  std::optional<std::string> refresh_token = {};
  std::vector<std::string> objects = {};  ///< empty: the six of the default
  std::vector<std::string> asked = {};    ///< as the file names the objects, if not by their tables
  bool all_objects = false;               ///< `objects: all`; the comparer looks at `objects`
  /// A map of objects and their settings instead of the list, which must name the same ones.
  std::map<std::string, std::string> object_settings = {};
  std::optional<std::string> hash_key = {};  ///< goes into a secret file
  std::vector<std::string> readers = {};     ///< roles that are let read
  std::string write = {};                    ///< what may be written back, as a map; "": nothing
};

/// The configuration of a daemon under test, in words of docs/configuration.md.
struct DaemonSettings {
  std::string base_url;
  std::string ca_file = {};  ///< whose certificates count; "" for those of the system
  std::string dsn;
  std::string pool = "{size: 4, mode: direct}";
  std::string listen = "127.0.0.1:0";
  std::string limits = "{shutdown: 20s}";
  std::string log_level = "debug";
  /// Over the defaults that suit tests: second-long intervals.
  std::map<std::string, std::string> defaults = {};
  std::vector<DaemonPortal> portals = {DaemonPortal{}};
  std::string extra = {};  ///< appended as it is, to spoil the file
};

/// Paths the file names.
struct DaemonPaths {
  std::string state_dir;
  std::string control_socket;
  std::string secret_dir;  ///< holds `KEY.token` or `KEY.refresh`, `KEY.hash` and `client`
};

std::string ToYaml(const DaemonSettings& settings, const DaemonPaths& paths);

}  // namespace hubmirror::testing
