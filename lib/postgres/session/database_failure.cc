#include "postgres/session/database_failure.h"

namespace hubmirror {
namespace {

using Kind = DatabaseError::Kind;

std::string FirstLine(std::string_view text) {
  const size_t end = text.find('\n');
  if (end != std::string_view::npos) text = text.substr(0, end);
  for (const std::string_view prefix : {"ERROR:  ", "FATAL:  ", "PANIC:  "}) {
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  }
  return std::string(text);
}

std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\t' || c == '\r') continue;
    if (c == '\n') {
      line += "; ";
    } else {
      line += c;
    }
  }
  while (line.ends_with("; ")) line.resize(line.size() - 2);
  return line;
}

std::string NextStep(std::string_view sqlstate) {
  if (sqlstate == "53100")
    return "; free disk space on the database server, the daemon resumes by itself";
  if (sqlstate == "53300") return "; raise max_connections or lower database.pool.size";
  if (sqlstate == "57014") return "; raise database.pool.statement_timeout if this repeats";
  if (sqlstate == "42501") return "; grant what is missing, the daemon resumes by itself";
  return "";
}

std::string MessageOf(const std::string& sqlstate, std::string_view server_text) {
  // The server quotes values in the texts of class 22 and 23.
  if (sqlstate.starts_with("22")) return "a value does not fit its column (" + sqlstate + ")";
  if (sqlstate.starts_with("23")) return "a constraint refused a row (" + sqlstate + ")";
  return "the database refused a statement: " + FirstLine(server_text) + " (" + sqlstate + ")" +
         NextStep(sqlstate);
}

}  // namespace

StatementError::StatementError(std::string sqlstate, std::string_view server_text)
    : DatabaseError(KindOf(sqlstate), sqlstate, MessageOf(sqlstate, server_text)),
      detail_(FirstLine(server_text)) {}

DatabaseError::Kind KindOf(std::string_view sqlstate) {
  if (sqlstate == "42501" || sqlstate.starts_with("28")) return Kind::kPrivilege;
  // Away or ending (08, 57P), out of something (53), broken disks (58), a standby (25006), lost a
  // race or a lock (40, 55), out of time (57014).
  for (const std::string_view retried : {"08", "53", "58", "25006", "40", "55", "57", "3D000"}) {
    if (sqlstate.starts_with(retried)) return Kind::kUnavailable;
  }
  return Kind::kOther;
}

bool EndsSession(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "25006";
}

bool MayBeBadRow(std::string_view sqlstate) {
  return sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate.starts_with("54");
}

bool IsLockTimeout(std::string_view sqlstate) {
  return sqlstate == "55P03";
}

DatabaseError ConnectionLost(std::string_view cause) {
  return DatabaseError(Kind::kUnavailable, "08006",
                       "the database is away: " + OneLine(cause) +
                           "; check database.dsn and the server, the daemon resumes by itself");
}

}  // namespace hubmirror
