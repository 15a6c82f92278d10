#include "telemetry/page/plain_words.h"

#include <doctest/doctest.h>

#include "base/utf8.h"

namespace hubmirror {

using namespace std::chrono_literals;

TEST_CASE("words: spans in their two largest units") {
  CHECK(SpanWords(0s) == "0 s");
  CHECK(SpanWords(-3s) == "0 s");
  CHECK(SpanWords(59s) == "59 s");
  CHECK(SpanWords(60s) == "1 min");
  CHECK(SpanWords(245s) == "4 min 5 s");
  CHECK(SpanWords(3h + 20min + 5s) == "3 h 20 min");
  CHECK(SpanWords(52h) == "2 d 4 h");
}

TEST_CASE("words: counts in groups of three") {
  CHECK(RatioWords(0) == "0");
  CHECK(RatioWords(0.0312) == "0.031");
  CHECK(RatioWords(0.5) == "0.50");
  CHECK(RatioWords(3.14159) == "3.1");
  CHECK(RatioWords(1440) == "1440");
  CHECK(CountWords(0) == "0");
  CHECK(CountWords(999) == "999");
  CHECK(CountWords(1000) == "1,000");
  CHECK(CountWords(1234567) == "1,234,567");
  CHECK(CountWords(-100000) == "-100,000");
}

TEST_CASE("words: every malformed byte becomes one replacement character") {
  CHECK(ValidUtf8("plain é 漢 😀") == "plain é 漢 😀");
  CHECK(ValidUtf8("\xFF") == "\xEF\xBF\xBD");
  CHECK(ValidUtf8("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(ValidUtf8("a\xE6\xBC") == "a\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(ValidUtf8("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(ValidUtf8("\xF4\x90\x80\x80x") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx");
}

TEST_CASE("words: text is cut between characters") {
  CHECK(Shortened("short", 5) == "short");
  CHECK(Shortened("longer text", 8) == "longe…");
  CHECK(Shortened("éééé", 7) == "éé…");
  CHECK(Shortened("éééé", 6) == "é…");
}

TEST_CASE("words: control characters do not break a line") {
  CHECK(OneLine("a\nb\tc\x7F") == "a b c ");
}

}  // namespace hubmirror
