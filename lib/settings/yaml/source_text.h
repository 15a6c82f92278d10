#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "settings/text/problem.h"

namespace hubmirror {

/// The lines of the configuration file. The parser of YAML forgives what hides mistakes (tabs as
/// indentation, values that run on over lines after a forgotten quote); this sees the bytes.
/// Keeps a view of the text it was made of.
class SourceText {
 public:
  explicit SourceText(std::string_view text);

  /// Reports every byte sequence that is not UTF-8, control character and indenting tab.
  void CheckBytes(ConfigProblems& problems) const;

  /// `line` counts from 0, `column` in bytes from 0, as the parser counts.
  TextPosition At(int line, int column) const;

  /// Whether the scalar that begins there ends in the same line. `plain`: its value if it has no
  /// quotes; with quotes the closing one is looked for.
  bool EndsInLine(int line, int column, bool quoted, std::string_view plain) const;

 private:
  std::string_view Line(int line) const;

  std::vector<std::string_view> lines_;
};

}  // namespace hubmirror
