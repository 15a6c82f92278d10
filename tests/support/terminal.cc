#include "support/terminal.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/await.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTmux = "/usr/bin/tmux";
constexpr const char* kSession = "test";
// A prompt has the number of the command that comes next, so that a new one can be told.
constexpr const char* kPrompt = "%\\#> ";
constexpr auto kLimit = 30s;

std::string WithoutBlankEnds(const std::string& text) {
  std::string cut;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line.erase(line.find_last_not_of(' ') + 1);
    cut += line + "\n";
  }
  while (cut.ends_with("\n\n")) cut.pop_back();
  return cut == "\n" ? "" : cut;
}

}  // namespace

Terminal::Terminal(int columns, int rows, const std::map<std::string, std::string>& environment) {
  // In the foreground, so that it ends with this test whatever happens.
  server_ = std::make_unique<Process>(
      Process::Options{.command = {kTmux, "-u", "-f", "/dev/null", "-S",
                                   (directory_.path() / "tmux").string(), "-D"},
                       .environment = {{"LANG", "C.UTF-8"}, {"TERM", "xterm"}},
                       .log = directory_.path() / "log"});
  std::vector<std::string> words = {
      "new-session",       "-d", "-s", kSession, "-x", std::to_string(columns), "-y",
      std::to_string(rows)};
  for (const auto& [name, value] : environment) {
    words.insert(words.end(), {"-e", name + "=" + value});
  }
  const std::filesystem::path start = directory_.path() / "start";
  std::ofstream(start) << "PS1='" << kPrompt << "'\n";
  words.push_back("bash --noprofile --rcfile " + start.string());
  Await("the terminal", kLimit, [&] {
    try {
      Tmux(words);
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  });
  AwaitPromptAfter(0);
}

std::string Terminal::Tmux(const std::vector<std::string>& words) const {
  // Never a server of its own: that would outlive the test.
  std::vector<std::string> command = {kTmux, "-N", "-u", "-S",
                                      (directory_.path() / "tmux").string()};
  command.insert(command.end(), words.begin(), words.end());
  const ProgramResult result = RunProgram(command, {{"LANG", "C.UTF-8"}}, kLimit);
  if (result.end.exit_code != 0) throw std::runtime_error("tmux: " + result.output);
  return result.output;
}

std::string Terminal::Format(const std::string& format) const {
  std::string text = Tmux({"display-message", "-p", "-t", kSession, format});
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

void Terminal::Type(const std::string& letters) {
  Tmux({"send-keys", "-t", kSession, "-l", "--", letters});
}

void Terminal::Press(const std::string& key) {
  Tmux({"send-keys", "-t", kSession, key});
}

void Terminal::Enter(const std::string& line) {
  Type(line);
  Press("Enter");
}

void Terminal::Resize(int columns, int rows) {
  Tmux(
      {"resize-window", "-t", kSession, "-x", std::to_string(columns), "-y", std::to_string(rows)});
}

std::string Terminal::Screen() const {
  return WithoutBlankEnds(Tmux({"capture-pane", "-p", "-t", kSession}));
}

std::string Terminal::Everything() const {
  return WithoutBlankEnds(Tmux({"capture-pane", "-p", "-S", "-", "-t", kSession}));
}

int Terminal::ScrolledRows() const {
  return std::stoi(Format("#{history_size}"));
}

bool Terminal::CursorIsShown() const {
  return Format("#{cursor_flag}") == "1";
}

void Terminal::AwaitText(const std::string& text) const {
  const bool came = Happens(kLimit, [&] { return Screen().find(text) != std::string::npos; });
  if (!came) throw std::runtime_error("no " + text + " on the screen:\n" + Screen());
}

int Terminal::PromptNumber() const {
  const std::string screen = Screen();
  const size_t line = screen.rfind('\n', screen.size() < 2 ? 0 : screen.size() - 2);
  const size_t begin = line == std::string::npos ? 0 : line + 1;
  int number = 0;
  return std::sscanf(screen.c_str() + begin, "%%%d>\n", &number) == 1 && screen.ends_with(">\n")
             ? number
             : 0;
}

void Terminal::AwaitPromptAfter(int number) const {
  const bool came = Happens(kLimit, [&] { return PromptNumber() > number; });
  if (!came) throw std::runtime_error("the shell is not back:\n" + Screen());
}

void Terminal::AwaitPrompt() const {
  AwaitPromptAfter(0);
}

std::string Terminal::Run(const std::string& line) {
  AwaitPrompt();
  const int before = PromptNumber();
  Enter("clear");
  AwaitPromptAfter(before);
  Tmux({"clear-history", "-t", kSession});
  Enter(line);
  AwaitPromptAfter(before + 1);
  const std::string all = Everything();
  const size_t begin = all.find('\n') + 1;
  const size_t end = all.rfind("\n%") + 1;
  return all.substr(begin, end - begin);
}

int Terminal::ExitCode() {
  AwaitPrompt();
  const int before = PromptNumber();
  Enter("echo code=$?");
  AwaitPromptAfter(before);
  const std::string screen = Screen();
  return std::stoi(screen.substr(screen.rfind("\ncode=") + 6));
}

}  // namespace hubmirror::testing
