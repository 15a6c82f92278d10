// Holds one thread of another process still, as a deadlock would, until it is killed itself:
//
//   hold_thread THREAD_ID
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int count, char** values) {
  const pid_t thread = count == 2 ? static_cast<pid_t>(std::atoi(values[1])) : 0;
  if (thread <= 0 || ::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0 ||
      ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0) {
    std::fprintf(stderr, "hold_thread: cannot hold the thread: %s\n", std::strerror(errno));
    return 1;
  }
  // The thread stops when this is told of it, and stays so: it is never let go on.
  int status = 0;
  ::waitpid(thread, &status, __WALL);
  std::puts("held");
  std::fflush(stdout);
  for (;;) ::pause();
}
