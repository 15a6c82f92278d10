#include "simulation/database_time.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace hubmirror::simulation {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPreload = "LD_PRELOAD";
constexpr const char* kPurpose = "simulated-time";
constexpr const char* kFile = "time";

/// Whether nobody who lives has locked the file of that time. One without is just being made, or
/// was kept for a look.
bool IsLeftBehind(const fs::path& directory) {
  const int opened = open((directory / kFile).c_str(), O_RDWR | O_CLOEXEC);
  if (opened < 0) return false;
  const bool locked = flock(opened, LOCK_EX | LOCK_NB) == 0;
  close(opened);
  return locked;
}

/// What processes that were killed have left.
void RemoveLeftBehind() {
  const std::string prefix = "hubmirror-" + std::string(kPurpose) + "-";
  std::error_code ignored;
  std::vector<fs::path> left;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(fs::temp_directory_path(), ignored)) {
    const bool named = entry.path().filename().string().starts_with(prefix);
    if (named && IsLeftBehind(entry.path())) left.push_back(entry.path());
  }
  for (const fs::path& directory : left) fs::remove_all(directory, ignored);
}

}  // namespace

DatabaseTime::DatabaseTime() : directory_(kPurpose) {
  RemoveLeftBehind();
  // The server is another user, who need not be able to enter the folder of the build.
  fs::permissions(directory_.path(),
                  fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  const fs::path library = directory_.path() / "preloaded_time.so";
  fs::copy_file(PRELOADED_TIME, library);
  fs::permissions(library, fs::perms(0755));
  // It gets its name once it is locked.
  const fs::path made = directory_.Write("made", std::string(sizeof(SharedTime), '\0'));
  fs::permissions(made, fs::perms(0666));
  const fs::path file = directory_.path() / kFile;
  lock_ = open(made.c_str(), O_RDWR | O_CLOEXEC);
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) throw std::runtime_error("no lock on the time");
  fs::rename(made, file);
  void* const memory =
      mmap(nullptr, sizeof(SharedTime), PROT_READ | PROT_WRITE, MAP_SHARED, lock_, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no memory for the time of servers");
  shared_ = new (memory) SharedTime{};
  setenv(SharedTime::kVariable, file.c_str(), 1);
  setenv(kPreload, library.c_str(), 1);
}

DatabaseTime::~DatabaseTime() {
  unsetenv(kPreload);
  unsetenv(SharedTime::kVariable);
  munmap(shared_, sizeof(SharedTime));
  // Where the rest is kept, nobody takes it for what was left behind.
  std::error_code ignored;
  fs::remove(directory_.path() / kFile, ignored);
  close(lock_);
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
