#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/exit_codes.h"

namespace hubmirror {

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

/// What a verb may use of the world. Owned by one thread.
struct CliContext {
  std::ostream& out;  ///< shows nothing that a terminal would obey but line breaks (terminal.h)
  std::ostream& err;  ///< the same
  /// Where `out` leads, for escapes of our own and text that was made printable before; null:
  /// `out`.
  std::ostream* raw_out = nullptr;
  bool json = false;      ///< who asked reads JSON: errors too are JSON, on `out`
  bool terminal = false;  ///< `out` is a terminal: it may be drawn over
  /// Of the terminal as it is now: a person may make it larger meanwhile.
  std::function<TerminalSize()> size = [] { return TerminalSize(); };
  /// Whether nobody will read what is written to `out` from now on.
  std::function<bool()> reader_gone = [] { return false; };
  const Clock& clock;
  /// Value of an environment variable, empty when it is not set.
  std::function<std::string(const std::string& name)> environment;
  std::stop_token stop;
  /// Shows a prompt on a terminal and returns the line typed, `hidden` without echo. Without a
  /// terminal a hidden one is the next line of the input, and the others nobody answers. nullopt:
  /// no answer.
  std::function<std::optional<std::string>(const std::string& prompt, bool hidden)> ask = {};

  /// Whether what is written from now on is lost: its reader is gone, or the disk is full.
  bool Unheard() const { return !out || reader_gone(); }

  std::ostream& Drawing() const { return raw_out != nullptr ? *raw_out : out; }
};

/// Writes `hubmirror: message` and `Next: next` to the error stream, or with `json` the document
/// that the daemon answers with: `{"ok": false, "code": 64, "message": "...", "next": "..."}` to
/// `out`. Returns `code`.
int Fail(const CliContext& context, int code, const std::string& message, const std::string& next);

}  // namespace hubmirror
