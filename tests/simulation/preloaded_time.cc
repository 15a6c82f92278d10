// Preloaded into a PostgreSQL server: what it takes for the time of day is the simulation's, so
// that everything in SQL which waits, expires or counts within an hour does so by the one clock.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

#include "simulation/shared_time.h"

namespace {

using hubmirror::simulation::SharedTime;

SharedTime* Find() {
  const char* const path = getenv(SharedTime::kVariable);
  if (path == nullptr) return nullptr;
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* const memory =
      mmap(nullptr, sizeof(SharedTime), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<SharedTime*>(memory);
}

int64_t OwnTime() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * 1'000'000 + time.tv_nsec / 1000;
}

}  // namespace

extern "C" int gettimeofday(timeval* time, void*) noexcept {
  static SharedTime* const shared = Find();
  int64_t now = shared == nullptr ? 0 : shared->now.load();
  if (now == 0) {
    now = OwnTime();
  } else {
    int64_t told = shared->told.load();
    while (!shared->told.compare_exchange_weak(told, told < now ? now : told + 1)) {
    }
    now = told < now ? now : told + 1;
  }
  time->tv_sec = now / 1'000'000;
  time->tv_usec = now % 1'000'000;
  return 0;
}
