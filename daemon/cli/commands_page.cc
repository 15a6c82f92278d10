#include "daemon/cli/commands_page.h"

#include "daemon/cli/grammar/verb_table.h"

namespace hubmirror {
namespace {

constexpr const char* kIntroduction =
    "# The command line\n"
    "\n"
    "`hubmirror VERB` asks the daemon over its control socket, or looks at the configuration, the "
    "database or HubSpot\n"
    "itself. Every error ends with a line `Next: ...` that says what to do; "
    "[operations.md](operations.md) has the exit codes.\n";

constexpr const char* kFiles =
    "\n"
    "## Files\n"
    "\n"
    "- `/etc/hubmirror/hubmirror.yaml`: the configuration, unless --config names another\n"
    "- `/run/hubmirror/control.sock`: the daemon's control socket; its group may use it\n"
    "- `/etc/hubmirror/secrets`: where `secret set` stores the secrets of `credential:` "
    "references\n"
    "- `/usr/share/hubmirror`: dashboards, alert rules and the JSON Schema of the configuration\n";

constexpr const char* kExitStatus =
    "\n"
    "## Exit status\n"
    "\n"
    "| code | meaning |\n"
    "|---|---|\n"
    "| 0 | done |\n"
    "| 1 | a check found a problem, a stream waits for a person, something differs |\n"
    "| 64 | the arguments are wrong, or name a portal, object or record that does not exist |\n"
    "| 69 | the daemon, the database or HubSpot could not be reached |\n"
    "| 70 | a bug in hubmirror: please report it |\n"
    "| 73, 74 | a file could not be created; the output could not be written |\n"
    "| 75 | not finished in time: ask again |\n"
    "| 77 | this user may not read what is needed |\n"
    "| 78 | the configuration is wrong, or was refused |\n";

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
  return page + kFiles + kExitStatus;
}

}  // namespace hubmirror
