#include "daemon/cli/database_access.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace hubmirror {
namespace {

/// While it lives, root acts as the daemon's account. Does nothing for others, and where there is
/// no such account.
class AsDaemon {
 public:
  AsDaemon() {
    if (::geteuid() != 0) return;
    const passwd* const account = ::getpwnam(kDaemonAccount);
    // PostgreSQL asks the kernel for the effective user of the socket's other end.
    changed_ = account != nullptr && ::seteuid(account->pw_uid) == 0;
  }
  ~AsDaemon() {
    if (changed_ && ::seteuid(0) != 0) std::abort();
  }
  AsDaemon(const AsDaemon&) = delete;
  AsDaemon& operator=(const AsDaemon&) = delete;

 private:
  bool changed_ = false;
};

}  // namespace

Result<Connection::Target, std::string> TargetOf(const DatabaseSettings& database,
                                                 const SecretSource& secrets) {
  Connection::Target target{.dsn = database.dsn};
  if (database.password) {
    auto password = secrets.Resolve(*database.password);
    if (!password) return password.error();
    target.password = *password;
  }
  return target;
}

std::unique_ptr<Connection> ConnectAsDaemon(const Connection::Target& target) {
  const AsDaemon daemon;
  return std::make_unique<Connection>(target);
}

}  // namespace hubmirror
