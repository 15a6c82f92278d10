#include "simulation/database_time.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <stdexcept>

namespace hubmirror::simulation {
namespace {

constexpr const char* kPreload = "LD_PRELOAD";

}  // namespace

DatabaseTime::DatabaseTime() : directory_("simulated-time") {
  namespace fs = std::filesystem;
  // The server is another user, who need not be able to enter the folder of the build.
  fs::permissions(directory_.path(),
                  fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  const fs::path library = directory_.path() / "preloaded_time.so";
  fs::copy_file(PRELOADED_TIME, library);
  fs::permissions(library, fs::perms(0755));
  const fs::path file = directory_.Write("time", std::string(sizeof(SharedTime), '\0'));
  fs::permissions(file, fs::perms(0666));
  const int opened = open(file.c_str(), O_RDWR | O_CLOEXEC);
  void* const memory =
      mmap(nullptr, sizeof(SharedTime), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
  close(opened);
  if (memory == MAP_FAILED) throw std::runtime_error("no memory for the time of servers");
  shared_ = new (memory) SharedTime{};
  setenv(SharedTime::kVariable, file.c_str(), 1);
  setenv(kPreload, library.c_str(), 1);
}

DatabaseTime::~DatabaseTime() {
  unsetenv(kPreload);
  unsetenv(SharedTime::kVariable);
  munmap(shared_, sizeof(SharedTime));
}

void DatabaseTime::Set(const VirtualClock& clock) {
  using std::chrono::microseconds;
  const auto since = std::chrono::floor<microseconds>(clock.Now() - VirtualClock::kStart);
  const auto epoch = std::chrono::floor<microseconds>(VirtualClock::kEpoch.time_since_epoch());
  const int64_t now = (epoch + since).count();
  // Another story begins anew.
  if (now < shared_->now) shared_->told = 0;
  shared_->now = now;
}

}  // namespace hubmirror::simulation
