#include "daemon/cli/grammar/verb_maker.h"

#include <CLI/CLI.hpp>

#include "daemon/cli/grammar/typed_words.h"

namespace hubmirror {

CLI::App* VerbMaker::Verb(CLI::App& parent, const std::string& name, CliVerb verb,
                          const std::string& what, const std::string& examples) {
  CLI::App* app = parent.add_subcommand(name, what);
  app->footer("Examples:\n  " + examples);
  app->callback([this, verb] { line_.verb = verb; });
  return app;
}

void VerbMaker::AddTarget(CLI::App* app, const char* name, TargetShape shape) {
  app->add_option_function<std::string>(
         name,
         [this, shape, name](const std::string& text) {
           const auto typed = ParseTarget(text);
           const bool fits = typed &&
                             (shape == TargetShape::kStreamOrRecord ||
                              (shape == TargetShape::kRecord) == typed->id.has_value()) &&
                             (shape != TargetShape::kPortal || !typed->target.object);
           if (!fits) throw CLI::ValidationError(text + " is not of the form " + name);
           line_.target = typed->target;
           line_.id = typed->id;
         },
         "What it is about")
      ->required(shape != TargetShape::kPortal);
}

void VerbMaker::AddPortal(CLI::App* app) {
  AddTarget(app, "PORTAL", TargetShape::kPortal);
  app->get_option("PORTAL")->required();
}

void VerbMaker::AddWait(CLI::App* app, const std::string& what) {
  app->add_option_function<std::string>(
         "--wait",
         [this](const std::string& text) {
           line_.wait = ParseWait(text);
           if (!line_.wait) throw CLI::ValidationError("--wait: " + text + " is no time span");
         },
         what)
      ->type_name("TIME");
}

CLI::Option* VerbMaker::AddNumber(CLI::App* app, const std::string& name,
                                  std::optional<int64_t>& into, const std::string& what) {
  return app->add_option_function<std::string>(
      name,
      [&into, name](const std::string& text) {
        into = ParseNumber(text);
        if (!into) throw CLI::ValidationError(name + ": " + text + " is no number from 1 on");
      },
      what);
}

void VerbMaker::AddJson(CLI::App* app) {
  app->add_flag("--json", line_.json, "As JSON");
}

}  // namespace hubmirror
