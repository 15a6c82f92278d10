#include "postgres/session/connection.h"

// libpqxx 6.4 and 7.7 or newer differ in three things that matter here. 6.4 reconnects by itself
// unless told not to, copies raw lines through its tablewriter, and marks both deprecated. 7.x
// never reconnects, hides the raw line, but takes over a libpq connection that COPY may then use.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <pqxx/pqxx>
#if PQXX_VERSION_MAJOR < 7
#include <pqxx/tablewriter>
#elif PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR < 7
#error "libpqxx 7.0 to 7.6 cannot copy raw lines: use 6.4 or 7.7 and newer"
#endif
#pragma GCC diagnostic pop

#include <libpq-fe.h>

#include <charconv>

#include "base/check.h"
#include "postgres/session/database_failure.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace hubmirror {
namespace {

// SET LOCAL: in transaction mode a setting of the session would reach other clients of PgBouncer
// (https://www.pgbouncer.org/features.html), and it refuses settings at the start. `pg_temp` stands
// last, where it would stand first without being named. A role may have another isolation level,
// under which our commits would be refused. A daemon that is frozen in the middle of a transaction
// would hold the lock of `_owner` for as long, and nobody could take over after the minute.
constexpr const char* kBegin =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL search_path = pg_catalog, pg_temp;"
    " SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// The dsn with the password and our own settings, as a keyword string: both forms of a dsn can
/// be taken apart by libpq only.
std::string WholeDsn(const Connection::Target& target) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(target.dsn.c_str(), &error), &PQconninfoFree);
  const bool parsed = options != nullptr;
  // The text quotes parts of the dsn, which may be a password in the wrong place.
  PQfreemem(error);
  if (!parsed) {
    throw DatabaseError(DatabaseError::Kind::kOther, "08001",
                        "database.dsn is not a PostgreSQL connection string; write it as "
                        "`host=... dbname=... user=...` or postgresql://...");
  }
  // A server that vanished without a word is noticed after two minutes, also by statements that may
  // take as long as they take.
  std::vector<std::pair<std::string, std::string>> settings = {
      {"connect_timeout", std::to_string(target.connect_timeout.count())},
      {"keepalives_idle", "60"},
      {"keepalives_interval", "10"},
      {"keepalives_count", "6"},
      {"application_name", target.application_name}};
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) settings.emplace_back(option->keyword, option->val);
  }
  settings.emplace_back("client_encoding", "UTF8");
  if (!target.password.empty()) settings.emplace_back("password", target.password.Reveal());
  std::string dsn;
  // Of a repeated keyword the last one counts.
  for (const auto& [keyword, value] : settings) {
    dsn += keyword + "='";
    for (const char c : value) {
      if (c == '\'' || c == '\\') dsn += '\\';
      dsn += c;
    }
    dsn += "' ";
  }
  return dsn;
}

}  // namespace

struct Rows::Impl {
  pqxx::result result;
};

struct Connection::Impl {
#if PQXX_VERSION_MAJOR < 7
  explicit Impl(const std::string& dsn) : connection(dsn) {
    connection.inhibit_reactivation(true);
  }

  pqxx::connection connection;
  std::unique_ptr<pqxx::nontransaction> session;
  std::unique_ptr<pqxx::tablewriter> copy;
#else
  explicit Impl(const std::string& dsn)
      : raw(Connect(dsn)), connection(pqxx::connection::seize_raw_connection(raw)) {}

  static PGconn* Connect(const std::string& dsn) {
    PGconn* raw = PQconnectdb(dsn.c_str());
    if (PQstatus(raw) == CONNECTION_OK) return raw;
    const std::string cause = PQerrorMessage(raw);
    PQfinish(raw);
    throw pqxx::broken_connection(cause);
  }

  void ThrowCopyError(PGresult* result) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> owned(result, &PQclear);
    if (PQstatus(raw) != CONNECTION_OK) throw pqxx::broken_connection(PQerrorMessage(raw));
    const char* sqlstate = PQresultErrorField(owned.get(), PG_DIAG_SQLSTATE);
    throw StatementError(sqlstate != nullptr ? sqlstate : "XX000",
                         PQresultErrorMessage(owned.get()));
  }

  PGconn* raw;  ///< owned by `connection`
  pqxx::connection connection;
  std::unique_ptr<pqxx::nontransaction> session;
#endif
};

template <typename Work>
auto Connection::Guarded(Work&& work) {
  CHECK_THAT(usable_);
  try {
    return Translated(std::forward<Work>(work));
  } catch (const DatabaseError& error) {
    failure_ = error.sqlstate();
    throw;
  }
}

/// What libpqxx throws in our words.
template <typename Work>
auto Connection::Translated(Work&& work) {
  const auto refused = [this](const std::string& sqlstate, const char* text) {
    if (EndsSession(sqlstate)) usable_ = false;
    return StatementError(sqlstate, text);
  };
  try {
    return work();
  } catch (const StatementError& error) {
    if (EndsSession(error.sqlstate())) usable_ = false;
    throw;
  } catch (const pqxx::broken_connection& error) {
    usable_ = false;
    throw ConnectionLost(error.what());
  } catch (const pqxx::insufficient_privilege& error) {
    // 6.4 forgets the SQLSTATE of this one.
    throw refused("42501", error.what());
  } catch (const pqxx::sql_error& error) {
    throw refused(error.sqlstate(), error.what());
#if PQXX_VERSION_MAJOR < 7
  } catch (const pqxx::deadlock_detected& error) {
    throw refused("40P01", error.what());
  } catch (const pqxx::serialization_failure& error) {
    throw refused("40001", error.what());
  } catch (const pqxx::transaction_rollback& error) {
    throw refused("40000", error.what());
#endif
  } catch (const pqxx::failure& error) {
    // A failed write to the socket comes without a SQLSTATE; the session is then of no use.
    usable_ = false;
    throw ConnectionLost(error.what());
  }
}

Connection::Connection(const Target& target) {
  const std::string dsn = WholeDsn(target);
  impl_ = Guarded([&] { return std::make_unique<Impl>(dsn); });
  Guarded([&] { impl_->session = std::make_unique<pqxx::nontransaction>(impl_->connection); });
}

Connection::~Connection() = default;

Rows Connection::Begin(const std::string& more) {
  CHECK_THAT(!in_transaction_);
  in_transaction_ = true;
  try {
    return Execute(more.empty() ? kBegin : std::string(kBegin) + "; " + more);
  } catch (...) {
    const std::string failed = failure_;
    Rollback();
    failure_ = failed;
    throw;
  }
}

void Connection::Commit() {
  CHECK_THAT(in_transaction_);
  Execute("COMMIT");
  in_transaction_ = false;
}

void Connection::Rollback() {
  if (!std::exchange(in_transaction_, false) || !usable_) return;
  try {
    Execute("ROLLBACK");
  } catch (const DatabaseError&) {
    // The session is lost, and the transaction with it.
  }
}

void Connection::Cancel() {
  try {
    impl_->connection.cancel_query();
  } catch (const std::exception&) {
    // Then it runs to its end.
  }
}

template <typename Work>
Rows Connection::Alone(Work&& work) {
  Begin();
  try {
    Rows rows = work();
    Commit();
    return rows;
  } catch (...) {
    const std::string failed = failure_;
    Rollback();
    failure_ = failed;
    throw;
  }
}

Rows Connection::Run(const std::string& sql) {
  if (in_transaction_) return Execute(sql);
  return Alone([&] { return Execute(sql); });
}

Rows Connection::Run(const std::string& sql, const Params& params) {
  if (in_transaction_) return Execute(sql, params);
  return Alone([&] { return Execute(sql, params); });
}

Rows Connection::Execute(const std::string& sql) {
  return Guarded([&] {
    return Rows(std::make_shared<const Rows::Impl>(Rows::Impl{impl_->session->exec(sql)}));
  });
}

Rows Connection::Execute(const std::string& sql, const Params& params) {
  // libpq would send what stands before it. Texts from outside are repaired where they are read, so
  // this is a mistake of ours, which must not take the other portals with it.
  for (size_t i = 0; i < params.size(); ++i) {
    if (!params[i] || params[i]->find('\0') == std::string::npos) continue;
    throw DatabaseError(DatabaseError::Kind::kOther, "",
                        "parameter " + std::to_string(i + 1) + " of `" + sql.substr(0, 60) +
                            "` holds U+0000, which PostgreSQL cannot store: report this as a bug");
  }
  return Guarded([&] {
#if PQXX_VERSION_MAJOR < 7
    std::vector<const char*> values;
    values.reserve(params.size());
    for (const Param& param : params) values.push_back(param ? param->c_str() : nullptr);
    auto result = impl_->session->exec_params(sql, pqxx::prepare::make_dynamic_params(values));
#else
    pqxx::params values;
    values.reserve(params.size());
    for (const Param& param : params) {
      if (param) {
        values.append(*param);
      } else {
        values.append();
      }
    }
#if PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR < 10
    auto result = impl_->session->exec_params(sql, values);
#else
    auto result = impl_->session->exec(sql, values);
#endif
#endif
    return Rows(std::make_shared<const Rows::Impl>(Rows::Impl{result}));
  });
}

#if PQXX_VERSION_MAJOR < 7

void Connection::BeginCopy(const std::string& table, const std::string& columns) {
  const std::vector<std::string> list = {columns};
  Guarded([&] {
    impl_->copy =
        std::make_unique<pqxx::tablewriter>(*impl_->session, table, list.begin(), list.end());
  });
}

void Connection::CopyLines(std::string_view lines) {
  // The writer adds the last newline itself.
  const std::string piece(lines.substr(0, lines.size() - 1));
  try {
    Guarded([&] { impl_->copy->write_raw_line(piece); });
  } catch (...) {
    impl_->copy.reset();
    throw;
  }
}

void Connection::EndCopy() {
  const auto copy = std::move(impl_->copy);
  Guarded([&] { copy->complete(); });
}

#else

void Connection::BeginCopy(const std::string& table, const std::string& columns) {
  Run("COPY " + table + " (" + columns + ") FROM STDIN");
}

void Connection::CopyLines(std::string_view lines) {
  Guarded([&] {
    if (PQputCopyData(impl_->raw, lines.data(), static_cast<int>(lines.size())) != 1) {
      impl_->ThrowCopyError(PQgetResult(impl_->raw));
    }
  });
}

void Connection::EndCopy() {
  Guarded([&] {
    const bool sent = PQputCopyEnd(impl_->raw, nullptr) == 1;
    PGresult* result = PQgetResult(impl_->raw);
    if (!sent || PQresultStatus(result) != PGRES_COMMAND_OK) {
      while (PGresult* rest = PQgetResult(impl_->raw)) PQclear(rest);
      impl_->ThrowCopyError(result);
    }
    PQclear(result);
    while (PGresult* rest = PQgetResult(impl_->raw)) PQclear(rest);
  });
}

#endif

size_t Rows::size() const {
  return static_cast<size_t>(impl_->result.size());
}

int64_t Rows::affected() const {
  return static_cast<int64_t>(impl_->result.affected_rows());
}

namespace {

auto FieldOf(const pqxx::result& result, size_t row, size_t column) {
  return result[static_cast<pqxx::result::size_type>(row)]
               [static_cast<pqxx::row::size_type>(column)];
}

}  // namespace

bool Rows::IsNull(size_t row, size_t column) const {
  return FieldOf(impl_->result, row, column).is_null();
}

std::string_view Rows::Text(size_t row, size_t column) const {
  const auto field = FieldOf(impl_->result, row, column);
  return {field.c_str(), static_cast<size_t>(field.size())};
}

int64_t Rows::Int(size_t row, size_t column) const {
  const std::string_view text = Text(row, column);
  int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  CHECK_THAT(end.ec == std::errc() && end.ptr == text.data() + text.size());
  return number;
}

bool Rows::Bool(size_t row, size_t column) const {
  return Text(row, column) == "t";
}

std::optional<TimePoint> Rows::Time(size_t row, size_t column) const {
  if (IsNull(row, column)) return std::nullopt;
  return TimePoint(std::chrono::milliseconds(Int(row, column)));
}

}  // namespace hubmirror
