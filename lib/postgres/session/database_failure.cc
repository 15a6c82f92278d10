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

/// What can be done about a SQLSTATE, or about all that begin like it; the first row that fits.
struct Remedy {
  std::string_view sqlstate;
  std::string_view step;
};
constexpr Remedy kRemedies[] = {
    {"25P03",
     "the daemon was stopped for a minute in the middle of its work; it connects again, and does "
     "that again"},
    {"25006", "point database.dsn at the primary; target_session_attrs=read-write finds it"},
    {"28P01", "correct the password of database.dsn, in its passfile or credential"},
    {"28",
     "check the user of database.dsn, and that the server's pg_hba.conf lets it in from here"},
    {"3D000", "create the database, or correct its name in database.dsn"},
    {"40", "the daemon tries again"},
    {"42501",
     "run the SQL of `hubmirror grants --print-sql` as the owner of the database; the daemon then "
     "resumes"},
    {"53100", "free disk space on the database server; the daemon then resumes"},
    {"53300", "raise max_connections or lower database.pool.size"},
    {"53", "give the database server more of what it lacks; the daemon then resumes"},
    {"55P03",
     "pg_blocking_pids() and pg_stat_activity show who holds the lock; end that session, or wait: "
     "the daemon tries again"},
    {"57014", "raise database.pool.statement_timeout if this repeats"},
    {"57P01",
     "the session was ended, or the server is stopping: start it if it is stopped; the daemon "
     "connects again"},
    {"57P02", "the server restarts after a crash: its log says why; the daemon then resumes"},
    {"57P03", "wait until the server has started or recovered; the daemon then resumes"},
    {"57P04", "create the database, or correct its name in database.dsn"},
    {"57P05", "raise idle_session_timeout of the role; the daemon connects again"},
    {"57", "start the database server if it is stopped; the daemon then resumes"},
    {"58", "check the disks and the log of the database server; the daemon then resumes"},
    {"08", "check the network and any pooler in between; the daemon then resumes"},
    {"P0001", "change the trigger or function that raises this; the daemon then resumes"},
};

std::string NextStep(std::string_view sqlstate) {
  for (const Remedy& remedy : kRemedies) {
    if (sqlstate.starts_with(remedy.sqlstate)) return "; " + std::string(remedy.step);
  }
  return "; the log of the database server says more";
}

std::string MessageOf(const std::string& sqlstate, std::string_view server_text) {
  // The server quotes values in the texts of class 22 and 23.
  if (sqlstate.starts_with("22")) return "a value does not fit its column (" + sqlstate + ")";
  if (sqlstate.starts_with("23")) return "a constraint refused a row (" + sqlstate + ")";
  return "the database refused a statement: " + FirstLine(server_text) + " (" + sqlstate + ")" +
         NextStep(sqlstate);
}

}  // namespace

StatementError::StatementError(const std::string& sqlstate, std::string_view server_text)
    : DatabaseError(KindOf(sqlstate), sqlstate, MessageOf(sqlstate, server_text)),
      detail_(FirstLine(server_text)) {}

DatabaseError::Kind KindOf(std::string_view sqlstate) {
  if (sqlstate == "42501" || sqlstate.starts_with("28")) return Kind::kPrivilege;
  // One statement that takes too long (57014) says nothing of the server.
  if (sqlstate == "57014") return Kind::kOther;
  // Lost a race (40) or a lock (55): a user's lock on one table stops nobody who needs another.
  if (sqlstate.starts_with("40") || sqlstate.starts_with("55")) return Kind::kContended;
  // Away or ending (08, 57P), out of something (53), broken disks (58), a standby (25006).
  for (const std::string_view retried : {"08", "53", "58", "25006", "25P03", "57", "3D000"}) {
    if (sqlstate.starts_with(retried)) return Kind::kUnavailable;
  }
  return Kind::kOther;
}

bool EndsSession(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "25006" ||
         sqlstate == "25P03";
}

bool MayBeBadRow(std::string_view sqlstate) {
  return sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate.starts_with("54");
}

bool IsLockTimeout(std::string_view sqlstate) {
  return sqlstate == "55P03";
}

DatabaseError ConnectionLost(std::string_view cause) {
  return DatabaseError(Kind::kUnavailable, "08006",
                       "the database cannot be reached: " + OneLine(cause) +
                           "; check database.dsn and the server; the daemon then resumes");
}

}  // namespace hubmirror
