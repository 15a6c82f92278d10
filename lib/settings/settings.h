#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "model/portal/portal_plan.h"
#include "model/portal/webhook_plan.h"
#include "settings/text/secret_ref.h"

namespace hubmirror {

// What the configuration file says, defaults filled in and checked. Values without a default here
// get theirs from the table of keys (settings/key_table.h). Immutable once read.

/// How connections reach PostgreSQL: straight, or through PgBouncer in transaction mode.
enum class PoolMode { kDirect, kTransaction };

struct PoolSettings {
  int64_t size = 0;
  PoolMode mode = PoolMode::kDirect;
  std::chrono::milliseconds statement_timeout{0};
  std::chrono::milliseconds lock_timeout{0};
  friend bool operator==(const PoolSettings&, const PoolSettings&) = default;
};

struct DatabaseSettings {
  std::string dsn;  ///< libpq string or URI; holds no password
  std::optional<SecretRef> password;
  PoolSettings pool;
  friend bool operator==(const DatabaseSettings&, const DatabaseSettings&) = default;
};

struct ApiSettings {
  std::string base_url;  ///< https://HOST[:PORT], http:// for loopback only
  std::string version;   ///< `2026-09`
  std::string ca_file;   ///< empty: the system's authorities
  std::string proxy;     ///< http://HOST:PORT; empty: none
  std::string app_url;   ///< where `portal authorize` sends the browser
  friend bool operator==(const ApiSettings&, const ApiSettings&) = default;
};

struct WebSettings {
  std::string listen;  ///< loopback ADDRESS:PORT, [V6]:PORT or localhost:PORT; port 0: any free one
  std::vector<std::string> allowed_hosts;
  friend bool operator==(const WebSettings&, const WebSettings&) = default;
};

/// kAuto: journal fields when systemd started us, else JSON lines.
enum class LogFormat { kAuto, kJournal, kJson };

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kAuto;
  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

struct LimitSettings {
  std::optional<int64_t> workers;  ///< absent: chosen from the streams and their intervals
  int64_t memory_bytes = 0;
  int64_t response_bytes = 0;
  std::chrono::milliseconds request{0};
  std::chrono::milliseconds shutdown{0};
  int64_t webhooks = 0;  ///< requests to receivers under way at once
  friend bool operator==(const LimitSettings&, const LimitSettings&) = default;
};

struct ControlSettings {
  std::string socket;
  friend bool operator==(const ControlSettings&, const ControlSettings&) = default;
};

struct OAuthSettings {
  std::string client_id;
  SecretRef client_secret;
  /// The first one; newer ones are kept in the state directory. Absent: `portal authorize` gets it.
  std::optional<SecretRef> refresh_token;
  friend bool operator==(const OAuthSettings&, const OAuthSettings&) = default;
};

struct WebhookSettings {
  WebhookPlan plan;
  std::vector<SecretRef> secrets;  ///< the one that counts, and others while it is changed
  friend bool operator==(const WebhookSettings&, const WebhookSettings&) = default;
};

/// One portal: exactly one of `token` and `oauth` is set.
struct PortalSettings {
  PortalPlan plan;  ///< its streams sorted by object name
  std::optional<SecretRef> token;
  std::optional<OAuthSettings> oauth;
  std::optional<SecretRef> hash_key;      ///< set when an object hashes properties
  std::vector<WebhookSettings> webhooks;  ///< of its change feed; each name once
  bool enabled = true;
  friend bool operator==(const PortalSettings&, const PortalSettings&) = default;
};

struct Settings {
  int64_t version = 1;
  DatabaseSettings database;
  ApiSettings api;
  WebSettings web;
  LogSettings log;
  LimitSettings limits;
  std::string state_dir;
  ControlSettings control;
  std::vector<std::string> unions;      ///< names of object types, in every portal's plan too
  std::vector<PortalSettings> portals;  ///< in the order of the file, disabled ones too

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace hubmirror
