#include <CLI/CLI.hpp>
#include <string>

#include "daemon/cli/grammar/verb_maker.h"

namespace hubmirror {
namespace {

CLI::App* WebhookVerb(VerbMaker& make, CLI::App& group, const std::string& name, CliVerb verb,
                      const std::string& what, const std::string& examples) {
  CLI::App* app = make.Verb(group, name, verb, what, examples);
  make.AddPortal(app);
  app->add_option("WEBHOOK", make.line().name, "Its name in the configuration")->required();
  return app;
}

void AddWebhooks(VerbMaker& make, CLI::App& feed) {
  CLI::App* group = feed.add_subcommand("webhook", "Work with the webhooks of a portal");
  group->require_subcommand(1);
  WebhookVerb(
      make, *group, "test", CliVerb::kWebhookTest,
      "Send a signed request without entries to the receiver, and show what it answers",
      "hubmirror feed webhook test acme won\n"
      "  sudo systemd-run -qGtp LoadCredential=acme.hook hubmirror feed webhook test acme won");
  CLI::App* start = WebhookVerb(
      make, *group, "start", CliVerb::kWebhookStart,
      "Send again to a receiver that is stopped or has missed entries, or from another entry on",
      "hubmirror feed webhook start acme won\n"
      "  hubmirror feed webhook start acme won --to oldest");
  start
      ->add_option("--to", make.line().to,
                   "The last entry that counts as sent: its number, now, oldest")
      ->type_name("SEQ|now|oldest");
  WebhookVerb(make, *group, "stop", CliVerb::kWebhookStop,
              "Send nothing more to the receiver; its entries are kept as those of a consumer are",
              "hubmirror feed webhook stop acme won\n  hubmirror feed webhook stop acme all");
  CLI::App* dead = feed.add_subcommand("dead", "Work with the entries that a receiver refused");
  dead->require_subcommand(1);
  make.AddJson(WebhookVerb(make, *dead, "list", CliVerb::kDeadList, "Show them, with the reasons",
                           "hubmirror feed dead list acme won\n"
                           "  hubmirror feed dead list acme won --json"));
  for (const bool retry : {true, false}) {
    CLI::App* app = WebhookVerb(
        make, *dead, retry ? "retry" : "drop", retry ? CliVerb::kDeadRetry : CliVerb::kDeadDrop,
        retry ? "Send one or all of them again, one by one, and forget what is taken"
              : "Forget one or all of them",
        std::string("hubmirror feed dead ") + (retry ? "retry" : "drop") + " acme won\n" +
            "  hubmirror feed dead " + (retry ? "retry" : "drop") + " acme won 357083580989940");
    make.AddNumber(app, "SEQ", make.line().from_seq, "The number of one entry; all without it");
  }
}

}  // namespace

void AddFeedVerbs(VerbMaker& make, CLI::App& program) {
  CLI::App* group = program.add_subcommand("feed", "Work with the change feed of a portal");
  group->require_subcommand(1);
  CLI::App* tail = make.Verb(*group, "tail", CliVerb::kFeedTail,
                             "Show the last entries, then each new one, until interrupted",
                             "hubmirror feed tail acme/deals\n"
                             "  hubmirror feed tail acme --from 357083580989940 --json");
  make.AddTarget(tail, "PORTAL[/OBJECT]", TargetShape::kStream);
  make.AddNumber(tail, "--from", make.line().from_seq, "Begin with the entry that has this number")
      ->type_name("SEQ");
  tail->add_flag("--json", make.line().json, "Each entry as one line of JSON");
  CLI::App* consumers = make.Verb(*group, "consumers", CliVerb::kFeedConsumers,
                                  "Show who reads the feed by name, and how far",
                                  "hubmirror feed consumers acme\n"
                                  "  hubmirror feed consumers acme --json");
  make.AddPortal(consumers);
  make.AddJson(consumers);
  CLI::App* reset =
      make.Verb(*group, "reset", CliVerb::kFeedReset,
                "Let a consumer go on from another entry, once it is stopped; one that "
                "has missed entries must read the tables again",
                "hubmirror feed reset acme billing --to now\n"
                "  hubmirror feed reset acme billing --to 357083580989940");
  make.AddPortal(reset);
  reset->add_option("CONSUMER", make.line().name, "Its name, as given to feed_start")->required();
  reset
      ->add_option("--to", make.line().to,
                   "The last entry that counts as read: its number, now, oldest")
      ->type_name("SEQ|now|oldest")
      ->required();
  CLI::App* purge = make.Verb(*group, "purge", CliVerb::kFeedPurge,
                              "Drop all entries up to now, such as those with a property that is "
                              "excluded since, and say which consumers miss some by it",
                              "hubmirror feed purge acme --dry-run\n  hubmirror feed purge acme");
  make.AddPortal(purge);
  purge->add_flag("--dry-run", make.line().dry_run, "Only say what would be dropped");
  purge->add_flag("--yes", make.line().yes, "Do not ask");
  AddWebhooks(make, *group);
}

}  // namespace hubmirror
