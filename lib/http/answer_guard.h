#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hubmirror {

/// The limits of an answer, whoever sends it. HubSpot's own stay far below.
struct AnswerBounds {
  size_t line = 8 << 10;     ///< bytes of a line of the header, of a chunk's size, of a trailer
  size_t header = 64 << 10;  ///< bytes of a header, and of all trailers
  int fields = 200;
  int interim = 5;     ///< answers of 1xx before the real one
  uint64_t whole = 0;  ///< bytes of everything, framing included
};

/// Looks at every byte of one answer before a library interprets it: counts them, and takes interim
/// answers (1xx, RFC 9110 section 15.2) out. A library that reads a line to its end, or matches it
/// with a recursive regular expression, then meets only lines that are short enough. A line that
/// ends in LF alone is passed with CRLF (RFC 9112 section 2.2 lets a reader take it so), so that
/// guard and library agree where a header ends. It decodes nothing: chunks are followed only to
/// find their lines. Deciding only; owned by one thread.
class AnswerGuard {
 public:
  enum class Breach {
    kNone,
    kNotHttp,  ///< no status line of HTTP/1
    kLine,
    kHeader,
    kFields,
    kInterim,
    kWhole,
  };

  explicit AnswerGuard(AnswerBounds bounds) : bounds_(bounds) {}

  /// Takes the next bytes as they came and appends to `passed` what may be read. After a breach
  /// nothing passes.
  Breach Take(std::string_view bytes, std::string& passed);

  /// Whether the whole header has passed.
  bool in_body() const { return state_ != State::kHeader; }

 private:
  enum class State { kHeader, kPlain, kChunkSize, kChunkBytes, kChunkEnd, kTrailer };

  Breach TakeHeader(std::string_view& bytes, std::string& passed);
  Breach TakeLine(std::string_view line);
  Breach TakeStatusLine(std::string_view line);
  Breach EndHeader(std::string& passed);
  Breach TakeFraming(std::string_view& bytes, std::string& passed);
  Breach EndFramingLine();

  const AnswerBounds bounds_;
  State state_ = State::kHeader;
  Breach breach_ = Breach::kNone;
  uint64_t whole_ = 0;
  std::string header_;     ///< so far, of the answer under way
  size_t line_begin_ = 0;  ///< in `header_`
  int fields_ = 0;
  int interim_ = 0;
  int status_ = 0;
  bool chunked_ = false;
  std::string framing_;  ///< the line of the body's framing under way
  size_t trailers_ = 0;  ///< bytes
  uint64_t chunk_left_ = 0;
};

/// In words, for a message: `a line of its header is longer than 8192 bytes`.
std::string InWords(AnswerGuard::Breach breach, const AnswerBounds& bounds);

}  // namespace hubmirror
