#include "daemon/signals.h"

#include <csignal>
#include <ctime>

namespace hubmirror {
namespace {

sigset_t OurSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void TakeOverSignals() {
  const sigset_t set = OurSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::optional<Signal> WaitForSignal(std::chrono::milliseconds at_most) {
  const sigset_t set = OurSignals();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at_most);
  const timespec wait{.tv_sec = seconds.count(),
                      .tv_nsec = std::chrono::nanoseconds(at_most - seconds).count()};
  const int number = sigtimedwait(&set, nullptr, &wait);
  if (number < 0) return std::nullopt;
  return number == SIGHUP ? Signal::kReload : Signal::kStop;
}

}  // namespace hubmirror
