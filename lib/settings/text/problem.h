#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hubmirror {

/// Where something stands in the configuration file; both count from 1. Line 0: nowhere in it.
struct TextPosition {
  int line = 0;
  int column = 0;  ///< in characters, not bytes
  friend auto operator<=>(const TextPosition&, const TextPosition&) = default;
};

/// What is wrong with a value and what to do about it, before it is known where the value stands.
/// Lowercase words without a full stop. Neither ever holds a secret.
struct ConfigFault {
  std::string what;
  std::string next;
};

enum class Severity { kError, kWarning };

/// One thing wrong with the configuration.
struct ConfigProblem {
  Severity severity = Severity::kError;
  TextPosition at;
  std::string path;  ///< `portals.acme.token`; empty: the file itself
  std::string what;
  std::string next;
  friend bool operator==(const ConfigProblem&, const ConfigProblem&) = default;
};

using ConfigProblems = std::vector<ConfigProblem>;

bool HasErrors(const ConfigProblems& problems);

/// In the order of the file; what several portals inherit is said once.
void SortProblems(ConfigProblems& problems);

/// `FILE:LINE:COLUMN: PATH: what is wrong; next step`, warnings marked as such. One line.
std::string FormatProblem(const ConfigProblem& problem, std::string_view file);

/// `text` in double quotes, for messages. What is long may be a secret in the wrong place and is
/// named `this value` instead; control characters become `?`.
std::string QuoteForMessage(std::string_view text);

/// `text` without control characters, cut to a length that suits a message; for names of keys.
std::string KeyForMessage(std::string_view text);

}  // namespace hubmirror
