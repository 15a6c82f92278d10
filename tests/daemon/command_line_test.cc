#include "daemon/cli/grammar/command_line.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

CommandLine Parsed(const std::vector<std::string>& arguments) {
  auto line = ParseCommandLine(arguments);
  REQUIRE(line);
  return *line;
}

CommandLineEnd Ended(const std::vector<std::string>& arguments) {
  auto line = ParseCommandLine(arguments);
  REQUIRE_FALSE(line);
  return line.error();
}

TEST_CASE("command line: every verb is known") {
  const std::vector<std::pair<std::vector<std::string>, CliVerb>> cases = {
      {{"status"}, CliVerb::kStatus},
      {{"config", "check"}, CliVerb::kConfigCheck},
      {{"config", "show"}, CliVerb::kConfigShow},
      {{"config", "schema"}, CliVerb::kConfigSchema},
      {{"config", "reference"}, CliVerb::kConfigReference},
      {{"portal", "list"}, CliVerb::kPortalList},
      {{"portal", "test", "acme"}, CliVerb::kPortalTest},
      {{"portal", "authorize", "acme"}, CliVerb::kPortalAuthorize},
      {{"poll", "acme"}, CliVerb::kPoll},
      {{"pause", "acme"}, CliVerb::kPause},
      {{"resume", "acme"}, CliVerb::kResume},
      {{"backfill", "acme"}, CliVerb::kBackfill},
      {{"settle", "acme"}, CliVerb::kSettle},
      {{"resolve", "acme"}, CliVerb::kResolve},
      {{"refresh", "acme/deals/7"}, CliVerb::kRefresh},
      {{"reload"}, CliVerb::kReload},
      {{"version"}, CliVerb::kVersion},
  };
  for (const auto& [arguments, verb] : cases) {
    CAPTURE(arguments.front());
    CHECK(Parsed(arguments).verb == verb);
  }
}

TEST_CASE("command line: a row of the outbox is named by its portal and its number") {
  const CommandLine show = Parsed({"write", "show", "acme", "4711", "--json"});
  CHECK(show.verb == CliVerb::kWriteShow);
  CHECK(show.target.portal == "acme");
  CHECK(show.row == 4711);
  CHECK(show.json);
  CHECK(Parsed({"write", "wait", "acme", "1", "--wait", "5m"}).wait == 5min);
  const CommandLine retry = Parsed({"write", "retry", "acme/contacts", "--state", "failed"});
  CHECK(retry.target.object == "contacts");
  CHECK(retry.state == "failed");
  CHECK_FALSE(retry.row);
  CHECK(Parsed({"write", "retry", "acme", "7", "--theirs"}).on_conflict == "theirs");
  CHECK(Parsed({"write", "resolve", "acme", "7", "--created", "9"}).created == 9);
  CHECK(Parsed({"write", "resolve", "acme", "7", "--not-created"}).created == 0);
  CHECK(Ended({"write", "resolve", "acme", "7", "--created", "9", "--not-created"}).exit_code ==
        64);
  CHECK(Ended({"write", "retry", "acme", "--state", "done"}).exit_code == 64);
  CHECK(Ended({"write", "retry", "acme", "7", "--state", "failed"}).exit_code == 64);
  CHECK(Ended({"write", "cancel", "acme"}).exit_code == 64);
  CHECK(Ended({"write", "show", "acme", "x"}).exit_code == 64);
}

TEST_CASE("command line: global options stand before or after the verb") {
  const CommandLine before = Parsed({"--config", "a.yaml", "status"});
  const CommandLine after = Parsed({"status", "--config=a.yaml", "--socket", "s"});
  CHECK(before.config_path == "a.yaml");
  CHECK(before.config_given);
  CHECK(after.config_path == "a.yaml");
  CHECK(after.socket_path == "s");
  CHECK(Parsed({"status"}).config_path == "/etc/hubmirror/hubmirror.yaml");
  CHECK_FALSE(Parsed({"status"}).config_given);
}

TEST_CASE("command line: a target is a portal, a stream or a record") {
  CHECK(Parsed({"poll", "acme"}).target.portal == "acme");
  CHECK_FALSE(Parsed({"poll", "acme"}).target.object);
  CHECK(Parsed({"poll", "acme/deals"}).target.object == "deals");

  const CommandLine refresh = Parsed({"refresh", "acme/deals/9000000001"});
  CHECK(refresh.target.object == "deals");
  CHECK(refresh.id == RecordId{9000000001});
}

TEST_CASE("command line: options of a verb") {
  CHECK(Parsed({"status", "acme", "--json"}).json);
  CHECK(Parsed({"status", "--watch", "--until-loaded"}).until_loaded);
  CHECK(Parsed({"settle", "acme", "--wait", "90s"}).wait == 90s);
  CHECK_FALSE(Parsed({"settle", "acme"}).wait);
  CHECK(Parsed({"resolve", "acme/deals", "--accept"}).accept);
  CHECK(Parsed({"portal", "test", "--token", "env:T"}).token_reference == "env:T");
}

TEST_CASE("command line: what makes no sense is usage, with the next step") {
  const std::vector<std::vector<std::string>> cases = {
      {},
      {"frobnicate"},
      {"poll"},
      {"poll", "acme/deals/7"},
      {"poll", "acme/"},
      {"poll", "/deals"},
      {"poll", "a/b/c/d"},
      {"poll", "acme", "beta"},
      {"poll", "acme", "--accept"},
      {"refresh", "acme/deals"},
      {"refresh", "acme/deals/x"},
      {"refresh", "acme/deals/0"},
      {"refresh", "acme/deals/99999999999999999999"},
      {"status", "acme/deals"},
      {"status", "--until-loaded"},
      {"settle", "acme", "--wait", "soon"},
      {"config"},
      {"portal", "authorize"},
      {"portal", "test", "acme", "--token", "env:T"},
      {"portal", "test", "acme", "--base-url", "http://x"},
      {"reload", "acme"},
  };
  for (const auto& arguments : cases) {
    const CommandLineEnd end = Ended(arguments);
    CAPTURE(end.text);
    CHECK(end.exit_code == 64);
    CHECK(end.next.starts_with("hubmirror"));
    CHECK(end.next.ends_with(" --help"));
  }
}

TEST_CASE("command line: the next step names the verb that went wrong") {
  CHECK(Ended({"poll"}).next == "hubmirror poll --help");
  CHECK(Ended({"portal", "authorize"}).next == "hubmirror portal authorize --help");
}

TEST_CASE("command line: a word that is no verb, or no option, gets what was probably meant") {
  CHECK(Ended({"stauts"}).text ==
        "`hubmirror` has no verb `stauts`; did you mean `hubmirror status`?");
  CHECK(Ended({"stauts"}).next == "hubmirror status --help");
  CHECK(Ended({"--config", "status", "pol", "acme"}).text ==
        "`hubmirror` has no verb `pol`; did you mean `hubmirror poll`?");
  CHECK(Ended({"config", "chekc"}).text ==
        "`hubmirror config` has no verb `chekc`; did you mean `hubmirror config check`?");
  CHECK(Ended({"zzz"}).text == "`hubmirror` has no verb `zzz`");
  CHECK(Ended({"zzz"}).next == "hubmirror --help");
  CHECK(Ended({"status", "--wacth"}).text.ends_with("; did you mean --watch?"));
}

TEST_CASE("command line: an empty argument is an unset variable, and never left out") {
  CHECK(Ended({"verify", "acme", "--report", ""}).text == "what follows --report is empty");
  CHECK(Ended({"verify", "acme", "--report="}).text == "what follows --report is empty");
  CHECK(Ended({"--socket", "", "status"}).text == "what follows --socket is empty");
  CHECK(Ended({"support-bundle", ""}).text == "what follows support-bundle is empty");
  CHECK(Ended({""}).text == "an argument is empty");
  CHECK(Ended({"dashboards", "export", ""}).exit_code == 64);
  CHECK(Ended({"dashboards", "export", ""}).next == "hubmirror --help");
  CHECK(Parsed({"write", "list", "acme", "--state=failed"}).state == "failed");
}

TEST_CASE("command line: a name is what a daemon would take for one") {
  for (const std::string& name : {std::string("acm\xc3\xa9"), std::string("acm\xff"),
                                  std::string("a\x1b[31mb"), std::string(5000, 'a')}) {
    CHECK(Ended({"poll", name}).exit_code == 64);
    CHECK(Ended({"poll", "acme/" + name}).text.ends_with("is not of the form PORTAL[/OBJECT]"));
  }
  CHECK(Parsed({"poll", "acme/" + std::string(120, 'a')}).target.object);
}

TEST_CASE("command line: a number is what its digits say, and no other row's") {
  for (const std::string text :
       {"0", "010", "0x3", "-5", "+5", "1.5", "1e3", "5 ", "9999999999999999999"}) {
    CAPTURE(text);
    CHECK(Ended({"write", "show", "acme", text}).exit_code == 64);
    CHECK(Ended({"write", "resolve", "acme", "7", "--created=" + text}).exit_code == 64);
    CHECK(Ended({"feed", "tail", "acme", "--from=" + text}).exit_code == 64);
    CHECK(Ended({"feed", "dead", "drop", "acme", "won", text}).exit_code == 64);
    CHECK(Ended({"refresh", "acme/deals/" + text}).exit_code == 64);
  }
  CHECK(Parsed({"write", "show", "acme", "9223372036854775807"}).row == INT64_MAX);
  CHECK(Parsed({"feed", "tail", "acme", "--from", "357083580989940"}).from_seq == 357083580989940);
}

TEST_CASE("command line: what went wrong is said in words of ours") {
  CHECK(Ended({"write", "show", "acme", "x"}).text == "ID: x is no number from 1 on");
  CHECK(Ended({}).text == "name a verb");
  CHECK(Ended({"config"}).text == "name a verb");
  const std::string early = Ended({"--json", "status"}).text;
  CHECK(early.ends_with("--json; write it after the verb"));
}

TEST_CASE("command line: help is no error and shows two examples") {
  const std::vector<std::vector<std::string>> cases = {
      {"--help"},
      {"status", "--help"},
      {"config", "check", "--help"},
      {"portal", "authorize", "-h"},
      {"settle", "--help"},
      {"refresh", "--help"},
  };
  for (const auto& arguments : cases) {
    const CommandLineEnd end = Ended(arguments);
    CHECK(end.exit_code == 0);
    const auto examples = end.text.find("Examples:");
    REQUIRE(examples != std::string::npos);
    const auto first = end.text.find("  hubmirror", examples);
    REQUIRE(first != std::string::npos);
    CHECK(end.text.find("  hubmirror", first + 1) != std::string::npos);
  }
}

TEST_CASE("command line: the help of a group shows how each of its verbs is used") {
  const std::string text = Ended({"portal", "--help"}).text;
  for (const char* const verb : {"list", "test", "authorize", "drop"}) {
    CAPTURE(verb);
    CHECK(text.find("portal " + std::string(verb), text.find("Examples:")) != std::string::npos);
  }
  CHECK(text.find("status --watch") == std::string::npos);
}

TEST_CASE("command line: a wait needs a unit and stays within a year") {
  CHECK(ParseWait("500ms") == 500ms);
  CHECK(ParseWait("90s") == 90s);
  CHECK(ParseWait("5m") == 5min);
  CHECK(ParseWait("2h") == 2h);
  CHECK(ParseWait("8760h") == 8760h);
  for (const char* text : {"", "5", "s", "-5s", "5 s", "5sec", "1.5h", "8761h",
                           "99999999999999999999s", "9223372036854775807h"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseWait(text));
  }
}

}  // namespace
}  // namespace hubmirror
