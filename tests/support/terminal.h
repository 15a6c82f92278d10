#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_directory.h"

namespace hubmirror::testing {

/// A shell in a real terminal, of a tmux server that nobody else uses: what a person would see and
/// type. Failures throw std::runtime_error. Owned by one thread.
class Terminal {
 public:
  Terminal(int columns, int rows, const std::map<std::string, std::string>& environment);

  /// Types a line and Enter.
  void Enter(const std::string& line);
  /// Types letters as they are.
  void Type(const std::string& letters);
  /// `C-c`, `Tab`, `Enter`.
  void Press(const std::string& key);
  void Resize(int columns, int rows);

  /// The rows of the window without blanks at their ends, and without empty ones at the end.
  std::string Screen() const;
  /// The same, with what has scrolled away.
  std::string Everything() const;
  /// How many rows have scrolled away.
  int ScrolledRows() const;
  bool CursorIsShown() const;

  /// Waits until the screen holds a text; the error shows the screen.
  void AwaitText(const std::string& text) const;
  /// Waits until the shell asks for a command.
  void AwaitPrompt() const;
  /// Runs a command, of one row, to its end on a clear screen and returns the rows it wrote.
  std::string Run(const std::string& line);
  /// Of the last command.
  int ExitCode();

 private:
  std::string Tmux(const std::vector<std::string>& words) const;
  std::string Format(const std::string& format) const;
  /// The number in the prompt that stands last on the screen; 0: there is none.
  int PromptNumber() const;
  void AwaitPromptAfter(int number) const;

  TempDirectory directory_{"terminal"};
  std::unique_ptr<Process> server_;
};

}  // namespace hubmirror::testing
