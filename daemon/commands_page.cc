#include "daemon/commands_page.h"

#include "daemon/verb_table.h"

namespace hubmirror {
namespace {

constexpr const char* kIntroduction =
    "# The command line\n\n"
    "`hubmirror VERB` asks the daemon over its control socket, or looks into the configuration, "
    "the "
    "database or HubSpot\nitself. Every error ends with a line `Next: ...` that says what to do; "
    "[operations.md](operations.md) has the exit codes.\n";

std::string Items(const std::vector<OptionHelp>& options) {
  std::string text;
  for (const OptionHelp& option : options) {
    text += "- `" + option.name + (option.value.empty() ? "" : " " + option.value) + "`";
    if (option.is_argument() && !option.required) text += " (may be left out)";
    text += ": " + option.what + "\n";
  }
  return text;
}

}  // namespace

std::string CommandsPage() {
  const VerbTable table = DescribeVerbs();
  std::string page = kIntroduction;
  page += "\n## Options of every verb\n\n" + Items(table.common) +
          "- `--help`: Show what the verb takes\n";
  page += "\n## Verbs\n";
  for (const VerbHelp& verb : table.verbs) {
    page += "\n### " + verb.name() + "\n\n" + verb.what + ".\n\n";
    const std::string items = Items(verb.options);
    if (!items.empty()) page += items + "\n";
    page += "```\n";
    for (const std::string& example : verb.examples) page += example + "\n";
    page += "```\n";
  }
  return page;
}

}  // namespace hubmirror
