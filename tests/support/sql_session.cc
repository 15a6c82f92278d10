#include "support/sql_session.h"

#include <libpq-fe.h>

#include <stdexcept>

namespace hubmirror::testing {

struct Session::Impl {
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection{nullptr, &PQfinish};
};

Session::Session(const std::string& dsn) : impl_(std::make_unique<Impl>()) {
  impl_->connection.reset(PQconnectdb(dsn.c_str()));
  PGconn* connection = impl_->connection.get();
  if (PQstatus(connection) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection));
  // Remarks of the server would only litter the output of the tests.
  PQsetNoticeProcessor(
      connection, [](void*, const char*) {}, nullptr);
}

Session::~Session() = default;

std::string Session::Run(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexec(impl_->connection.get(), sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
    throw std::runtime_error(std::string(PQresultErrorMessage(result.get())) + "in: " + sql);
  }
  if (PQntuples(result.get()) == 0 || PQnfields(result.get()) == 0) return "";
  return PQgetvalue(result.get(), 0, 0);
}

std::string Session::Heard() {
  PGconn* connection = impl_->connection.get();
  PQconsumeInput(connection);
  std::string heard;
  while (PGnotify* notice = PQnotifies(connection)) {
    heard += notice->extra;
    PQfreemem(notice);
  }
  return heard;
}

bool Session::Forget() {
  PGconn* connection = impl_->connection.get();
  for (const char* sql : {"ROLLBACK", "DISCARD ALL"}) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection, sql), &PQclear);
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) return false;
  }
  return true;
}

KeptSession::KeptSession(std::string dsn) : dsn_(std::move(dsn)) {}

KeptSession::~KeptSession() = default;

std::string KeptSession::Run(const std::string& sql) {
  if (session_ && !session_->Forget()) session_.reset();
  if (!session_) session_ = std::make_unique<Session>(dsn_);
  return session_->Run(sql);
}

void KeptSession::Close() {
  session_.reset();
}

std::string RunSql(const std::string& dsn, const std::string& sql) {
  return Session(dsn).Run(sql);
}

}  // namespace hubmirror::testing
