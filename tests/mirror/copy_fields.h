#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hubmirror::testing {

/// Reads one line of PostgreSQL's COPY text format as the server does: the fields, nullopt for
/// NULL. Throws std::runtime_error for a line the server would refuse or misread.
inline std::vector<std::optional<std::string>> CopyFields(std::string_view line) {
  if (line.empty() || line.back() != '\n') throw std::runtime_error("no newline at the end");
  line.remove_suffix(1);
  std::vector<std::optional<std::string>> fields(1, std::string());
  bool null = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char letter = line[i];
    if (letter == '\t') {
      if (null) fields.back().reset();
      null = false;
      fields.emplace_back(std::string());
      continue;
    }
    if (null) throw std::runtime_error("text after \\N");
    if (letter == '\n' || letter == '\r' || letter == '\0') {
      throw std::runtime_error("a character that must be escaped");
    }
    if (letter != '\\') {
      *fields.back() += letter;
      continue;
    }
    if (++i == line.size()) throw std::runtime_error("a backslash at the end");
    switch (line[i]) {
      case 'N':
        if (!fields.back()->empty()) throw std::runtime_error("\\N after text");
        null = true;
        break;
      case '\\':
        *fields.back() += '\\';
        break;
      case 't':
        *fields.back() += '\t';
        break;
      case 'n':
        *fields.back() += '\n';
        break;
      case 'r':
        *fields.back() += '\r';
        break;
      default:
        throw std::runtime_error("an escape we never write");
    }
  }
  if (null) fields.back().reset();
  return fields;
}

}  // namespace hubmirror::testing
