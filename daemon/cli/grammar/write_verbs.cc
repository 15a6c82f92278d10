#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "daemon/cli/grammar/verb_maker.h"

namespace hubmirror {
namespace {

CLI::App* RowVerb(VerbMaker& make, CLI::App& group, const std::string& name, CliVerb verb,
                  const std::string& what, const std::string& examples) {
  CLI::App* app = make.Verb(group, name, verb, what, examples);
  make.AddPortal(app);
  make.AddNumber(app, "ID", make.line().row, "The id of the row in `outbox`")->required();
  return app;
}

CLI::Option* AddState(VerbMaker& make, CLI::App* app, const std::string& what,
                      const std::vector<std::string>& states) {
  return app->add_option("--state", make.line().state, what)
      ->type_name("STATE")
      ->check(CLI::IsMember(states).description(""));
}

}  // namespace

void AddWriteVerbs(VerbMaker& make, CLI::App& program) {
  CLI::App* group =
      program.add_subcommand("write", "Work with what is written back to HubSpot from a portal");
  group->require_subcommand(1);
  CLI::App* status = make.Verb(*group, "status", CliVerb::kWriteStatus,
                               "Show how many rows of `outbox` wait, and which need a person",
                               "hubmirror write status acme\n  hubmirror write status acme --json");
  make.AddPortal(status);
  make.AddJson(status);
  CLI::App* list = make.Verb(*group, "list", CliVerb::kWriteList,
                             "Show the last rows of `outbox`, without their values",
                             "hubmirror write list acme --state failed\n"
                             "  hubmirror write list acme/contacts --json");
  make.AddTarget(list, "PORTAL[/OBJECT]", TargetShape::kStream);
  AddState(make, list, "Only rows of this state: queued, failed, conflict, ...",
           {"queued", "sending", "written", "unknown", "conflict", "rejected", "failed", "done",
            "cancelled"});
  make.AddJson(list);
  make.AddJson(RowVerb(make, *group, "show", CliVerb::kWriteShow,
                       "Show one row with its values, and what happened to it",
                       "hubmirror write show acme 4711\n"
                       "  hubmirror write show acme 4711 --json"));
  CLI::App* retry = make.Verb(
      *group, "retry", CliVerb::kWriteRetry,
      "Put a row that failed or is in conflict at the end of the queue, or all of one state",
      "hubmirror write retry acme 4711\n  hubmirror write retry acme/contacts --state failed");
  make.AddTarget(retry, "PORTAL[/OBJECT]", TargetShape::kStream);
  CLI::Option* id = make.AddNumber(retry, "ID", make.line().row, "The id of the row in `outbox`");
  CLI::Option* state =
      AddState(make, retry, "All rows of this state, conflict or failed", {"conflict", "failed"});
  id->excludes(state);
  CommandLine& line = make.line();
  CLI::Option* ours = retry->add_flag_callback(
      "--ours", [&line] { line.on_conflict = "ours"; },
      "Write over what HubSpot has, where that is newer");
  retry
      ->add_flag_callback(
          "--theirs", [&line] { line.on_conflict = "theirs"; },
          "Leave what HubSpot has, where that is newer, and write the rest")
      ->excludes(ours);
  RowVerb(make, *group, "cancel", CliVerb::kWriteCancel,
          "Give up a row that is queued, in conflict or failed",
          "hubmirror write cancel acme 4711\n  hubmirror write cancel acme 4712");
  CLI::App* resolve = RowVerb(make, *group, "resolve", CliVerb::kWriteResolve,
                              "Say what became of a row in doubt, which may have made a record",
                              "hubmirror write resolve acme 4711 --created 9000000001\n"
                              "  hubmirror write resolve acme 4711 --not-created");
  CLI::Option* created = make.AddNumber(resolve, "--created", line.created, "It made this record")
                             ->type_name("RECORD");
  resolve
      ->add_flag_callback(
          "--not-created", [&line] { line.created = 0; }, "It made none, and is sent again")
      ->excludes(created);
  CLI::App* wait =
      RowVerb(make, *group, "wait", CliVerb::kWriteWait,
              "Wait until a row has ended: exit 0 when it is done, 1 when it ended otherwise",
              "hubmirror write wait acme 4711\n  hubmirror write wait acme 4711 --wait 5m");
  make.AddWait(wait, "How long at most (90s, 10m, 2h): exit 75 when the time is up; default: 30s");
  make.AddJson(wait);
  make.AddTarget(make.Verb(*group, "pause", CliVerb::kWritePause,
                           "Send nothing more, while rows are taken in all the same",
                           "hubmirror write pause acme\n  hubmirror write pause acme/contacts"),
                 "PORTAL[/OBJECT]", TargetShape::kStream);
  make.AddTarget(make.Verb(*group, "resume", CliVerb::kWriteResume, "Go on after `write pause`",
                           "hubmirror write resume acme\n  hubmirror write resume acme/contacts"),
                 "PORTAL[/OBJECT]", TargetShape::kStream);
  make.AddTarget(make.Verb(*group, "release", CliVerb::kWriteRelease,
                           "Send what a brake holds, once you know that it is meant",
                           "hubmirror write release acme/contacts\n  hubmirror write release acme\n"
                           "  hubmirror write release acme/contacts/17"),
                 "PORTAL[/OBJECT[/ID]]", TargetShape::kStreamOrRecord);
  CLI::App* setup =
      make.Verb(*group, "setup", CliVerb::kWriteSetup,
                "Make the `key_property` of an object in HubSpot, by which no record is made twice",
                "hubmirror write setup acme/deals\n  hubmirror write setup acme/tasks --yes");
  make.AddTarget(setup, "PORTAL/OBJECT", TargetShape::kStream);
  setup->add_flag("--yes", line.yes, "Do not ask");
}

}  // namespace hubmirror
