#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {

/// What a statement answered. Cheap to copy; immutable. (More than fifteen functions with those of
/// Connection: one for each type of value, and one for each way to send a statement.)
class Rows {
 public:
  struct Impl;
  explicit Rows(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  size_t size() const;
  bool empty() const { return size() == 0; }
  /// Rows inserted, updated or deleted.
  int64_t affected() const;

  bool IsNull(size_t row, size_t column) const;
  /// "" for NULL. Lives as long as a Rows of this answer.
  std::string_view Text(size_t row, size_t column) const;
  int64_t Int(size_t row, size_t column) const;
  bool Bool(size_t row, size_t column) const;
  /// From milliseconds since 1970, see EpochOf; nullopt for NULL.
  std::optional<TimePoint> Time(size_t row, size_t column) const;

 private:
  std::shared_ptr<const Impl> impl_;
};

/// One session with PostgreSQL; the only class that knows libpqxx and its versions. It never
/// reconnects by itself, leaves no state in the session and uses no named statements, so that it
/// works through PgBouncer in transaction mode. Failures are thrown as DatabaseError, what the
/// server refused as StatementError. Owned by one thread at a time.
///
/// Nothing runs with the search path of a role or a database: there others may have put functions,
/// operators and types that fit better than PostgreSQL's own, and they would run as us. Every
/// transaction, also that of a single statement, finds PostgreSQL's own things only; everything
/// else is named with its schema.
class Connection {
 public:
  struct Target {
    std::string dsn;  ///< libpq string or URI, without the password
    Secret password;
    std::string application_name = "hubmirror";
    std::chrono::seconds connect_timeout{10};  ///< used when the dsn sets none
  };

  /// Connects; blocks for the connect timeout at most (per host).
  explicit Connection(const Target& target);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins a transaction, runs `more` in it in the same round trip, and answers as Run does. When
  /// it throws, there is no transaction.
  Rows Begin(const std::string& more = {});
  void Commit();
  /// Fine when the session is lost, or nothing has begun.
  void Rollback();

  /// One or more statements without parameters; the answer is the last one's. Outside of a
  /// transaction they are one of their own.
  Rows Run(const std::string& sql);
  Rows Run(const std::string& sql, const Params& params);

  /// Inside a transaction: runs `work` inside a savepoint. When it throws, what it did is undone,
  /// the transaction goes on, and the exception passes.
  template <typename Work>
  void InSavepoint(Work&& work);

  /// COPY into a table, in text format. Both names are quoted already. Between the two
  /// calls nothing else runs. When a call throws, the COPY is over and its transaction has failed.
  void BeginCopy(const std::string& table, const std::string& columns);
  /// Whole lines, each with its newline. Best in pieces of 32-64 KiB, which keep server and client
  /// busy at the same time.
  void CopyLines(std::string_view lines);
  void EndCopy();

  /// Asks the server to end the statement that runs, which then fails with 57014. From any thread,
  /// while the connection lives. Nothing happens where none runs or the server is away.
  void Cancel();

  /// False once the session is lost; it cannot be mended.
  bool usable() const { return usable_; }

  /// SQLSTATE of the last failure since this was asked before; empty when all went well.
  std::string TakeFailure() { return std::exchange(failure_, {}); }

 private:
  struct Impl;
  template <typename Work>
  auto Guarded(Work&& work);
  template <typename Work>
  auto Translated(Work&& work);
  Rows Execute(const std::string& sql);
  Rows Execute(const std::string& sql, const Params& params);
  template <typename Work>
  Rows Alone(Work&& work);

  std::unique_ptr<Impl> impl_;
  bool usable_ = true;
  bool in_transaction_ = false;
  std::string failure_;
};

template <typename Work>
void Connection::InSavepoint(Work&& work) {
  Run("SAVEPOINT step");
  try {
    std::forward<Work>(work)();
  } catch (...) {
    if (usable_) Run("ROLLBACK TO SAVEPOINT step; RELEASE SAVEPOINT step");
    throw;
  }
  Run("RELEASE SAVEPOINT step");
}

}  // namespace hubmirror
