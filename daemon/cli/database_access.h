#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "postgres/session/connection.h"
#include "settings/reading/secret_source.h"
#include "settings/settings.h"

namespace hubmirror {

/// The account that the daemon runs as, as sysusers makes it.
inline constexpr const char* kDaemonAccount = "hubmirror";

/// Where the database is, with its password; the error is words for people.
Result<Connection::Target, std::string> TargetOf(const DatabaseSettings& database,
                                                 const SecretSource& secrets);

/// Connects for a verb of the command line. Root does it as the daemon's account, so that
/// PostgreSQL's peer login lets in who will log in later; only the connecting, nothing else.
/// Throws DatabaseError. Changes the process's effective user meanwhile: for one thread only.
std::unique_ptr<Connection> ConnectAsDaemon(const Connection::Target& target);

}  // namespace hubmirror
