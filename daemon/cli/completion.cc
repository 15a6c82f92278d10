#include "daemon/cli/completion.h"

#include <map>
#include <set>
#include <vector>

#include "daemon/cli/grammar/verb_table.h"
#include "daemon/cli/monitoring.h"
#include "settings/reading/settings_reader.h"

namespace hubmirror {
namespace {

/// What may follow the words typed so far, options and values left out: "" at the start, "config",
/// "config check", ...
std::map<std::string, std::string> Continuations(const VerbTable& table) {
  std::string common;
  for (const OptionHelp& option : table.common) common += " " + option.name;
  std::map<std::string, std::string> found;
  std::set<std::string> said;
  for (const VerbHelp& verb : table.verbs) {
    std::string path;
    for (const std::string& word : verb.words) {
      if (said.insert(path + " " + word).second)
        found[path] += (found[path].empty() ? "" : " ") + word;
      path += (path.empty() ? "" : " ") + word;
    }
    std::string options;
    for (const OptionHelp& option : verb.options) {
      if (!option.is_argument()) options += option.name + " ";
    }
    found[path] = options + "--help" + common;
  }
  for (const OptionHelp& option : table.common) found[""] += " " + option.name;
  return found;
}

/// What `completion --words` lists for the argument of a verb; empty: nothing is known of it.
std::string KindOf(const VerbHelp& verb) {
  for (const OptionHelp& option : verb.options) {
    if (!option.is_argument()) continue;
    if (option.name == "PORTAL") return "portals";
    if (option.name.starts_with("PORTAL")) return "streams";
    if (option.name == "ALERT") return "alerts";
  }
  return {};
}

/// The shell function's body that bash and zsh share: `typed` is the list of words before the one
/// to complete; sets `choices`.
std::string Choose(const VerbTable& table) {
  std::string with_value;
  for (const OptionHelp& option : table.common) {
    if (!option.value.empty()) with_value += (with_value.empty() ? "" : "|") + option.name;
  }
  std::string text =
      "  local path= word= skip= choices= config=\n"
      "  for word in \"${typed[@]}\"; do\n"
      "    if [ -n \"$skip\" ]; then\n"
      "      if [ \"$skip\" = --config ]; then config=$word; fi\n"
      "      skip=\n"
      "      continue\n"
      "    fi\n"
      "    case \"$word\" in\n"
      "      " +
      with_value +
      ") skip=$word ;;\n"
      "      -*) ;;\n"
      "      *) path=\"$path $word\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$path\" in\n";
  const auto continuations = Continuations(table);
  // The longest path first: a verb's own arguments follow its words.
  for (auto at = continuations.rbegin(); at != continuations.rend(); ++at) {
    const std::string pattern = at->first.empty() ? "" : " " + at->first;
    text += "    \"" + pattern + "\"" + (at->first.empty() ? "" : " | \"" + pattern + " \"*") +
            ") choices=\"" + at->second + "\" ;;\n";
  }
  text += "  esac\n  case \"$path\" in\n";
  for (const VerbHelp& verb : table.verbs) {
    if (const std::string kind = KindOf(verb); !kind.empty()) {
      text += "    \" " + verb.name() + "\") choices=\"$choices $(hubmirror ${config:+--config " +
              "\"$config\"} completion --words " + kind + " 2>/dev/null)\" ;;\n";
    }
  }
  return text + "  esac\n";
}

std::string Bash(const VerbTable& table) {
  return "# Completion of hubmirror for bash.\n"
         "_hubmirror() {\n"
         "  local typed=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n" +
         Choose(table) +
         "  mapfile -t COMPREPLY < <(compgen -W \"$choices\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
         "}\n"
         "complete -o default -F _hubmirror hubmirror\n";
}

std::string Zsh(const VerbTable& table) {
  return "#compdef hubmirror\n"
         "# Completion of hubmirror for zsh.\n"
         "_hubmirror() {\n"
         "  local typed; typed=(\"${(@)words[2,CURRENT-1]}\")\n" +
         Choose(table) +
         "  compadd -- ${=choices} || _files\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _hubmirror ]; then _hubmirror \"$@\"; else compdef _hubmirror "
         "hubmirror; fi\n";
}

std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (const char letter : text)
    out += letter == '\'' ? std::string("\\'") : std::string(1, letter);
  return out + "'";
}

std::string Fish(const VerbTable& table) {
  std::string text = "# Completion of hubmirror for fish.\n";
  const auto line = [&](const std::string& condition, const OptionHelp& option) {
    text += "complete -c hubmirror" + condition + " -l " + option.name.substr(2) +
            (option.value.empty() ? "" : " -r") + " -d " + Quoted(option.what) + "\n";
  };
  for (const OptionHelp& option : table.common) line("", option);
  std::set<std::string> groups;
  for (const VerbHelp& verb : table.verbs) {
    std::string path;
    std::string under = " -n __fish_use_subcommand -f";
    std::string condition;
    for (const std::string& word : verb.words) {
      path += " " + word;
      const bool last = &word == &verb.words.back();
      if (last) {
        text += "complete -c hubmirror" + under + " -a " + word + " -d " + Quoted(verb.what) + "\n";
      } else if (groups.insert(path).second) {
        text += "complete -c hubmirror" + under + " -a " + word + "\n";
      }
      condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
      under = " -n '" + condition + "' -f";
    }
    const std::string seen = " -n '" + condition + "'";
    for (const OptionHelp& option : verb.options) {
      if (!option.is_argument()) line(seen, option);
    }
    if (const std::string kind = KindOf(verb); !kind.empty()) {
      text += "complete -c hubmirror" + seen + " -f -a '(hubmirror completion --words " + kind +
              " 2>/dev/null)'\n";
    }
  }
  return text;
}

/// Who completes a word wants no complaint of a configuration that cannot be read.
void ListWords(const CliContext& context, const CommandLine& line) {
  if (line.words == "alerts") {
    RunRunbook(context, {.verb = CliVerb::kRunbook});
    return;
  }
  const SettingsReading reading = ReadSettingsFile(line.config_path, context.environment);
  if (!reading.settings) return;
  for (const PortalSettings& portal : reading.settings->portals) {
    context.out << portal.plan.key << "\n";
    if (line.words != "streams") continue;
    for (const StreamPlan& stream : portal.plan.streams) {
      context.out << portal.plan.key << "/" << stream.object.name << "\n";
    }
  }
}

}  // namespace

int RunCompletion(const CliContext& context, const CommandLine& line) {
  if (!line.words.empty()) {
    ListWords(context, line);
    return kExitOk;
  }
  if (line.name.empty()) {
    return Fail(context, kExitUsage, "name a shell: bash, zsh or fish",
                "hubmirror completion --help");
  }
  const VerbTable table = DescribeVerbs();
  context.out << (line.name == "bash"  ? Bash(table)
                  : line.name == "zsh" ? Zsh(table)
                                       : Fish(table));
  return kExitOk;
}

}  // namespace hubmirror
