#include "daemon/cli/grammar/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <string_view>

#include "base/exit_codes.h"
#include "daemon/cli/grammar/grammar_words.h"
#include "daemon/cli/grammar/verb_maker.h"
#include "daemon/cli/grammar/verb_table.h"

namespace hubmirror {
namespace {

constexpr const char* kMoreHelp = "\n\n`hubmirror VERB --help` shows what a verb takes.";

/// Declares the verbs and their options; each callback writes into one CommandLine.
class Grammar : private VerbMaker {
 public:
  Grammar() {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.set_help_flag("-h,--help", "Show this help and exit");
    app_.add_option("--config", line_.config_path, "Configuration file")
        ->type_name("FILE")
        ->capture_default_str();
    app_.add_option("--socket", line_.socket_path,
                    "Control socket of the daemon, instead of the one that the configuration names")
        ->type_name("FILE");
    app_.footer(std::string("Examples:\n  hubmirror status --watch\n  hubmirror config check") +
                kMoreHelp);
    AddStatus();
    AddConfig();
    AddPortals();
    AddControls();
    AddSchema();
    AddQuarantine();
    AddFeedVerbs(*this, app_);
    AddWriteVerbs(*this, app_);
    AddGrants();
    AddPlan();
    AddExamination();
    AddSetup();
    AddMonitoring();
    Verb(app_, "version", CliVerb::kVersion, "Show the version of this program",
         "hubmirror version\n  hubmirror version --json")
        ->add_flag("--json", line_.json, "As JSON");
    for (CLI::App* verb : app_.get_subcommands(AnyApp)) ShowExamplesOfVerbsIn(*verb);
  }

  VerbTable Describe() const {
    VerbTable table{.common = OptionsOf(app_), .verbs = {}};
    for (const CLI::App* verb : app_.get_subcommands(AnyApp)) {
      DescribeVerbsAt({verb}, table);
    }
    return table;
  }

  Result<CommandLine, CommandLineEnd> Parse(std::vector<std::string> arguments) {
    if (auto empty = EmptyArgument(arguments)) return std::move(*empty);
    if (auto unknown = UnknownVerb(app_, arguments)) return std::move(*unknown);
    // CLI11 takes them from the back.
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
      return End(error);
    }
    line_.config_given = app_.count("--config") > 0;
    return line_;
  }

 private:
  /// A group of verbs has no use of its own; CLI11 gives it the footer of the whole program.
  static void ShowExamplesOfVerbsIn(CLI::App& group) {
    const std::string examples = ExamplesOfVerbsIn(group);
    if (!examples.empty()) group.footer("Examples:" + examples + kMoreHelp);
  }

  void AddStatus() {
    CLI::App* app = Verb(app_, "status", CliVerb::kStatus,
                         "Show whether the mirror can be trusted, and what is wrong if not",
                         "hubmirror status\n  hubmirror status acme --watch");
    AddTarget(app, "PORTAL", TargetShape::kPortal);
    app->add_flag("--json", line_.json, "The document of /api/v1/status");
    app->add_flag("--problems", line_.problems, "Hide what is well")
        ->excludes(app->get_option("--json"));
    CLI::Option* watch =
        app->add_flag("--watch", line_.watch, "Show it again as it changes, until interrupted");
    app->add_flag("--until-loaded", line_.until_loaded,
                  "With --watch: exit once the first load of every stream is done")
        ->needs(watch);
  }

  void AddConfig() {
    CLI::App* group = app_.add_subcommand("config", "Work with the configuration file");
    group->require_subcommand(1);
    CLI::App* check =
        Verb(*group, "check", CliVerb::kConfigCheck, "Find every error of the configuration",
             "hubmirror config check --online\n  hubmirror --config new.yaml config check --json");
    check->add_flag("--json", line_.json, "The findings as JSON");
    check->add_flag(
        "--online", line_.online,
        "Also ask HubSpot for the properties, options, stages and pipelines that are named");
    AddJson(Verb(*group, "show", CliVerb::kConfigShow,
                 "Show the configuration in effect, defaults filled in, secrets as references",
                 "hubmirror config show\n  hubmirror --config new.yaml config show --json"));
    CLI::App* diff = Verb(*group, "diff", CliVerb::kConfigDiff,
                          "Show what a reload would change, by comparing two configuration files",
                          "hubmirror config diff new.yaml\n"
                          "  hubmirror --config old.yaml config diff new.yaml");
    diff->add_option("FILE", line_.path, "The new file; --config names the one in effect")
        ->required();
    AddJson(diff);
    Verb(*group, "schema", CliVerb::kConfigSchema, "Show the JSON Schema of the configuration",
         "hubmirror config schema\n  hubmirror config schema > hubmirror.schema.json");
    Verb(*group, "reference", CliVerb::kConfigReference,
         "Show every key with its type, default, bounds and meaning, as Markdown",
         "hubmirror config reference\n  hubmirror config reference | less");
  }

  void AddPortals() {
    CLI::App* group = app_.add_subcommand("portal", "Work with the portals of the configuration");
    group->require_subcommand(1);
    Verb(*group, "list", CliVerb::kPortalList, "List the portals, with what is mirrored from each",
         "hubmirror portal list\n  hubmirror portal list --json")
        ->add_flag("--json", line_.json, "As JSON");
    AddPortalTest(*group);
    CLI::App* authorize =
        Verb(*group, "authorize", CliVerb::kPortalAuthorize,
             "Have a person grant an OAuth app access to a portal, and keep the refresh token",
             "hubmirror portal authorize acme\n"
             "  hubmirror portal authorize acme --redirect-uri https://example.com/callback");
    AddPortal(authorize);
    CLI::Option* port = authorize
                            ->add_option("--port", line_.redirect_port,
                                         "Where the browser is redirected to: register "
                                         "http://localhost:PORT/callback with the app")
                            ->check(CLI::Range(0, 65535))
                            ->capture_default_str();
    authorize
        ->add_option("--redirect-uri", line_.redirect_uri,
                     "Another address registered with the app; the code is then pasted")
        ->type_name("URL")
        ->excludes(port);
    authorize
        ->add_option(
            "--also", line_.also,
            "Scopes in addition to those that the objects need: crm.objects.owners.read, "
            "crm.lists.read, settings.users.read, settings.users.teams.read, "
            "crm.objects.marketing_events.read, settings.currencies.read; the app must have them")
        ->delimiter(',')
        ->allow_extra_args(false);
    AddPortalDrop(*group);
  }

  void AddPortalDrop(CLI::App& group) {
    CLI::App* drop = Verb(group, "drop", CliVerb::kPortalDrop,
                          "Remove a portal's mirror from the database, once no daemon mirrors it "
                          "any more; nothing changes in HubSpot",
                          "hubmirror portal drop acme --dry-run\n  hubmirror portal drop acme");
    AddPortal(drop);
    drop->add_flag("--dry-run", line_.dry_run,
                   "Only say what would be dropped, and what is built on it");
    drop->add_flag("--yes", line_.yes, "Do not ask");
    drop->add_flag("--cascade", line_.cascade, "Also drop what others have built on it");
    AddJson(drop);
  }

  void AddPortalTest(CLI::App& group) {
    CLI::App* test = Verb(group, "test", CliVerb::kPortalTest,
                          "Ask HubSpot whether token, portal id and scopes fit",
                          "hubmirror portal test acme\n"
                          "  HUBSPOT_TOKEN=... hubmirror portal test --token env:HUBSPOT_TOKEN");
    AddTarget(test, "PORTAL", TargetShape::kPortal);
    CLI::Option* token =
        test->add_option("--token", line_.token_reference,
                         "Test this token (env:NAME or file:/path) without any configuration")
            ->type_name("REF");
    token->excludes(test->get_option("PORTAL"));
    test->add_option("--base-url", line_.base_url, "Where the API is")
        ->type_name("URL")
        ->needs(token)
        ->capture_default_str();
    test->add_option("--api-version", line_.api_version, "Dated version of its paths")
        ->type_name("YYYY-MM")
        ->needs(token)
        ->capture_default_str();
    test->add_flag("--json", line_.json, "As JSON");
  }

  void AddControls() {
    constexpr const char* kWaitForEnd =
        "Wait until it has ended, at most this long (90s, 10m, 2h): exit 75 when the time is up";
    CLI::App* poll = Control("poll", CliVerb::kPoll, "Look for changes now",
                             "hubmirror poll acme\n  hubmirror poll acme/contacts --wait 1m");
    AddWait(poll, kWaitForEnd);
    AddDryRun(poll);
    Control("pause", CliVerb::kPause, "Run nothing of it until `resume`",
            "hubmirror pause acme\n  hubmirror pause acme/deals");
    Control("resume", CliVerb::kResume, "Continue after `pause`",
            "hubmirror resume acme\n  hubmirror resume acme/deals");
    CLI::App* backfill =
        Control("backfill", CliVerb::kBackfill, "Walk the whole list again from the start",
                "hubmirror backfill acme --dry-run\n  hubmirror backfill acme/tickets --wait 2h");
    AddWait(backfill, kWaitForEnd);
    AddDryRun(backfill);
    CLI::App* settle = Control(
        "settle", CliVerb::kSettle,
        "Run every job once and wait until nothing is pending: exit 0 when done, 75 when the "
        "time is up, 1 when a stream is blocked or suspicious",
        "hubmirror settle acme\n  hubmirror settle acme/contacts --wait 10m");
    AddWait(settle, "How long at most (90s, 10m, 2h); default: 2 x confirm_after + 120s");
    AddDryRun(settle);
    CLI::App* verify = Control(
        "verify", CliVerb::kVerify,
        "Compare the mirror with the portal, column by column, on spare budget: exit 0 "
        "when nothing differs, 1 when something does or is left after --repair",
        "hubmirror verify acme/contacts\n  hubmirror verify acme --report acme-2026-11.json");
    verify->add_flag("--repair", line_.repair, "Repair the differences");
    verify
        ->add_option("--report", line_.report,
                     "Keep what was compared, when, by which reads and with which result, and a "
                     "digest of that, in a new file for auditors")
        ->type_name("FILE");
    AddWait(verify, "How long to wait at most (90s, 10m, 2h); default: a day");
    AddDryRun(verify);
    CLI::App* resolve =
        Control("resolve", CliVerb::kResolve, "Find out now what became of pending records",
                "hubmirror resolve acme/contacts\n  hubmirror resolve acme/contacts --accept");
    resolve->add_flag("--accept", line_.accept,
                      "Confirm that the records of a suspicious stream, or its unproved records, "
                      "really are gone from HubSpot");
    AddWait(resolve, kWaitForEnd);
    AddDryRun(resolve);
    CLI::App* refresh =
        Verb(app_, "refresh", CliVerb::kRefresh,
             "Read one record again from HubSpot: exit 1 when there is no such record",
             "hubmirror refresh acme/contacts/42\n  hubmirror refresh acme/deals/9000000001");
    AddTarget(refresh, "PORTAL/OBJECT/ID", TargetShape::kRecord);
    AddWait(refresh,
            "How long to wait for the answer (90s, 10m): exit 75 when the time is up; "
            "default: 30s");
    AddDryRun(refresh);
    AddJson(refresh);
    CLI::App* reload = Verb(app_, "reload", CliVerb::kReload,
                            "Have the daemon read its configuration again; all or nothing",
                            "hubmirror reload\n  systemctl reload hubmirror");
    AddJson(reload);
  }

  void AddSchema() {
    CLI::App* group =
        app_.add_subcommand("schema", "Work with the tables that follow HubSpot's properties");
    group->require_subcommand(1);
    CLI::App* plan = Verb(*group, "plan", CliVerb::kSchemaPlan,
                          "Show what the configuration and HubSpot's current properties would "
                          "change in the tables, and what prevents it; nothing is changed",
                          "hubmirror schema plan acme\n"
                          "  hubmirror --config new.yaml schema plan acme/contacts");
    AddTarget(plan, "PORTAL[/OBJECT]", TargetShape::kStream);
    AddJson(plan);
    CLI::App* apply = Verb(*group, "apply", CliVerb::kSchemaApply,
                           "Have the daemon read HubSpot's properties and change the tables now, "
                           "instead of within `catalog.every`",
                           "hubmirror schema apply acme\n  hubmirror schema apply acme/contacts");
    AddTarget(apply, "PORTAL[/OBJECT]", TargetShape::kStream);
    AddWait(apply, "How long at most (90s, 10m, 2h); default: 2 x confirm_after + 120s");
    AddDryRun(apply);
    AddJson(apply);
    CLI::App* history =
        Verb(*group, "history", CliVerb::kSchemaHistory, "Show what has changed in the tables",
             "hubmirror schema history acme\n  hubmirror schema history acme/contacts --json");
    AddTarget(history, "PORTAL[/OBJECT]", TargetShape::kStream);
    AddJson(history);
  }

  void AddQuarantine() {
    CLI::App* group = app_.add_subcommand("quarantine",
                                          "Work with records that PostgreSQL refused, which are "
                                          "kept whole, or that HubSpot does not show");
    group->require_subcommand(1);
    CLI::App* list = Verb(*group, "list", CliVerb::kQuarantineList, "List them with the reason",
                          "hubmirror quarantine list acme\n"
                          "  hubmirror quarantine list acme/contacts --json");
    AddTarget(list, "PORTAL[/OBJECT]", TargetShape::kStream);
    list->add_flag("--json", line_.json, "As JSON");
    CLI::App* show =
        Verb(*group, "show", CliVerb::kQuarantineShow, "Show one of them, with its values",
             "hubmirror quarantine show acme/contacts/42\n"
             "  hubmirror quarantine show acme/deals/9000000001");
    AddTarget(show, "PORTAL/OBJECT/ID", TargetShape::kRecord);
    AddJson(show);
    CLI::App* retry =
        Verb(*group, "retry", CliVerb::kQuarantineRetry,
             "Read them again from HubSpot and try to store them, once you have removed the "
             "cause",
             "hubmirror quarantine retry acme\n  hubmirror quarantine retry acme/contacts");
    AddTarget(retry, "PORTAL[/OBJECT]", TargetShape::kStream);
    CLI::App* drop = Verb(*group, "drop", CliVerb::kQuarantineDrop,
                          "Forget one of them; it comes back if it changes and is refused again",
                          "hubmirror quarantine drop acme/contacts/42\n"
                          "  hubmirror quarantine drop acme/deals/9000000001");
    AddTarget(drop, "PORTAL/OBJECT/ID", TargetShape::kRecord);
  }

  void AddGrants() {
    CLI::App* app =
        Verb(app_, "grants", CliVerb::kGrants,
             "Show the SQL that grants the daemon's role what it needs and nothing else",
             "hubmirror grants --print-sql\n"
             "  hubmirror grants acme --print-sql | sudo -u postgres psql crm");
    AddTarget(app, "PORTAL", TargetShape::kPortal);
    app->add_flag_callback(
        "--print-sql", [] {}, "The default: print the SQL, run nothing");
  }

  void AddPlan() {
    CLI::App* app = Verb(app_, "plan", CliVerb::kPlan,
                         "Estimate requests a day, the duration of the first load and the disk "
                         "space, before the first request",
                         "hubmirror plan\n"
                         "  hubmirror plan acme --records contacts=200000,deals=5000");
    AddTarget(app, "PORTAL", TargetShape::kPortal);
    app->add_option("--records", line_.records, "How many records the objects have")
        ->type_name("OBJECT=COUNT,...");
    app->add_flag("--json", line_.json, "As JSON");
  }

  void AddExamination() {
    CLI::App* doctor = Verb(app_, "doctor", CliVerb::kDoctor,
                            "Examine configuration, host, daemon, database and HubSpot, and say "
                            "what to fix: exit 1 if something is wrong",
                            "hubmirror doctor\n  sudo -u hubmirror hubmirror doctor acme --json");
    AddTarget(doctor, "PORTAL", TargetShape::kPortal);
    doctor->add_flag("--offline", line_.offline, "Do not ask HubSpot");
    doctor->add_flag("--json", line_.json, "As JSON");
    CLI::App* bundle =
        Verb(app_, "support-bundle", CliVerb::kSupportBundle,
             "Collect what a bug report needs in one text file, without secrets or record values",
             "hubmirror support-bundle\n  hubmirror support-bundle report.txt");
    bundle->add_option("FILE", line_.path, "The file, `-` for the standard output")
        ->default_str("hubmirror-support.txt");
    CLI::App* secret = app_.add_subcommand("secret", "Work with the secrets of the configuration");
    secret->require_subcommand(1);
    CLI::App* set = Verb(*secret, "set", CliVerb::kSecretSet,
                         "Read a secret from the terminal or the standard input and store it where "
                         "the configuration looks for it, with the right permissions",
                         "sudo hubmirror secret set acme\n  pass show hubspot | sudo hubmirror "
                         "secret set acme");
    AddPortal(set);
    Verb(*secret, "remove", CliVerb::kSecretRemove,
         "Delete a credential that no portal of the configuration names any longer: its file, and "
         "the drop-in by which systemd hands it to the daemon",
         "sudo hubmirror secret remove acme\n  sudo hubmirror secret remove hubspot.acme")
        ->add_option("NAME", line_.name,
                     "The portal whose token it was, or the credential's own name")
        ->required();
    AddJson(Verb(*secret, "test", CliVerb::kSecretTest,
                 "Say whether each secret of the configuration can be read, without showing it",
                 "hubmirror secret test\n  sudo -u hubmirror hubmirror secret test --json"));
  }

  void AddSetup() {
    CLI::App* app =
        Verb(app_, "setup", CliVerb::kSetup,
             "Write a first configuration, asking for what the options leave open; test token and "
             "database, and print the SQL for the database's owner to run",
             "sudo hubmirror setup\n"
             "  sudo hubmirror setup --portal acme --token credential:hubspot.acme "
             "--dsn 'host=/run/postgresql dbname=crm'");
    SetupAnswers& answers = line_.setup;
    app->add_option("--portal", answers.portal,
                    "Key of the portal: its name, metric label and schema")
        ->type_name("KEY");
    app->add_option("--portal-id", answers.portal_id,
                    "Its id in HubSpot; by default the one that the token belongs to")
        ->type_name("NUMBER");
    app->add_option("--token", answers.token,
                    "Where its token is: file:/path, credential:NAME or env:NAME")
        ->type_name("REF");
    app->add_option("--dsn", answers.dsn, "libpq string of the database, without a password")
        ->type_name("DSN");
    app->add_option("--objects", answers.objects, "Object types to mirror")
        ->type_name("TYPE,...")
        ->delimiter(',')
        ->allow_extra_args(false);
    app->add_option("--base-url", line_.base_url, "Where the API is, for tests and proxies")
        ->type_name("URL")
        ->capture_default_str();
    app->add_flag("--offline", line_.offline, "Do not test token and database");
    app->add_flag("--force", answers.force, "Replace an existing configuration");
  }

  void AddMonitoring() {
    CLI::App* runbook = Verb(app_, "runbook", CliVerb::kRunbook,
                             "Show what to do when an alert fires; without a name, list the alerts",
                             "hubmirror runbook\n  hubmirror runbook HubMirrorDataStale");
    runbook->add_option("ALERT", line_.name, "Name of the alert");
    CLI::App* group = app_.add_subcommand(
        "dashboards", "Work with the dashboards and alert rules that come with hubmirror");
    group->require_subcommand(1);
    CLI::App* write = Verb(*group, "export", CliVerb::kDashboardsExport,
                           "Write the Grafana dashboards and the Prometheus rules into a folder",
                           "hubmirror dashboards export /var/lib/grafana/dashboards\n"
                           "  hubmirror dashboards export . --runbooks "
                           "https://wiki.example.com/hubmirror");
    write->add_option("FOLDER", line_.path, "Where to write; created if missing")->required();
    write
        ->add_option("--runbooks", line_.runbooks,
                     "Where your team reads docs/runbooks.md; panels and alerts link there")
        ->type_name("URL");
    CLI::App* completion =
        Verb(app_, "completion", CliVerb::kCompletion,
             "Write the completion script of a shell, or the words that complete a command",
             "hubmirror completion bash > /etc/bash_completion.d/hubmirror\n"
             "  hubmirror completion --words streams");
    CLI::Option* shell = completion->add_option("SHELL", line_.name, "bash, zsh or fish")
                             ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completion
        ->add_option(
            "--words", line_.words,
            "portals, streams or alerts, one per line; nothing if the configuration cannot be read")
        ->type_name("KIND")
        ->check(CLI::IsMember({"portals", "streams", "alerts"}))
        ->excludes(shell);
  }

  CLI::App* Control(const std::string& name, CliVerb verb, const std::string& what,
                    const std::string& examples) {
    CLI::App* app = Verb(app_, name, verb, what, examples);
    AddTarget(app, "PORTAL[/OBJECT]", TargetShape::kStream);
    AddJson(app);
    return app;
  }

  void AddDryRun(CLI::App* app) {
    app->add_flag(
        "--dry-run", line_.dry_run,
        "Only say how many requests it would make, and what part of the day's share that is");
  }

  CommandLineEnd End(const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app_.exit(error, out, err) == 0) return {0, out.str(), {}};
    std::string verb = "hubmirror";
    const CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) {
      app = app->get_subcommands().front();
      verb += " " + app->get_name();
    }
    return {kExitUsage, TextOf(error) + MeantOptions(app_, *app), verb + " --help"};
  }

  CLI::App app_{
      "Keeps a true, fresh, queryable copy of HubSpot portals in PostgreSQL: the command "
      "line of hubmirrord.",
      "hubmirror"};
};

}  // namespace

Result<CommandLine, CommandLineEnd> ParseCommandLine(std::vector<std::string> arguments) {
  return Grammar().Parse(std::move(arguments));
}

VerbTable DescribeVerbs() {
  return Grammar().Describe();
}

}  // namespace hubmirror
