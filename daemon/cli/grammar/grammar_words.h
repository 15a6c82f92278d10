#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/grammar/command_line.h"
#include "daemon/cli/grammar/verb_table.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace hubmirror {

// What the declared verbs say of themselves. All pure.

/// For CLI11's get_subcommands: all of them.
inline bool AnyApp(const CLI::App*) {
  return true;
}

/// A verb with its options; `path` leads to it, the last one.
VerbHelp DescriptionOf(const std::vector<const CLI::App*>& path);
/// Adds the verb at the end of `path`, or all verbs of that group.
void DescribeVerbsAt(const std::vector<const CLI::App*>& path, VerbTable& table);
/// The first example of each verb of a group, a line each; empty: it is a verb.
std::string ExamplesOfVerbsIn(const CLI::App& group);
/// Arguments first.
std::vector<OptionHelp> OptionsOf(const CLI::App& app);
/// The options that `verb` of `program` takes.
std::vector<std::string> OptionNames(const CLI::App& program, const CLI::App& verb);

/// CLI11 says of a word that is no verb only that one is missing.
std::optional<CommandLineEnd> UnknownVerb(const CLI::App& program,
                                          const std::vector<std::string>& arguments);
/// What is empty was probably meant to have the value of a variable that is not set.
std::optional<CommandLineEnd> EmptyArgument(const std::vector<std::string>& arguments);
/// What CLI11 says of an error, in our words where its own say little.
std::string TextOf(const CLI::ParseError& error);
/// What to say of the options that `program` does not know: `; did you mean --json?`.
std::string MeantOptions(const CLI::App& program, const CLI::App& verb);
/// The name that was probably meant.
std::optional<std::string> NearestName(const std::string& word,
                                       const std::vector<std::string>& names);

}  // namespace hubmirror
