#pragma once

#include <stdexcept>
#include <string>

namespace hubmirror {

/// The database work cannot continue, and nothing of it was written. Caught once per worker, where
/// it becomes the state of a stream. The message names the cause and the next step, never a secret
/// or value.
class DatabaseError : public std::runtime_error {
 public:
  enum class Kind {
    kUnavailable,  ///< away, restarting, failing over, full: retried
    kContended,    ///< one statement lost a race, or waited too long for a lock: retried soon
    kPrivilege,    ///< 42501 and the like: a person must grant
    kForeign,      ///< the schema belongs to another portal or is not ours
    kPassive,      ///< another daemon owns the portal
    kSuspectRows,  ///< more bad rows in one transaction than may be set aside: stream stops
    kOther,        ///< our SQL, or the server, is wrong
  };

  DatabaseError(Kind kind, std::string sqlstate, const std::string& message)
      : std::runtime_error(message), kind_(kind), sqlstate_(std::move(sqlstate)) {}

  Kind kind() const { return kind_; }
  const std::string& sqlstate() const { return sqlstate_; }

 private:
  Kind kind_;
  std::string sqlstate_;
};

}  // namespace hubmirror
