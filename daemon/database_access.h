#pragma once

namespace hubmirror {

/// While it lives, root acts as the account that the daemon runs as, so that PostgreSQL's peer
/// login lets in who will log in later. Does nothing for others, and where there is no such
/// account. Owned by one thread.
class DaemonAccount {
 public:
  DaemonAccount();
  ~DaemonAccount();
  DaemonAccount(const DaemonAccount&) = delete;
  DaemonAccount& operator=(const DaemonAccount&) = delete;

  static constexpr const char* kName = "hubmirror";  ///< as sysusers makes it

 private:
  bool changed_ = false;
};

}  // namespace hubmirror
