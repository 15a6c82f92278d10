#include <doctest/doctest.h>

#include <sstream>

#include "daemon/cli/terminal.h"
#include "support/hostile_text.h"

namespace hubmirror {
namespace {

TEST_CASE("printable stream: nothing that a terminal obeys passes it, whatever a verb writes") {
  std::ostringstream terminal;
  PrintableStream out(terminal, false);

  out << HostileText() << "\nZoë, 日本, 😀" << std::endl;

  CHECK(ObeyedIn(terminal.str()) == "");
  CHECK(terminal.str().find("hostile?[2J?[2J") == 0);
  CHECK(terminal.str().ends_with("\nZoë, 日本, 😀\n"));
}

TEST_CASE("printable stream: a character may come byte by byte, and half of one is not held back") {
  std::ostringstream terminal;
  PrintableStream out(terminal, false);

  for (const char byte : std::string("ë\u009b😀\u202e|")) out << byte;
  CHECK(terminal.str() == "ë?😀?|");

  out << "\xE2\x80" << std::flush;
  CHECK(terminal.str() == "ë?😀?|\uFFFD\uFFFD");
}

TEST_CASE("printable stream: JSON keeps its values, as escapes") {
  std::ostringstream terminal;
  PrintableStream out(terminal, true);

  out << "{\n  \"name\": \"a\u202eb\x7f\"\n}\n";

  CHECK(terminal.str() == "{\n  \"name\": \"a\\u202eb\\u007f\"\n}\n");
}

TEST_CASE("printable stream: a disk that is full is noticed") {
  std::ostringstream terminal;
  PrintableStream out(terminal, false);
  terminal.setstate(std::ios::badbit);

  out << "lost" << std::flush;

  CHECK_FALSE(out);
}

}  // namespace
}  // namespace hubmirror
