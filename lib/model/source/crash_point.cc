#include "model/source/crash_point.h"

#ifdef HUBMIRROR_CRASH_POINTS
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#endif

namespace hubmirror {

#ifdef HUBMIRROR_CRASH_POINTS

namespace {

/// What the environment asks for.
struct WantedCrash {
  std::string name;
  int at = 1;
  int signal = SIGKILL;
};

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

WantedCrash ReadWantedCrash() {
  WantedCrash wanted{.name = Variable("HUBMIRROR_CRASH_AT")};
  if (const size_t colon = wanted.name.find(':'); colon != std::string::npos) {
    wanted.at = std::atoi(wanted.name.c_str() + colon + 1);
    wanted.name.erase(colon);
  }
  if (Variable("HUBMIRROR_CRASH_HOW") == "stop") wanted.signal = SIGSTOP;
  return wanted;
}

}  // namespace

void Reach(CrashPoint point) {
  static const WantedCrash wanted = ReadWantedCrash();
  static std::atomic<int> times{0};
  if (kCrashPoints[static_cast<size_t>(point)].name != wanted.name) return;
  if (++times == wanted.at) ::kill(::getpid(), wanted.signal);
}

#else

void Reach(CrashPoint) {}

#endif

}  // namespace hubmirror
