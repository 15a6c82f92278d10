#pragma once

#include <string>
#include <vector>

namespace hubmirror {

/// One option of a verb, or one of its arguments.
struct OptionHelp {
  std::string name;   ///< `--json`; of an argument what stands for it, `PORTAL[/OBJECT]`
  std::string value;  ///< what stands for the option's value; empty: a flag, or an argument
  std::string what;
  bool required = false;

  bool is_argument() const { return name.compare(0, 2, "--") != 0; }
};

/// What `hubmirror VERB --help` says of one verb.
struct VerbHelp {
  std::vector<std::string> words;  ///< `config`, `check`
  std::string what;
  std::vector<OptionHelp> options;    ///< arguments first
  std::vector<std::string> examples;  ///< whole commands

  /// `config check`
  std::string name() const {
    std::string name;
    for (const std::string& word : words) name += (name.empty() ? "" : " ") + word;
    return name;
  }
};

/// The options of every verb, then the verbs in the order of `hubmirror --help`: the one table
/// that completion, the manual page and their tests are made from.
struct VerbTable {
  std::vector<OptionHelp> common;
  std::vector<VerbHelp> verbs;
};

VerbTable DescribeVerbs();

}  // namespace hubmirror
