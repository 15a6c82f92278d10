#include "settings/yaml/source_text.h"

#include <algorithm>

namespace hubmirror {
namespace {

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// Bytes of the UTF-8 character that `text` begins with; 0 when it is none (RFC 3629).
size_t CharacterLength(std::string_view text) {
  const auto at = [&](size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0u;
  };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  const bool too_short = (lead == 0xE0 && at(1) < 0xA0) || (lead == 0xF0 && at(1) < 0x90);
  const bool surrogate = lead == 0xED && at(1) >= 0xA0;
  const bool too_large = lead == 0xF4 && at(1) >= 0x90;
  return too_short || surrogate || too_large ? 0 : length;
}

/// Where the first byte stands that is no part of readable text; npos when there is none.
size_t FirstBadByte(std::string_view line) {
  for (size_t at = 0; at < line.size();) {
    const size_t length = CharacterLength(line.substr(at));
    const auto code = static_cast<unsigned char>(line[at]);
    if (length == 0 || (code < 0x20 && code != '\t') || code == 0x7f) return at;
    at += length;
  }
  return std::string_view::npos;
}

/// Where a tab stands before the first character of a line that holds more than a comment.
size_t IndentingTab(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos || line[first] == '#') return std::string_view::npos;
  const size_t tab = line.find('\t');
  return tab < first ? tab : std::string_view::npos;
}

}  // namespace

SourceText::SourceText(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (true) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines_.push_back(line);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

void SourceText::CheckBytes(ConfigProblems& problems) const {
  for (size_t i = 0; i < lines_.size(); ++i) {
    const int number = static_cast<int>(i);
    if (const size_t bad = FirstBadByte(lines_[i]); bad != std::string_view::npos) {
      problems.push_back({.at = At(number, static_cast<int>(bad)),
                          .what = "holds a control character or is not UTF-8",
                          .next = "save the file as UTF-8 text"});
    } else if (const size_t tab = IndentingTab(lines_[i]); tab != std::string_view::npos) {
      problems.push_back({.at = At(number, static_cast<int>(tab)),
                          .what = "a tab indents this line",
                          .next = "indent with spaces"});
    }
  }
}

TextPosition SourceText::At(int line, int column) const {
  const std::string_view text = Line(line);
  const size_t bytes = std::min(text.size(), static_cast<size_t>(std::max(0, column)));
  const auto within = std::ranges::count_if(text.substr(0, bytes), IsContinuation);
  return {line + 1, std::max(0, column) + 1 - static_cast<int>(within)};
}

bool SourceText::EndsInLine(int line, int column, bool quoted, std::string_view plain) const {
  std::string_view rest = Line(line);
  rest.remove_prefix(std::min(rest.size(), static_cast<size_t>(std::max(0, column))));
  if (!quoted) return rest.starts_with(plain);
  // `|` and `>` begin blocks of lines.
  if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) return false;
  const char quote = rest[0];
  for (size_t at = 1; at < rest.size(); ++at) {
    if (quote == '"' && rest[at] == '\\') {
      ++at;
    } else if (rest[at] == quote) {
      // In single quotes a doubled one stands for itself.
      if (quote == '"' || !rest.substr(at + 1).starts_with('\'')) return true;
      ++at;
    }
  }
  return false;
}

std::string_view SourceText::Line(int line) const {
  const auto index = static_cast<size_t>(std::max(0, line));
  return index < lines_.size() ? lines_[index] : std::string_view();
}

}  // namespace hubmirror
