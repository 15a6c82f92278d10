#pragma once

#include <string>
#include <string_view>

#include "model/store/database_error.h"

namespace hubmirror {

/// A statement the server refused. `detail` is the server's first line and may quote a value: it
/// goes into `_quarantine`, never into a log; what() does not hold it.
class StatementError : public DatabaseError {
 public:
  StatementError(const std::string& sqlstate, std::string_view server_text);

  const std::string& detail() const { return detail_; }

 private:
  std::string detail_;
};

/// What a SQLSTATE means for the work: see
/// https://www.postgresql.org/docs/current/errcodes-appendix.html.
DatabaseError::Kind KindOf(std::string_view sqlstate);
/// The session ended with this error, or no longer takes writes.
bool EndsSession(std::string_view sqlstate);
/// The fault may lie in a row (classes 22, 23, 54) rather than in the database: rule R11.
bool MayBeBadRow(std::string_view sqlstate);
/// A lock could not be had in time.
bool IsLockTimeout(std::string_view sqlstate);

/// The connection could not be made or was lost; `cause` is the client library's text.
DatabaseError ConnectionLost(std::string_view cause);

}  // namespace hubmirror
