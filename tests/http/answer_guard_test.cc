#include "http/answer_guard.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

using Breach = AnswerGuard::Breach;

constexpr AnswerBounds kBounds{
    .line = 100, .header = 400, .fields = 5, .interim = 2, .whole = 5000};

/// What passes, with the bytes arriving `piece` at a time.
struct Passed {
  Breach breach = Breach::kNone;
  std::string bytes;
};
Passed Pass(const std::string& answer, size_t piece, AnswerBounds bounds = kBounds) {
  AnswerGuard guard(bounds);
  Passed passed;
  for (size_t i = 0; i < answer.size() && passed.breach == Breach::kNone; i += piece) {
    passed.breach = guard.Take(std::string_view(answer).substr(i, piece), passed.bytes);
  }
  return passed;
}

Breach BreachOf(const std::string& answer) {
  const Breach whole = Pass(answer, answer.size()).breach;
  CHECK(Pass(answer, 1).breach == whole);
  return whole;
}

TEST_CASE("answer guard: a decent answer passes unchanged, however it is cut into pieces") {
  const std::string plain = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 3\r\n\r\nabc";
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\n\r\n\r\n"
      "0\r\nTrailer: z\r\n\r\n";
  for (const std::string& answer : {plain, chunked}) {
    for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, answer.size()}) {
      CAPTURE(piece);
      CHECK(Pass(answer, piece).breach == Breach::kNone);
      CHECK(Pass(answer, piece).bytes == answer);
    }
  }
}

TEST_CASE("answer guard: nothing of a header passes before it is whole") {
  CHECK(Pass("HTTP/1.1 200 OK\r\nDate: x\r\n", 5).bytes.empty());
}

TEST_CASE("answer guard: lines that end in LF alone pass with CRLF, as the library wants them") {
  // cpp-httplib skips a line of the header without CRLF, an empty one too, and would read the body
  // on as fields of a header that nobody counts.
  const std::string bare =
      "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\na\nc\n0\nTrailer: z\n\n";
  for (const size_t piece : {size_t{1}, size_t{3}, bare.size()}) {
    CHECK(Pass(bare, piece).bytes ==
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3\r\na\nc\r\n0\r\nTrailer: z\r\n\r\n");
  }
}

TEST_CASE("answer guard: interim answers are taken out, and only a few of them") {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  const std::string answer = "HTTP/1.1 200 OK\r\n\r\nabc";

  CHECK(Pass(interim + interim + answer, 4).bytes == answer);
  CHECK(BreachOf(interim + interim + interim + answer) == Breach::kInterim);
}

TEST_CASE("answer guard: lines, headers, fields and everything together are bounded") {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  std::string fields;
  for (int i = 0; i < 6; ++i) fields += "X: y\r\n";
  const std::string long_field = "X: " + std::string(90, 'y') + "\r\n";

  CHECK(BreachOf("HTTP/1.1 200 " + std::string(200, 'x')) == Breach::kLine);
  CHECK(BreachOf(head + "X: " + std::string(200, 'y')) == Breach::kLine);
  CHECK(BreachOf(head + fields + "\r\n") == Breach::kFields);
  CHECK(BreachOf(head + long_field + long_field + long_field + long_field + long_field) ==
        Breach::kHeader);
  CHECK(BreachOf(head + "\r\n" + std::string(6000, 'x')) == Breach::kWhole);
}

TEST_CASE("answer guard: the lines of a body's framing are bounded, too") {
  const std::string head = "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n";
  std::string trailers;
  for (int i = 0; i < 6; ++i) trailers += "X: y\r\n";

  CHECK(BreachOf(head + "3;" + std::string(200, 'e')) == Breach::kLine);
  CHECK(BreachOf(head + "3\r\nabc" + std::string(200, 'e')) == Breach::kLine);
  CHECK(BreachOf(head + "0\r\nX: " + std::string(200, 't')) == Breach::kLine);
  CHECK(BreachOf(head + "0\r\n" + trailers) == Breach::kFields);
  // A long chunk is no line.
  CHECK(Pass(head + "fff\r\n" + std::string(0xfff, 'c') + "\r\n0\r\n\r\n", 50).breach ==
        Breach::kNone);
}

TEST_CASE("answer guard: what is not HTTP/1 is refused at its first line") {
  for (const char* line : {"SSH-2.0-OpenSSH\r\n", "\r\n", "HTTP/2 200\r\n", "HTTP/1.1 2x0 OK\r\n",
                           "HTTP/1.1 2000 OK\r\n", "HTTP/1.1200 OK\r\n"}) {
    CAPTURE(line);
    CHECK(BreachOf(line) == Breach::kNotHttp);
  }
}

}  // namespace
}  // namespace hubmirror
