#include <doctest/doctest.h>

#include <thread>

#include "postgres/mirror_fixture.h"
#include "postgres/session/database_failure.h"
#include "postgres/session/transaction.h"
#include "support/await.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

Connection::Target TargetOf(const std::string& dsn, const std::string& password = "") {
  Connection::Target target;
  target.dsn = dsn;
  target.password = Secret(password);
  target.connect_timeout = 5s;
  return target;
}

std::string MessageOfConnecting(const Connection::Target& target) {
  try {
    Connection connection(target);
  } catch (const DatabaseError& error) {
    return error.what();
  }
  return "connected";
}

TEST_CASE("connection: both forms of a dsn work, and the password goes beside it") {
  const TempPostgres& server = SharedServer();
  const std::string uri =
      "postgresql:///postgres?host=" + server.socket_directory().string() + "&user=postgres";

  for (const std::string& dsn : {server.Dsn(), uri}) {
    CAPTURE(dsn);
    Connection connection(TargetOf(dsn, "it's a \\ secret"));
    CHECK(connection.Run("SELECT current_setting('application_name')").Text(0, 0) == "hubmirror");
  }
}

TEST_CASE("connection: no message holds the password, wherever it was put") {
  const std::string secret = "hunter2-xyzzy";
  for (const auto& target :
       {TargetOf("host=/nonexistent user=u", secret),
        TargetOf("host=/nonexistent password=" + secret), TargetOf("not a dsn " + secret),
        TargetOf("postgresql://u:" + secret + "@[bad", secret)}) {
    CAPTURE(target.dsn);
    const std::string message = MessageOfConnecting(target);
    CHECK(message.find(secret) == std::string::npos);
    CHECK(message != "connected");
  }
}

TEST_CASE("connection: a parameter with U+0000 is a mistake of ours, and is not cut short") {
  Connection connection(TargetOf(SharedServer().Dsn()));
  CHECK_THROWS_WITH_AS(connection.Run("SELECT $1::text", {Param(std::string("a\0b", 3))}),
                       doctest::Contains("U+0000"), DatabaseError);
  CHECK(connection.Run("SELECT $1::text", {Param("ab")}).Text(0, 0) == "ab");
}

TEST_CASE("connection: a refused statement tells its SQLSTATE and what it means") {
  Connection connection(TargetOf(SharedServer().Dsn()));
  struct Case {
    std::string sql;
    std::string sqlstate;
    DatabaseError::Kind kind;
  };
  const std::vector<Case> cases = {
      {"SELECT 'a'::numeric", "22P02", DatabaseError::Kind::kOther},
      {"SELECT nothing", "42703", DatabaseError::Kind::kOther},
      {"DO $$BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '42501'; END$$", "42501",
       DatabaseError::Kind::kPrivilege},
      {"DO $$BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '53100'; END$$", "53100",
       DatabaseError::Kind::kUnavailable},
      {"DO $$BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END$$", "40P01",
       DatabaseError::Kind::kContended},
      {"DO $$BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END$$", "40001",
       DatabaseError::Kind::kContended},
      {"DO $$BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '55P03'; END$$", "55P03",
       DatabaseError::Kind::kContended},
      {"SET statement_timeout = 1; SELECT pg_sleep(10)", "57014", DatabaseError::Kind::kOther}};
  for (const auto& [sql, sqlstate, kind] : cases) {
    CAPTURE(sql);
    try {
      connection.Run(sql);
      FAIL("it was not refused");
    } catch (const StatementError& error) {
      CHECK(error.sqlstate() == sqlstate);
      CHECK(error.kind() == kind);
    }
    CHECK(connection.usable());
  }
}

TEST_CASE("connection: no SQLSTATE is lost on the way") {
  Connection connection(TargetOf(SharedServer().Dsn()));
  for (const std::string sqlstate :
       {"0A000", "21000", "22001", "22021", "23502", "23503", "23505", "23514", "25006",
        "28000", "2BP01", "3D000", "3F000", "40001", "40P01", "42501", "42601", "42703",
        "42704", "42883", "42P01", "42P16", "53100", "53200", "54000", "54011", "55P03",
        "57014", "58030", "P0001", "P0002", "P0003", "XX000"}) {
    CAPTURE(sqlstate);
    Connection fresh(TargetOf(SharedServer().Dsn()));
    try {
      fresh.Run("DO $$BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '" + sqlstate + "'; END$$");
      FAIL("it was not refused");
    } catch (const DatabaseError& error) {
      CHECK(error.sqlstate() == sqlstate);
    }
  }
}

TEST_CASE("connection: messages never quote a value, details may") {
  Connection connection(TargetOf(SharedServer().Dsn()));
  try {
    connection.Run("SELECT $1::numeric", {"ada@example.org"});
    FAIL("it was not refused");
  } catch (const StatementError& error) {
    CHECK(std::string(error.what()).find("ada") == std::string::npos);
    CHECK(error.detail().find("ada") != std::string::npos);
  }
}

TEST_CASE("connection: a copy that fails leaves the session in order") {
  Connection connection(TargetOf(SharedServer().Dsn()));
  connection.Run("CREATE TEMP TABLE t (a int, b text)");

  connection.BeginCopy("t", "a, b");
  connection.CopyLines("1\tx\n2\ty\n");
  connection.EndCopy();
  connection.BeginCopy("t", "a, b");
  connection.CopyLines("3\tx\nnot a number\ty\n");
  try {
    connection.EndCopy();
    FAIL("it was not refused");
  } catch (const StatementError& error) {
    CHECK(error.sqlstate() == "22P02");
  }

  CHECK(connection.usable());
  CHECK(connection.Run("SELECT count(*) FROM t").Int(0, 0) == 2);
}

TEST_CASE("connection: it never comes back by itself after the session was ended") {
  Connection connection(TargetOf(SharedServer().Dsn()));
  const Rows pid = connection.Run("SELECT pg_backend_pid()");
  SharedServer().Run("SELECT pg_terminate_backend(" + std::string(pid.Text(0, 0)) + ")");

  CHECK_THROWS_AS(connection.Run("SELECT 1"), DatabaseError);

  CHECK_FALSE(connection.usable());
}

struct PoolFixture : MirrorFixture {
  std::shared_ptr<ConnectionPool> Pool(size_t size, std::stop_token stop = {}) {
    ConnectionPool::Options options;
    options.target = TargetOf(dsn());
    options.size = size;
    options.stop = std::move(stop);
    return std::make_shared<ConnectionPool>(options, clock(), observer());
  }
};

TEST_CASE_FIXTURE(PoolFixture, "connection pool: sessions are used again") {
  const auto pool = Pool(2);
  std::string first;
  {
    const auto lease = pool->Take();
    first = lease->Run("SELECT pg_backend_pid()").Text(0, 0);
  }
  CHECK(pool->Take()->Run("SELECT pg_backend_pid()").Text(0, 0) == first);
  CHECK(pool->breaks() == 0);
}

TEST_CASE_FIXTURE(PoolFixture, "connection pool: who waits gets the connection that comes back") {
  const auto pool = Pool(1);
  auto lease = std::make_unique<ConnectionPool::Lease>(pool->Take());
  std::atomic<bool> got = false;
  std::jthread waiter([&] {
    const auto mine = pool->Take();
    got = true;
  });
  CHECK_FALSE(got);
  lease.reset();
  CHECK(Happens(20s, [&] { return got.load(); }));
}

TEST_CASE_FIXTURE(PoolFixture, "connection pool: what runs for long can be cancelled") {
  const auto pool = Pool(3);
  std::string sqlstate;
  std::atomic<bool> ended = false;
  std::jthread long_work([&] {
    try {
      Transaction transaction(
          *pool,
          {.statement_timeout = std::chrono::milliseconds(0), .lock_timeout = {}, .first = {}});
      transaction.Run("SELECT pg_sleep(600)");
    } catch (const DatabaseError& error) {
      sqlstate = error.sqlstate();
    }
    ended = true;
  });
  const std::string running =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
      " AND query = 'SELECT pg_sleep(600)' AND state = 'active'";
  REQUIRE(Happens(20s, [&] { return Value(running) == "1"; }));
  clock().Advance(4s);
  Transaction fresh(*pool);

  pool->CancelOlderThan(5s);
  CHECK_FALSE(ended);
  while (!ended) pool->CancelOlderThan(4s);

  CHECK(sqlstate == "57014");
  CHECK(fresh.Run("SELECT 1").Int(0, 0) == 1);
  fresh.Commit();
  // The session is as good as before.
  CHECK(pool->breaks() == 0);
}

TEST_CASE_FIXTURE(PoolFixture, "connection pool: a stop ends the wait for a connection") {
  std::stop_source stop;
  const auto pool = Pool(1, stop.get_token());
  const auto lease = pool->Take();
  std::atomic<bool> threw = false;
  std::jthread waiter([&] {
    try {
      pool->Take();
    } catch (const DatabaseError& error) {
      threw = error.kind() == DatabaseError::Kind::kUnavailable;
    }
  });
  stop.request_stop();
  waiter.join();
  CHECK(threw);
}

TEST_CASE_FIXTURE(PoolFixture,
                  "connection pool: lost sessions are dropped, counted and made anew") {
  const auto pool = Pool(2);
  { Transaction(*pool).Commit(); }
  Value(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
      " WHERE datname = current_database() AND pid <> pg_backend_pid()");

  CHECK_THROWS_AS(Transaction{*pool}, DatabaseError);
  CHECK(pool->breaks() == 1);
  { Transaction(*pool).Commit(); }

  CHECK(pool->breaks() == 1);
  CHECK(observer().reconnects == 1);
  CHECK(observer().database_up == std::vector<bool>{true, false, true});
}

TEST_CASE_FIXTURE(PoolFixture, "transaction: what is not committed is rolled back") {
  const auto pool = Pool(1);
  {
    Transaction transaction(*pool);
    transaction.Run("CREATE TABLE public.t ()");
  }
  CHECK(Value("SELECT to_regclass('t')").empty());
}

TEST_CASE_FIXTURE(PoolFixture, "transaction: a savepoint undoes its own work only") {
  const auto pool = Pool(1);
  Transaction transaction(*pool);
  transaction.Run("CREATE TABLE public.t (a int)");
  transaction.InSavepoint([&] { transaction.Run("INSERT INTO public.t VALUES (1)"); });
  CHECK_THROWS_AS(transaction.InSavepoint([&] {
    transaction.Run("INSERT INTO public.t VALUES (2)");
    transaction.Run("SELECT 1 / 0");
  }),
                  StatementError);
  transaction.Commit();

  CHECK(Value("SELECT sum(a) FROM t") == "1");
}

TEST_CASE_FIXTURE(PoolFixture,
                  "transaction: timeouts are its own and leave no trace in the session") {
  const auto pool = Pool(1);
  {
    Transaction transaction(*pool,
                            {.statement_timeout = 1234ms, .lock_timeout = 567ms, .first = {}});
    CHECK(transaction.Run("SHOW statement_timeout").Text(0, 0) == "1234ms");
    CHECK(transaction.Run("SHOW lock_timeout").Text(0, 0) == "567ms");
    transaction.Commit();
  }
  CHECK(pool->Take()->Run("SHOW statement_timeout").Text(0, 0) == "0");
}

TEST_CASE_FIXTURE(PoolFixture, "transaction: one that falls silent lets go of what it has locked") {
  const auto pool = Pool(2);
  Value("CREATE TABLE public.owned AS SELECT 1 AS a");
  Transaction frozen(*pool, {});
  CHECK(frozen.Run("SHOW idle_in_transaction_session_timeout").Text(0, 0) == "1min");
  frozen.Run("SET LOCAL idle_in_transaction_session_timeout = '50ms'");
  frozen.Run("SELECT FROM public.owned FOR UPDATE");
  // Whoever comes next gets it, without anybody's help.
  CHECK(pool->Take()->Run("SELECT a FROM public.owned FOR UPDATE").Int(0, 0) == 1);
  try {
    frozen.Run("SELECT 1");
    FAIL("it was not ended");
  } catch (const DatabaseError& error) {
    CHECK(error.kind() == DatabaseError::Kind::kUnavailable);
  }
}

}  // namespace
}  // namespace hubmirror::testing
