#include "world.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <utility>

namespace hubmirror::testing {
namespace {

DaemonSettings Between(DaemonSettings settings, const PortalProcess& portal,
                       TempPostgres& database) {
  database.Run(std::string("CREATE ROLE ") + World::kRole + " LOGIN");
  database.CreateDatabase(World::kDatabase);
  database.Run(std::string("GRANT CREATE ON DATABASE ") + World::kDatabase + " TO " + World::kRole);
  if (settings.base_url.empty()) settings.base_url = portal.url();
  if (settings.dsn.empty()) settings.dsn = database.Dsn(World::kRole, World::kDatabase);
  return settings;
}

}  // namespace

World::World(const PortalOptions& portal_options, DaemonSettings settings,
             TempPostgres::Options database_options)
    : portal(portal_options),
      database(std::move(database_options)),
      daemon(Between(std::move(settings), portal, database)),
      mirror(portal, daemon, AdminDsn(), daemon.settings().portals.at(0)) {
  MESSAGE("seed " << portal_options.seed << ", " << portal.url());
}

std::string World::Sql(const std::string& sql) const {
  return database.Run(sql, kDatabase);
}

void World::Load(std::chrono::milliseconds limit) {
  daemon.Start();
  mirror.WaitBackfill(limit);
}

void World::ExpectEqual(std::chrono::seconds settle_limit) {
  mirror.Settle(settle_limit);
  ExpectNoDifferences();
  const Violations violations = portal.LimitViolations();
  CHECK(violations.burst == 0);
  CHECK(violations.search == 0);
  CHECK(violations.daily == 0);
  CHECK(portal.FirstUnexpected() == "");
}

void World::ExpectNoDifferences() {
  const MirrorCheck::Outcome outcome = mirror.Compare();
  MESSAGE(outcome.report.Summary());
  INFO(outcome.words);
  INFO(portal.Announcement());
  CHECK(outcome.report.differences == 0);
}

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoll(value);
}

}  // namespace hubmirror::testing
