#pragma once

#include <string>

#include "postgres/outbox_fixture.h"

namespace hubmirror::testing {

/// Roles belong to the server, which other tests use too.
struct WriterRoles {
  WriterRoles() {
    SharedServer().Run(
        "DROP ROLE IF EXISTS outbox_writer, outbox_reader, outbox_nobody;"
        "CREATE ROLE outbox_writer LOGIN; CREATE ROLE outbox_reader LOGIN;"
        "CREATE ROLE outbox_nobody LOGIN");
  }
};

/// The portal of OutboxFixture, in which `outbox_writer` may write and `outbox_reader` may read.
struct WriterFixture : WriterRoles, OutboxFixture {
  WriterFixture() {
    PortalPlan asking = plan();
    asking.readers = {"outbox_reader"};
    Open(asking);
    MakeContacts(Properties());
    Value("GRANT USAGE ON SCHEMA acme TO outbox_nobody");
  }
  ~WriterFixture() {
    Value(
        "DROP OWNED BY outbox_writer, outbox_reader, outbox_nobody;"
        "DROP ROLE outbox_writer, outbox_reader, outbox_nobody");
  }
  Connection::Target As(const std::string& role) const {
    return {.dsn = SharedServer().Dsn(role, database()), .password = {}};
  }
};

}  // namespace hubmirror::testing
