#include "daemon/cli/commands_page.h"

#include <doctest/doctest.h>

#include <cctype>
#include <set>
#include <sstream>
#include <string>

#include "daemon/cli/grammar/verb_table.h"
#include "telemetry/golden_file.h"

namespace hubmirror {
namespace {

TEST_CASE("commands: docs/commands.md is what the program says of its verbs") {
  CHECK(MatchesGoldenFile("docs/commands.md", CommandsPage()));
}

TEST_CASE("commands: every verb has words, two examples and a sentence") {
  for (const VerbHelp& verb : DescribeVerbs().verbs) {
    CAPTURE(verb.name());
    CHECK(!verb.what.empty());
    CHECK(verb.what.back() != '.');
    CHECK(verb.examples.size() >= 2);
    for (const OptionHelp& option : verb.options) CHECK(!option.what.empty());
  }
}

/// The verbs that docs/operations.md has in its table of commands: the code spans of its first
/// column, arguments left out.
std::set<std::string> DocumentedVerbs() {
  const std::string page = ReadProjectFile("docs/operations.md");
  const size_t begin = page.find("## Commands");
  const std::string part = page.substr(begin, page.find("\n## ", begin + 1) - begin);
  std::set<std::string> verbs;
  std::istringstream lines(part);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| `", 0) != 0) continue;
    const std::string cell = line.substr(2, line.find(" |", 2) - 2);
    std::string group;
    for (size_t at = cell.find('`'); at != std::string::npos; at = cell.find('`', at)) {
      const size_t end = cell.find('`', at + 1);
      std::istringstream words(cell.substr(at + 1, end - at - 1));
      std::string name;
      for (std::string word; words >> word && std::islower(static_cast<unsigned char>(word[0]));) {
        name += (name.empty() ? "" : " ") + word;
      }
      // `config check`, `show`: the second is of the same group.
      if (const size_t space = name.find(' '); space != std::string::npos) {
        group = name.substr(0, space);
      } else if (!group.empty()) {
        name = group + " " + name;
      }
      verbs.insert(name);
      at = end + 1;
    }
  }
  return verbs;
}

TEST_CASE("commands: docs/operations.md names every verb and no other") {
  std::set<std::string> verbs;
  for (const VerbHelp& verb : DescribeVerbs().verbs) verbs.insert(verb.name());
  CHECK(DocumentedVerbs() == verbs);
}

/// The numbers that follow `mark` in the lines of a file that begin with `begin`.
std::set<int> NumbersIn(const std::string& path, const std::string& begin,
                        const std::string& mark) {
  std::istringstream lines(ReadProjectFile(path));
  std::set<int> numbers;
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find(mark);
    if (line.rfind(begin, 0) != 0 || at == std::string::npos) continue;
    const std::string rest = line.substr(at + mark.size());
    if (std::isdigit(static_cast<unsigned char>(rest[0])) != 0) numbers.insert(std::stoi(rest));
  }
  CHECK(!numbers.empty());
  return numbers;
}

TEST_CASE("commands: docs/operations.md has every exit code and no other") {
  std::set<int> codes = {0};
  codes.merge(NumbersIn("lib/base/exit_codes.h", "inline constexpr int kExit", " = "));
  CHECK(NumbersIn("docs/operations.md", "| ", "| ") == codes);
}

}  // namespace
}  // namespace hubmirror
