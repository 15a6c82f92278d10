#include <doctest/doctest.h>

#include <cmath>

#include "daemon/cli/text/words.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

TEST_CASE("cli words: counts are grouped by thousands") {
  CHECK(CountWords(0) == "0");
  CHECK(CountWords(999) == "999");
  CHECK(CountWords(1000) == "1,000");
  CHECK(CountWords(27600123) == "27,600,123");
  CHECK(CountWords(-1234) == "-1,234");
  CHECK(CountWords(-123) == "-123");
}

TEST_CASE("cli words: spans show their two largest units") {
  CHECK(CompactSpan(0s) == "0s");
  CHECK(CompactSpan(-5s) == "0s");
  CHECK(CompactSpan(45s) == "45s");
  CHECK(CompactSpan(190s) == "3m 10s");
  CHECK(CompactSpan(5min) == "5m");
  CHECK(CompactSpan(2h + 5min + 7s) == "2h 5m");
  CHECK(CompactSpan(24h * 12 + 4h) == "12d 4h");
  CHECK(CompactSpan(24h * 12 + 5min) == "12d");
}

TEST_CASE("cli words: a bar is never over- or underfull") {
  CHECK(ProgressBar(0.0, 4) == "[----]");
  CHECK(ProgressBar(0.5, 4) == "[##--]");
  CHECK(ProgressBar(1.0, 4) == "[####]");
  CHECK(ProgressBar(7.0, 4) == "[####]");
  CHECK(ProgressBar(-1.0, 4) == "[----]");
  CHECK(ProgressBar(std::nan(""), 4) == "[----]");
}

TEST_CASE("cli words: terminal sequences do not reach the terminal") {
  CHECK(Printable("a\x1b[2Jb\nc\x7f") == "a?[2Jb?c?");
  CHECK(Printable("Zürich") == "Zürich");
  CHECK(PrintableLines("a\x1b\nb") == "a?\nb");
}

TEST_CASE("cli words: rows on a terminal count wrapped lines") {
  CHECK(RowsOnTerminal("", 10) == 0);
  CHECK(RowsOnTerminal("abc\n", 10) == 1);
  CHECK(RowsOnTerminal("abc\n\nabc\n", 10) == 3);
  CHECK(RowsOnTerminal(std::string(10, 'x') + "\n", 10) == 1);
  CHECK(RowsOnTerminal(std::string(11, 'x') + "\n", 10) == 2);
}

TEST_CASE("cli words: long lines break at blanks and go on further in") {
  CHECK(WrapLines("a line\n", 10) == "a line\n");
  CHECK(WrapLines("  one two three four five\nnext", 12) ==
        "  one two\n    three\n    four\n    five\nnext");
  CHECK(WrapLines("  ONE  TWO", 10) == "  ONE  TWO");
  // A word that is too long stays whole.
  CHECK(WrapLines("see https://example.com/long for it", 10) ==
        "see\n  https://example.com/long\n  for it");
  CHECK(WrapLines("ä ö ü", 5) == "ä ö ü");
  CHECK(WrapLines("", 5).empty());
}

TEST_CASE("cli words: the first rows are whole lines") {
  CHECK(FirstRows("a\nb\nc\n", 10, 2) == "a\nb\n");
  CHECK(FirstRows("a\nb", 10, 5) == "a\nb");
  CHECK(FirstRows(std::string(15, 'x') + "\nb\n", 10, 2) == std::string(15, 'x') + "\n");
  CHECK(FirstRows(std::string(15, 'x') + "\nb\n", 10, 1).empty());
}

TEST_CASE("cli words: padding counts characters, not bytes") {
  CHECK(Padded("ab", 4) == "ab  ");
  CHECK(Padded("ab", 4, true) == "  ab");
  CHECK(Padded("Zürich", 7) == "Zürich ");
  CHECK(Padded("abcdef", 4) == "abcdef");
}

TEST_CASE("cli words: help goes on below the words it explains") {
  CHECK(WrapHelp("  --to TIME   Until then at most\nAll of it is one line", 30) ==
        "  --to TIME   Until then at\n              most\nAll of it is one line");
  CHECK(WrapHelp("All of it is one line", 12) == "All of it is\none line");
  // Too narrow for two columns.
  CHECK(WrapHelp("  --to TIME   Until then at most", 20) == "  --to TIME   Until\n  then at most");
}

TEST_CASE("cli words: a count agrees with its noun") {
  CHECK(Counted(0, "record") == "0 records");
  CHECK(Counted(1, "record") == "1 record");
  CHECK(Counted(27600, "live record") == "27,600 live records");
}

}  // namespace
}  // namespace hubmirror
