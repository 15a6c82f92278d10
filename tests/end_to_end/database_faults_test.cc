// What can happen to the database under a running daemon, and what its users do to the tables: each
// fault of the database that docs/reliability.md numbers and no other program meets.

#include <doctest/doctest.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

#include "faulty_world.h"
#include "support/await.h"
#include "support/tcp_proxy.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A disk of some mebibytes, which nobody but this test and what it starts can see: it goes with
/// the last of them. For any user who may make a name space of mounts.
class SmallDisk {
 public:
  explicit SmallDisk(int mebibytes) {
    const uid_t user = geteuid();
    const gid_t group = getegid();
    REQUIRE(unshare(CLONE_NEWNS | (user == 0 ? 0 : CLONE_NEWUSER)) == 0);
    if (user != 0) {
      const auto map = [](const char* file, const std::string& line) {
        std::ofstream(file) << line;
      };
      map("/proc/self/setgroups", "deny");
      map("/proc/self/uid_map", std::to_string(user) + " " + std::to_string(user) + " 1");
      map("/proc/self/gid_map", std::to_string(group) + " " + std::to_string(group) + " 1");
    }
    REQUIRE(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    const std::string size = "mode=0700,size=" + std::to_string(mebibytes) + "m";
    REQUIRE(mount("tmpfs", path().c_str(), "tmpfs", 0, size.c_str()) == 0);
    const passwd* account = user == 0 ? getpwnam("postgres") : nullptr;
    if (user == 0) {
      REQUIRE(account != nullptr);
      REQUIRE(chown(path().c_str(), account->pw_uid, account->pw_gid) == 0);
      fs::permissions(path().parent_path(), fs::perms::owner_all | fs::perms::others_exec);
    }
  }
  ~SmallDisk() { umount2(path().c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  fs::path path() const { return directory_.Write("disk/.keep", "").parent_path(); }

 private:
  TempDirectory directory_{"disk"};
};

TEST_CASE("fault 23: a disk that is full, and a server that is read-only") {
  const SmallDisk disk(48);
  const std::string place = disk.path();
  World world({.scenario_json = FaultyWorld::kScenario}, [] {
    DaemonSettings settings;
    settings.portals[0].objects = {"contacts", "companies"};
    return settings;
  }());
  world.database.Run("CREATE TABLESPACE small LOCATION '" + place + "'");
  world.database.Run("ALTER DATABASE crm SET TABLESPACE small");
  world.Load();
  const auto say = [&](const std::string& words) {
    return Happens(60s, [&] {
      const auto stream = world.daemon.Stream("acme", "contacts");
      return stream.Text("state") == "failing" &&
             stream.Text("message").find(words) != std::string::npos;
    });
  };
  const fs::path filler = disk.path() / "filler";
  {
    std::ofstream file(filler);
    const std::string block(1U << 16U, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  world.portal.StartScript(R"({"events":400,"seconds":2,"seed":5})");
  world.portal.AwaitScript(30s);
  CHECK(say("free disk space on the database server"));
  CHECK(world.daemon.StatusCodeOf("/livez") == 200);
  // The database is up, and what it holds grows old.
  const auto ready = [&](int code) {
    return Happens(60s, [&] { return world.daemon.StatusCodeOf("/readyz?max_age=20s") == code; });
  };
  CHECK(ready(503));
  fs::remove(filler);
  world.ExpectEqual();
  CHECK(ready(200));

  world.Sql("ALTER ROLE mirror SET default_transaction_read_only = on");
  world.Sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mirror'");
  world.portal.StartScript(R"({"events":60,"seconds":1,"seed":6})");
  world.portal.AwaitScript(30s);
  CHECK(say("target_session_attrs=read-write"));
  world.Sql("ALTER ROLE mirror RESET default_transaction_read_only");
  world.ExpectEqual();
}

TEST_CASE("fault 21: a connection that is lost in COMMIT, done or not") {
  World world({.seed = 117, .records = 2500, .latency = "10ms"});
  TcpProxy proxy(world.database.socket_directory() /
                 (".s.PGSQL." + std::to_string(world.database.port())));
  world.daemon.settings().dsn = "host=127.0.0.1 port=" + std::to_string(proxy.port()) +
                                " user=mirror dbname=crm sslmode=disable";
  world.daemon.WriteFiles();
  std::atomic<int> done = 0;
  std::atomic<int> undone = 0;
  proxy.Set([&, commits = 0](std::string_view said) mutable {
    if (said.find(std::string_view("COMMIT\0", 7)) == said.npos) return TcpProxy::Cut::kNone;
    // Seldom enough that a lost one is made good before the next.
    const bool lost = ++commits % 25 == 0;
    if (!lost) return TcpProxy::Cut::kNone;
    const bool tell_server = commits % 50 == 0;
    ++(tell_server ? done : undone);
    return tell_server ? TcpProxy::Cut::kAfter : TcpProxy::Cut::kBefore;
  });
  world.daemon.Start();
  world.portal.StartScript(R"({"events":200,"seconds":8,"seed":4})");
  CHECK(Happens(60s, [&] { return done >= 2 && undone >= 2; }));
  world.portal.AwaitScript(60s);
  proxy.Set(nullptr);
  world.mirror.WaitBackfill(90s);
  world.ExpectEqual();
  MESSAGE(done.load() << " commits done and not told, " << undone.load() << " not done");
}

void ExpectSaid(FaultyWorld& faulty, const std::string& words) {
  faulty.ExpectSaid("failing", words);
}

TEST_CASE("fault 22: deadlocks, serialization failures and lock timeouts are tried again") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  World& world = faulty.world;
  for (const char* sqlstate : {"40P01", "40001", "55P03"}) {
    CAPTURE(sqlstate);
    world.Sql(std::string(R"(CREATE SCHEMA users; CREATE SEQUENCE users.struck;
      GRANT USAGE ON SCHEMA users TO mirror; GRANT USAGE ON SEQUENCE users.struck TO mirror;
      CREATE FUNCTION users.strike() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('users.struck') <= 2 THEN
          RAISE EXCEPTION 'struck' USING ERRCODE = ')") +
              sqlstate + R"('; END IF; RETURN NEW; END $$;
      CREATE TRIGGER strike BEFORE INSERT OR UPDATE ON acme.contacts FOR EACH ROW
        EXECUTE FUNCTION users.strike())");
    faulty.ExpectOneToArrive(30s);
    CHECK(world.Sql("SELECT last_value > 2 FROM users.struck") == "t");
    world.Sql("DROP SCHEMA users CASCADE");
  }

  // A real one: each holds what the other wants, and the server ends ours, whose patience is less.
  const std::string id = world.Sql("SELECT min(id)::text FROM acme.contacts_live");
  Session user(world.AdminDsn());
  user.Run("SET deadlock_timeout = '1min'; BEGIN; SELECT 1 FROM acme.contacts WHERE id = " + id +
           " FOR UPDATE");
  world.portal.Mutate(R"({"object":"contacts","kind":"update","id":")" + id +
                      R"(","properties":{"city":"Turin"}})");
  Await("the daemon to wait for the row", 20s, [&] {
    return world.Sql(
               "SELECT count(*)::text FROM pg_stat_activity WHERE usename = 'mirror' AND "
               "wait_event_type = 'Lock'") == "1";
  });
  user.Run("SELECT 1 FROM acme._owner FOR UPDATE");
  CHECK(Happens(10s, [&] {
    return world.Sql("SELECT deadlocks > 0 FROM pg_stat_database WHERE datname = 'crm'") == "t";
  }));
  user.Run("COMMIT");
  faulty.ExpectNothingLost();
  CHECK(world.Sql("SELECT city FROM acme.contacts_live WHERE id = " + id) == "Turin");
}

TEST_CASE("fault 25: what users add to the tables stays, what they take away is said or restored") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  World& world = faulty.world;
  world.Sql(R"(ALTER TABLE acme.contacts ADD COLUMN note text;
    UPDATE acme.contacts SET note = 'mine ' || id;
    CREATE INDEX ours ON acme.contacts (lower(email));
    CREATE SCHEMA reports; CREATE VIEW reports.people AS SELECT id, email, note FROM acme.contacts;
    CREATE TABLE reports.written (id bigint);
    CREATE FUNCTION reports.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
      $$ BEGIN INSERT INTO reports.written VALUES (NEW.id); RETURN NEW; END $$;
    GRANT USAGE ON SCHEMA reports TO mirror;
    CREATE TRIGGER note AFTER INSERT OR UPDATE ON acme.contacts FOR EACH ROW
      EXECUTE FUNCTION reports.note())");
  const std::string noted = world.Sql("SELECT count(*)::text FROM acme.contacts");
  faulty.Change();
  faulty.ExpectNothingLost();
  CHECK(world.Sql("SELECT count(*)::text FROM reports.people WHERE note = 'mine ' || id") == noted);
  CHECK(world.Sql("SELECT count(*) > 0 FROM reports.written") == "t");

  // A trigger that refuses everything is said with its words, until it is gone.
  world.Sql(
      "CREATE OR REPLACE FUNCTION reports.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "RAISE EXCEPTION 'not today'; END $$");
  faulty.Change();
  ExpectSaid(faulty, "not today");
  world.Sql("DROP TRIGGER note ON acme.contacts");
  faulty.ExpectNothingLost();

  world.Sql("DROP TABLE acme.companies CASCADE");
  world.Sql("DROP VIEW reports.people");
  faulty.Change();
  faulty.ExpectNothingLost();

  world.Sql("REVOKE INSERT, UPDATE ON acme.contacts FROM mirror");
  faulty.Change();
  faulty.ExpectSaid("blocked", "contacts");
  world.Sql("GRANT INSERT, UPDATE ON acme.contacts TO mirror");
  CHECK(world.daemon.Cli({"poll", "acme"}).end.exit_code == 0);
  faulty.ExpectNothingLost();
}

TEST_CASE("fault 26: a server that gives no more connections is asked again") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  World& world = faulty.world;
  world.Sql("ALTER ROLE mirror CONNECTION LIMIT 0");
  world.Sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mirror'");
  faulty.Change();
  ExpectSaid(faulty, "too many connections");
  world.Sql("ALTER ROLE mirror CONNECTION LIMIT -1");
  faulty.ExpectNothingLost();
}

TEST_CASE("fault 28: a user's long lock holds up its table and nothing else") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  World& world = faulty.world;
  Session user(world.AdminDsn());
  user.Run("BEGIN; LOCK TABLE acme.contacts IN ACCESS EXCLUSIVE MODE");
  world.portal.Mutate(R"({"object":"contacts","kind":"update"})");
  ExpectSaid(faulty, "pg_blocking_pids()");
  const std::string company = world.portal.Mutate(
      R"({"object":"companies","kind":"create","properties":{"name":"unhindered"}})");
  CHECK(Happens(20s, [&] {
    return world.Sql("SELECT count(*)::text FROM acme.companies_live WHERE id = " + company) == "1";
  }));
  INFO(world.mirror.StreamStates());
  CHECK(world.daemon.Stream("acme", "companies").Text("state") == "current");
  user.Run("COMMIT");
  faulty.ExpectNothingLost();
}

TEST_CASE("fault 27: of two daemons on one mirror one writes, with its own state and with a copy") {
  FaultyWorld& faulty = FaultyWorld::OfThisProgram();
  World& world = faulty.world;
  const auto writes = [](const DaemonProcess& daemon) {
    return daemon.Stream("acme", "contacts").Text("state") == "current";
  };
  const auto passive = [](const DaemonProcess& daemon) {
    return daemon.Stream("acme", "contacts").Text("state") == "passive";
  };
  {
    DaemonProcess second(world.daemon.settings());
    second.Start();
    CHECK(Happens(30s, [&] { return passive(second); }));
    faulty.Change();
    faulty.ExpectNothingLost();
    CHECK(passive(second));
    second.Terminate();
  }
  DaemonProcess copy(world.daemon.settings());
  fs::copy(world.daemon.directory().path() / "state", copy.directory().path() / "state",
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  copy.Start();
  CHECK(Happens(60s, [&] { return writes(copy) && passive(world.daemon); }));
  faulty.Change();
  MirrorCheck by_copy(world.portal, copy, world.AdminDsn(), world.daemon.settings().portals[0]);
  by_copy.Settle(60s);
  world.ExpectNoDifferences();
  CHECK(copy.Terminate() == ProcessEnd{.exit_code = 0});
  // A minute later:
  world.Sql("UPDATE acme._owner SET renewed_at = now() - interval '61 s' RETURNING 1");
  CHECK(Happens(90s, [&] { return writes(world.daemon); }));
  faulty.Change();
  faulty.ExpectNothingLost();
}

}  // namespace
}  // namespace hubmirror::testing
