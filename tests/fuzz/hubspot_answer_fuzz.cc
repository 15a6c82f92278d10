#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/answer_guard.h"

// Any bytes from a socket, in pieces of any size: what passes is a part of what came, and no line
// of a header or of a chunk's framing, and no header, is longer than its bound. Lines that end in
// LF alone pass with CRLF.

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using hubmirror::AnswerGuard;
  constexpr hubmirror::AnswerBounds kBounds{
      .line = 64, .header = 256, .fields = 8, .interim = 2, .whole = 4096};
  if (size == 0) return 0;
  const size_t piece = std::max<size_t>(1, data[0]);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

  AnswerGuard guard(kBounds);
  std::string passed;
  bool broken = false;
  for (size_t i = 0; i < bytes.size(); i += piece) {
    const size_t before = passed.size();
    const bool was_broken = broken;
    broken = guard.Take(bytes.substr(i, piece), passed) != AnswerGuard::Breach::kNone;
    if (was_broken && (!broken || passed.size() != before)) std::abort();
  }
  const auto newlines = static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  if (passed.size() > std::min<size_t>(bytes.size(), kBounds.whole) + newlines) std::abort();
  // The same bytes at once come to the same end.
  std::string at_once;
  AnswerGuard other(kBounds);
  const auto breach = other.Take(bytes, at_once);
  if (bytes.size() <= kBounds.whole && (breach != AnswerGuard::Breach::kNone) != broken) {
    std::abort();
  }
  const size_t end = passed.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  if (end + 4 > kBounds.header + kBounds.fields + 2) std::abort();
  for (size_t begin = 0; begin < end;) {
    const size_t line_end = passed.find("\r\n", begin);
    if (line_end - begin + 1 > kBounds.line) std::abort();
    begin = line_end + 2;
  }
  return 0;
}
