#pragma once

#include <memory>
#include <string>

namespace hubmirror::testing {

/// One session that stays open, for tests that hold a lock or a transaction. Throws
/// std::runtime_error with the server's words. Owned by one thread.
class Session {
 public:
  explicit Session(const std::string& dsn);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The first value of the last result, "" for NULL or none.
  std::string Run(const std::string& sql);
  /// What came by NOTIFY since it was asked before, one after another; "" for nothing.
  std::string Heard();
  /// Rolls back and discards what earlier texts left; false when the connection is lost.
  bool Forget();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Runs each text as a session of its own would, but logs in once: a login costs more than most
/// statements of tests. What a text leaves open, set or temporary is gone before the next one.
/// After a restart of the server it logs in again. Owned by one thread.
class KeptSession {
 public:
  explicit KeptSession(std::string dsn);
  ~KeptSession();
  KeptSession(const KeptSession&) = delete;
  KeptSession& operator=(const KeptSession&) = delete;

  /// The first value of the last result, "" for NULL or none. Throws std::runtime_error with the
  /// server's words.
  std::string Run(const std::string& sql);
  /// Logs out; the next Run() logs in again.
  void Close();

 private:
  const std::string dsn_;
  std::unique_ptr<Session> session_;
};

/// Runs one SQL text on a connection string; returns the first value of the last result, "" for
/// NULL or none. Throws std::runtime_error with the server's words.
std::string RunSql(const std::string& dsn, const std::string& sql);

}  // namespace hubmirror::testing
