#include "postgres/session/copy_text.h"

#include <algorithm>

namespace hubmirror {
namespace {

char Unescaped(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return c;
  }
}

Param FieldOf(std::string_view text) {
  if (text == "\\N") return std::nullopt;
  if (text.find('\\') == std::string_view::npos) return std::string(text);
  std::string value;
  value.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      value += Unescaped(text[++i]);
    } else {
      value += text[i];
    }
  }
  return value;
}

}  // namespace

std::vector<Param> FieldsOfLine(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  std::vector<Param> fields;
  fields.reserve(static_cast<size_t>(std::count(line.begin(), line.end(), '\t')) + 1);
  while (true) {
    const size_t tab = line.find('\t');
    fields.push_back(FieldOf(line.substr(0, tab)));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

}  // namespace hubmirror
