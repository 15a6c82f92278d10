#include "daemon/cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>
#include <string_view>

#include "base/printable.h"
#include "daemon/cli/text/words.h"

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

/// How many bytes at the end of `text` begin a UTF-8 character that is not whole.
size_t BegunAtEnd(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) return 0;
    if (byte < 0xC0) continue;  // goes on what began before it
    const size_t whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    return back < whole ? back : 0;
  }
  return 0;
}

}  // namespace

TerminalSize SizeOfTerminal() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {.columns = size.ws_col, .rows = size.ws_row};
}

bool ReaderOfOutputIsGone() {
  pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

std::optional<std::string> AskPerson(const std::string& prompt, bool hidden) {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  // What is not typed by a person is a secret written to us; the rest has its defaults.
  if (!terminal) return hidden ? ReadLine() : std::nullopt;
  std::cerr << PrintableLines(prompt) << std::flush;
  if (!hidden) return ReadLine();
  const WithoutEcho without_echo;
  return ReadLine();
}

PrintableStream::PrintableStream(std::ostream& shown, bool json)
    : std::ostream(nullptr), buffer_(shown, json) {
  rdbuf(&buffer_);
}

std::streamsize PrintableStream::Buffer::xsputn(const char* text, std::streamsize size) {
  begun_.append(text, static_cast<size_t>(size));
  return PassOn(begun_.size() - BegunAtEnd(begun_)) ? size : 0;
}

PrintableStream::Buffer::int_type PrintableStream::Buffer::overflow(int_type byte) {
  if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
  const char letter = traits_type::to_char_type(byte);
  return xsputn(&letter, 1) == 1 ? byte : traits_type::eof();
}

int PrintableStream::Buffer::sync() {
  const bool passed = PassOn(begun_.size());
  shown_.flush();
  return passed && shown_ ? 0 : -1;
}

bool PrintableStream::Buffer::PassOn(size_t bytes) {
  const std::string_view text = std::string_view(begun_).substr(0, bytes);
  shown_ << (json_ ? JsonWithoutControls(text) : WithoutControls(text, '?', '\n'));
  begun_.erase(0, bytes);
  return static_cast<bool>(shown_);
}

}  // namespace hubmirror
