#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/count_text.h"

namespace hubmirror {

/// The two largest units: `0s`, `45s`, `3m 10s`, `2h 5m`, `12d 4h`. Negative spans count as zero.
std::string CompactSpan(std::chrono::seconds span);
/// `[######------]`: `width` cells between the brackets, filled by `share` (cut to 0..1).
std::string ProgressBar(double share, int width);
/// `text` with what a terminal would obey (base/printable.h) replaced by `?`.
std::string Printable(std::string_view text);
/// The same, but line breaks stay.
std::string PrintableLines(std::string_view text);
/// How many rows of a terminal of `columns` columns `text` takes, long lines wrapped.
int RowsOnTerminal(std::string_view text, int columns);
/// `text` with lines that are longer than `columns` broken at blanks; the rest of a line is
/// indented by two more columns. Counts UTF-8 characters.
std::string WrapLines(std::string_view text, int columns);
/// The same for what `--help` shows: the rest of a line is aligned with its explanation, which
/// follows two blanks or more.
std::string WrapHelp(std::string_view text, int columns);
/// The first lines of `text` that take at most `rows` rows on such a terminal.
std::string FirstRows(std::string_view text, int columns, int rows);
/// `text` and blanks up to `width` columns; numbers are better with `right`. Counts UTF-8
/// characters, not bytes.
std::string Padded(std::string_view text, size_t width, bool right = false);

}  // namespace hubmirror
