#include "daemon/daemon_account.h"

#include <pwd.h>
#include <unistd.h>

namespace hubmirror {

DaemonAccount::DaemonAccount() {
  if (::geteuid() != 0) return;
  const passwd* const account = ::getpwnam(kName);
  // PostgreSQL asks the kernel for the effective user of the socket's other end.
  changed_ = account != nullptr && ::seteuid(account->pw_uid) == 0;
}

DaemonAccount::~DaemonAccount() {
  if (changed_ && ::seteuid(0) != 0) ::_exit(70);
}

}  // namespace hubmirror
