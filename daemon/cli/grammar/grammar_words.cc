#include "daemon/cli/grammar/grammar_words.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <string_view>

#include "base/exit_codes.h"
#include "base/spelling.h"

namespace hubmirror {

VerbHelp DescriptionOf(const std::vector<const CLI::App*>& path) {
  VerbHelp help{.words = {},
                .what = path.back()->get_description(),
                .options = OptionsOf(*path.back()),
                .examples = {}};
  for (const CLI::App* app : path) help.words.push_back(app->get_name());
  std::istringstream footer(path.back()->get_footer());
  for (std::string text; std::getline(footer, text);) {
    if (text.compare(0, 2, "  ") == 0) help.examples.push_back(text.substr(2));
  }
  return help;
}

std::vector<OptionHelp> OptionsOf(const CLI::App& app) {
  std::vector<OptionHelp> arguments;
  std::vector<OptionHelp> options;
  for (const CLI::Option* option : app.get_options()) {
    OptionHelp help{.name = option->get_name(true),
                    .value = {},
                    .what = option->get_description(),
                    .required = option->get_required()};
    if (option->get_lnames().empty()) {
      arguments.push_back(std::move(help));
    } else if (option->get_lnames().front() != "help") {
      help.name = "--" + option->get_lnames().front();
      if (option->get_type_size() != 0) help.value = option->get_type_name();
      options.push_back(std::move(help));
    }
  }
  arguments.insert(arguments.end(), options.begin(), options.end());
  return arguments;
}

std::optional<CommandLineEnd> UnknownVerb(const CLI::App& program,
                                          const std::vector<std::string>& arguments) {
  const CLI::App* at = &program;
  std::string path = "hubmirror";
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--config" || word == "--socket") ++i;
    if (word.starts_with("-")) continue;
    const auto verbs = at->get_subcommands(AnyApp);
    if (verbs.empty()) return std::nullopt;
    std::vector<std::string> names;
    names.reserve(verbs.size());
    for (const CLI::App* verb : verbs) names.push_back(verb->get_name());
    if (const auto found = std::find(names.begin(), names.end(), word); found != names.end()) {
      at = verbs[static_cast<size_t>(found - names.begin())];
      path += " " + word;
      continue;
    }
    const auto meant = NearestName(word, names);
    return CommandLineEnd{kExitUsage,
                          "`" + path + "` has no verb `" + word + "`" +
                              (meant ? "; did you mean `" + path + " " + *meant + "`?" : ""),
                          path + (meant ? " " + *meant : "") + " --help"};
  }
  return std::nullopt;
}

std::optional<CommandLineEnd> EmptyArgument(const std::vector<std::string>& arguments) {
  std::string before;
  for (const std::string& word : arguments) {
    const bool option = word.starts_with("--");
    if (word.empty() || (option && word.ends_with("=") && word.find('=') == word.size() - 1)) {
      const std::string place = option ? word.substr(0, word.size() - 1) : before;
      return CommandLineEnd{
          kExitUsage,
          place.empty() ? "an argument is empty" : "what follows " + place + " is empty",
          "hubmirror --help"};
    }
    before = word;
  }
  return std::nullopt;
}

std::string TextOf(const CLI::ParseError& error) {
  const std::string text = error.what();
  return text == "A subcommand is required" ? "name a verb" : text;
}

std::optional<std::string> NearestName(const std::string& word,
                                       const std::vector<std::string>& names) {
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const auto nearest = NearestWord(word, candidates);
  return nearest ? std::optional(std::string(*nearest)) : std::nullopt;
}

std::vector<std::string> OptionNames(const CLI::App& program, const CLI::App& verb) {
  std::vector<std::string> names = {"--help"};
  for (const CLI::App* app : {&verb, &program}) {
    for (const OptionHelp& option : OptionsOf(*app)) {
      if (!option.is_argument()) names.push_back(option.name);
    }
  }
  return names;
}

void DescribeVerbsAt(const std::vector<const CLI::App*>& path, VerbTable& table) {
  const auto under = path.back()->get_subcommands(AnyApp);
  if (under.empty()) table.verbs.push_back(DescriptionOf(path));
  for (const CLI::App* one : under) {
    auto longer = path;
    longer.push_back(one);
    DescribeVerbsAt(longer, table);
  }
}

std::string ExamplesOfVerbsIn(const CLI::App& group) {
  VerbTable table;
  if (!group.get_subcommands(AnyApp).empty()) DescribeVerbsAt({&group}, table);
  std::string examples;
  for (const VerbHelp& verb : table.verbs) examples += "\n  " + verb.examples.at(0);
  return examples;
}

std::string MeantOptions(const CLI::App& program, const CLI::App& verb) {
  std::string meant;
  for (const std::string& word : program.remaining(true)) {
    if (!word.starts_with("--")) continue;
    const auto known = OptionNames(program, verb);
    const std::string option = word.substr(0, word.find('='));
    const auto name = NearestName(option, known);
    if (name == option) {
      meant += "; write it after the verb";
      continue;
    }
    if (name) meant += "; did you mean " + *name + "?";
  }
  return meant;
}

}  // namespace hubmirror
