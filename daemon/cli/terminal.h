#pragma once

#include <optional>
#include <ostream>
#include <streambuf>
#include <string>

#include "daemon/cli/context.h"

namespace hubmirror {

// The terminal that a command runs on. For one thread.

/// Of the standard output; that of an old terminal where it is none.
TerminalSize SizeOfTerminal();

/// See CliContext::reader_gone: of a pipe, which else tells only who writes again.
bool ReaderOfOutputIsGone();

/// See CliContext::ask. While a hidden line is typed, a signal that ends the program gives the
/// terminal its echo back before.
std::optional<std::string> AskPerson(const std::string& prompt, bool hidden);

/// Passes on what is written to it without anything that a terminal would obey but line breaks
/// (base/printable.h), so that no verb can forget it. Owned by one thread.
class PrintableStream : public std::ostream {
 public:
  /// `json`: what is written is JSON, and such characters become escapes of it rather than `?`.
  PrintableStream(std::ostream& shown, bool json);

 private:
  class Buffer : public std::streambuf {
   public:
    Buffer(std::ostream& shown, bool json) : shown_(shown), json_(json) {}

   protected:
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int_type overflow(int_type byte) override;
    int sync() override;

   private:
    bool PassOn(size_t bytes);

    std::ostream& shown_;
    const bool json_;
    std::string begun_;  ///< the first bytes of a character whose others have not been written yet
  };

  Buffer buffer_;
};

}  // namespace hubmirror
