#include "support/temp_pgbouncer.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "support/await.h"

namespace hubmirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "/usr/sbin/pgbouncer";
constexpr const char* kPort = "6432";

std::string Configuration(const TempPostgres& server, const std::string& database,
                          const std::string& role, int connections, const fs::path& directory) {
  return "[databases]\n" + database + " = host=" + (directory / "server").string() +
         " port=" + std::to_string(server.port()) + " dbname=" + database + " user=" + role +
         "\n[pgbouncer]\npool_mode = transaction\nauth_type = any\nadmin_users = " + role +
         "\nlisten_addr =\nlisten_port = " + kPort + "\nunix_socket_dir = " + directory.string() +
         "\ndefault_pool_size = " + std::to_string(connections) +
         "\nignore_startup_parameters = extra_float_digits\n";
}

/// PgBouncer refuses root. The wish to die with us must be said after the change of user.
std::vector<std::string> Command(const fs::path& directory, const fs::path& configuration) {
  if (geteuid() != 0) return {kProgram, configuration};
  const passwd* account = getpwnam("postgres");
  if (account == nullptr) throw std::runtime_error("run as root, but there is no user postgres");
  for (const fs::path& path : {directory, configuration}) {
    if (chown(path.c_str(), account->pw_uid, account->pw_gid) != 0) {
      throw std::runtime_error("chown failed");
    }
  }
  return {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups",
          "--pdeathsig=KILL", kProgram,           configuration};
}

}  // namespace

TempPgBouncer::TempPgBouncer(const TempPostgres& server, const std::string& database,
                             const std::string& role, int connections)
    : database_(database), role_(role) {
  fs::create_directory_symlink(server.socket_directory(), this->server());
  const fs::path configuration = directory_.Write(
      "pgbouncer.ini", Configuration(server, database, role, connections, directory_.path()));
  process_ = std::make_unique<Process>(Process::Options{
      .command = Command(directory_.path(), configuration), .log = directory_.path() / "log"});
  const bool ready = Happens(std::chrono::seconds{20}, [this] {
    return !process_->running() || PQping(Dsn().c_str()) == PQPING_OK;
  });
  if (!ready || !process_->running()) {
    throw std::runtime_error("PgBouncer did not start: " + process_->LogEnd());
  }
}

void TempPgBouncer::MoveTo(const TempPostgres& server) {
  RunSql(Console(), "PAUSE");
  fs::remove(this->server());
  fs::create_directory_symlink(server.socket_directory(), this->server());
  RunSql(Console(), "RESUME");
}

std::string TempPgBouncer::Console() const {
  return "host=" + directory_.path().string() + " port=" + kPort + " user=" + role_ +
         " dbname=pgbouncer";
}

std::string TempPgBouncer::Dsn() const {
  return "host=" + directory_.path().string() + " port=" + kPort + " user=" + role_ +
         " dbname=" + database_;
}

}  // namespace hubmirror::testing
