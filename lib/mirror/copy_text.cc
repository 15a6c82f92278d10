#include "mirror/copy_text.h"

#include <cstdint>
#include <cstring>

namespace hubmirror {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr uint64_t kEachByte = 0x0101010101010101;
constexpr uint64_t kHighBits = kEachByte * 0x80;

bool IsPlain(char byte) {
  return byte != '\\' && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\0';
}

/// Whether eight bytes hold neither a backslash nor anything below 0x0E, where all other bytes
/// that need care are. Both terms are the usual "has a zero byte" arithmetic on a whole word.
bool EightArePlain(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  const uint64_t slashes = word ^ (kEachByte * '\\');
  const uint64_t low = (word - kEachByte * 0x0E) & ~word;
  const uint64_t slash = (slashes - kEachByte) & ~slashes;
  return ((low | slash) & kHighBits) == 0;
}

/// How many bytes at the start of `text` can be copied as they are.
size_t PlainLength(std::string_view text) {
  size_t length = 0;
  while (length + 8 <= text.size() && EightArePlain(text.data() + length)) length += 8;
  const bool at_tail = text.size() >= 8 && length + 8 > text.size();
  if (at_tail && EightArePlain(text.data() + text.size() - 8)) return text.size();
  while (length < text.size() && IsPlain(text[length])) ++length;
  return length;
}

}  // namespace

size_t AppendCopyText(std::string_view raw, std::string& out) {
  size_t replaced = 0;
  while (true) {
    const size_t plain = PlainLength(raw);
    out.append(raw.data(), plain);
    if (plain == raw.size()) return replaced;
    switch (raw[plain]) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += kReplacement;
        ++replaced;
        break;
    }
    raw.remove_prefix(plain + 1);
  }
}

}  // namespace hubmirror
