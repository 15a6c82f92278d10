#include "daemon/cli/terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>

namespace hubmirror {
namespace {

/// What a signal handler gives back to the terminal; it can be told in no other way.
termios g_before;

extern "C" void GiveEchoBack(int signal) {
  ::tcsetattr(STDIN_FILENO, TCSANOW, &g_before);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

/// While it lives, what is typed is not shown.
class WithoutEcho {
 public:
  WithoutEcho() {
    ::tcgetattr(STDIN_FILENO, &g_before);
    struct sigaction action {};
    action.sa_handler = GiveEchoBack;
    for (size_t i = 0; i < kEnding.size(); ++i) ::sigaction(kEnding[i], &action, &handlers_[i]);
    termios silent = g_before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~WithoutEcho() {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &g_before);
    for (size_t i = 0; i < kEnding.size(); ++i) ::sigaction(kEnding[i], &handlers_[i], nullptr);
    // The Enter that was typed was not shown either.
    std::cerr << "\n";
  }
  WithoutEcho(const WithoutEcho&) = delete;
  WithoutEcho& operator=(const WithoutEcho&) = delete;

 private:
  static constexpr std::array kEnding = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  std::array<struct sigaction, kEnding.size()> handlers_{};
};

std::optional<std::string> ReadLine() {
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return line;
}

}  // namespace

TerminalSize SizeOfTerminal() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {.columns = size.ws_col, .rows = size.ws_row};
}

std::optional<std::string> AskPerson(const std::string& prompt, bool hidden) {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  // What is not typed by a person is a secret written to us; the rest has its defaults.
  if (!terminal) return hidden ? ReadLine() : std::nullopt;
  std::cerr << prompt << std::flush;
  if (!hidden) return ReadLine();
  const WithoutEcho without_echo;
  return ReadLine();
}

}  // namespace hubmirror
