#include "daemon/cli/text/words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/printable.h"

namespace hubmirror {
namespace {

// UTF-8 continuation bytes do not start a character.
size_t CharactersIn(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

/// `text` with the lines that are longer than `columns` broken at blanks; `margin_of` says where
/// what goes on in the next line stands.
template <typename MarginOf>
std::string Wrapped(std::string_view text, int columns, const MarginOf& margin_of) {
  const auto room = static_cast<size_t>(std::max(columns, 1));
  std::string wrapped;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    const bool ends = line.size() < text.size();
    text.remove_prefix(line.size() + (ends ? 1 : 0));
    const size_t indent = std::min(line.find_first_not_of(' '), line.size());
    const size_t hanging = margin_of(line, indent);
    std::string margin;
    // Blanks before the margin's words are no place to break.
    size_t first = indent;
    if (hanging < line.size() && line.substr(0, hanging).ends_with("  ")) first = hanging;
    while (margin.size() + CharactersIn(line) > room) {
      size_t cut = std::string_view::npos;
      // The last blank that still has room, or else the first one there is.
      for (size_t blank = line.find(' ', first); blank != std::string_view::npos;
           blank = line.find(' ', blank + 1)) {
        if (margin.size() + CharactersIn(line.substr(0, blank)) > room &&
            cut != std::string_view::npos) {
          break;
        }
        cut = blank;
      }
      if (cut == std::string_view::npos) break;
      wrapped.append(margin).append(line.substr(0, cut)).append("\n");
      line.remove_prefix(cut + 1);
      margin.assign(hanging, ' ');
      first = 0;
    }
    wrapped.append(margin).append(line);
    if (ends) wrapped += '\n';
  }
  return wrapped;
}

}  // namespace

std::string CompactSpan(std::chrono::seconds span) {
  static constexpr std::array<std::pair<int64_t, char>, 4> kUnits{
      {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}}};
  int64_t rest = std::max<int64_t>(span.count(), 0);
  std::string words;
  int shown = 0;
  for (const auto& [seconds, letter] : kUnits) {
    const int64_t units = rest / seconds;
    rest %= seconds;
    if (units > 0) words += (words.empty() ? "" : " ") + std::to_string(units) + letter;
    // Small units beside large ones say nothing: `12d 4h`, but `12d` rather than `12d 5m`.
    if (!words.empty() && ++shown == 2) break;
  }
  return words.empty() ? "0s" : words;
}

std::string ProgressBar(double share, int width) {
  const double cut = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0;
  const int filled = static_cast<int>(cut * width);
  return "[" + std::string(static_cast<size_t>(filled), '#') +
         std::string(static_cast<size_t>(width - filled), '-') + "]";
}

std::string Printable(std::string_view text) {
  return WithoutControls(text, '?');
}

std::string PrintableLines(std::string_view text) {
  return WithoutControls(text, '?', '\n');
}

int RowsOnTerminal(std::string_view text, int columns) {
  int rows = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const int characters = static_cast<int>(CharactersIn(line));
    rows += std::max(1, (characters + columns - 1) / columns);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return rows;
}

std::string WrapLines(std::string_view text, int columns) {
  return Wrapped(text, columns, [](std::string_view, size_t indent) { return indent + 2; });
}

std::string WrapHelp(std::string_view text, int columns) {
  return Wrapped(text, columns, [columns](std::string_view line, size_t indent) {
    const size_t gap = line.find("  ", indent);
    const size_t words = gap == std::string_view::npos ? gap : line.find_first_not_of(' ', gap);
    // Where it leaves too little room, the words are worth more than the column.
    const bool fits = words != std::string_view::npos && static_cast<int>(words) * 2 <= columns;
    return fits ? words : indent;
  });
}

std::string FirstRows(std::string_view text, int columns, int rows) {
  size_t end = 0;
  while (end < text.size()) {
    const size_t newline = std::min(text.find('\n', end), text.size() - 1);
    rows -= RowsOnTerminal(text.substr(end, newline - end + 1), columns);
    if (rows < 0) break;
    end = newline + 1;
  }
  return std::string(text.substr(0, end));
}

std::string Padded(std::string_view text, size_t width, bool right) {
  const size_t columns = CharactersIn(text);
  const std::string blanks(columns < width ? width - columns : 0, ' ');
  return right ? blanks + std::string(text) : std::string(text) + blanks;
}

}  // namespace hubmirror
