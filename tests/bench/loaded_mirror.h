#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "support/daemon_process.h"
#include "support/mirror_check.h"
#include "support/portal_process.h"
#include "support/temp_postgres.h"

namespace hubmirror::testing {

/// A mirror of contacts with so many properties, loaded by the daemon and then copied under other
/// ids until there are so many rows. Owned by one thread.
class LoadedMirror {
 public:
  LoadedMirror(int properties, int64_t rows) {
    PortalProcess portal({.scenario_json = Scenario(properties)});
    DaemonSettings settings;
    settings.base_url = portal.url();
    settings.dsn = database_.Dsn();
    settings.portals[0].objects = {"contacts"};
    settings.log_level = "info";
    DaemonProcess daemon(settings);
    const MirrorCheck mirror(portal, daemon, database_.Dsn(), daemon.settings().portals[0]);
    daemon.Start();
    mirror.WaitBackfill(std::chrono::minutes{5});
    // Options, owners and stages are what readable views look up.
    mirror.Settle();
    daemon.Terminate();
    Multiply(rows);
  }

  std::string Value(const std::string& sql) const { return database_.Run(sql); }
  /// How long a query took, its rows taken off the server.
  double MillisecondsOf(const std::string& sql) const {
    const auto start = std::chrono::steady_clock::now();
    database_.Run(sql);
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
  }

 private:
  static constexpr int64_t kLoaded = 500;

  static std::string Scenario(int properties) {
    return R"({"portals":[{"portal_id":1234567,"seed":1,"limits":false,"objects":{"contacts":)" +
           std::to_string(kLoaded) + R"(},"properties":{"contacts":)" + std::to_string(properties) +
           R"(},"tokens":[{"token":"pat-na1-simulated-token"}]}]})";
  }

  void Multiply(int64_t rows) const {
    const std::string columns = Value(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = "
        "'acme.contacts'::regclass AND attnum > 1 AND NOT attisdropped");
    Value("INSERT INTO acme.contacts (id, " + columns + ") SELECT id + n * 10000000000000, " +
          columns + " FROM acme.contacts, generate_series(1, " +
          std::to_string(rows / kLoaded - 1) + ") n");
    Value("VACUUM ANALYZE acme.contacts");
  }

  TempPostgres database_;
};

/// What two queries take at their best, run by turns so that a busy machine slows both.
struct Best {
  double first = 1e9;
  double second = 1e9;

  Best(const LoadedMirror& mirror, const std::string& one, const std::string& other, int runs) {
    for (int run = 0; run < runs; ++run) {
      first = std::min(first, mirror.MillisecondsOf(one));
      second = std::min(second, mirror.MillisecondsOf(other));
    }
  }
};

}  // namespace hubmirror::testing
