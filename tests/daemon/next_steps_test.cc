// What people are told to do next can be done: every command that a text names exists, with its
// options.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/cli/grammar/verb_table.h"

namespace hubmirror {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Sources with their strings joined as the compiler joins them, documents as they are.
std::string TextOf(const fs::path& path) {
  static const std::regex kSeam("\"\\s*\n\\s*\"");
  const std::string text = Read(path);
  return path.extension() == ".cc" ? std::regex_replace(text, kSeam, "") : text;
}

std::vector<fs::path> Texts() {
  const fs::path root = HUBMIRROR_SOURCE_DIR;
  std::vector<fs::path> found;
  for (const char* folder : {"daemon", "lib", "docs", "packaging", "systemd"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string kind = entry.path().extension();
      const bool text = kind == ".cc" || kind == ".md" || kind == ".yml" || kind == ".catalog" ||
                        kind == ".service" || kind == ".postinst";
      if (entry.is_regular_file() && text) found.push_back(entry.path());
    }
  }
  found.push_back(root / "README.md");
  return found;
}

/// What is wrong with a command that begins with `hubmirror`; empty: nothing.
std::string FaultOf(const std::string& command, const VerbTable& table) {
  std::istringstream pieces(command);
  std::vector<std::string> words;
  for (std::string word; pieces >> word;) words.push_back(word);
  std::vector<std::string> path;
  std::vector<std::string> options;
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "--config" || words[i] == "--socket") {
      ++i;
    } else if (words[i].starts_with("--")) {
      options.push_back(words[i].substr(0, words[i].find('=')));
    } else if (options.empty()) {
      path.push_back(words[i]);
    }
  }
  if (path.empty() || path[0] == "VERB") return {};
  const VerbHelp* verb = nullptr;
  for (const VerbHelp& one : table.verbs) {
    const bool fits = one.words.size() <= path.size() &&
                      std::equal(one.words.begin(), one.words.end(), path.begin());
    if (fits) verb = &one;
  }
  if (verb == nullptr) return "there is no such verb";
  std::vector<OptionHelp> known = verb->options;
  known.insert(known.end(), table.common.begin(), table.common.end());
  for (const std::string& option : options) {
    const bool takes = option == "--help" ||
                       std::any_of(known.begin(), known.end(),
                                   [&](const OptionHelp& one) { return one.name == option; });
    if (!takes) return "it takes no " + option;
  }
  return {};
}

TEST_CASE("next steps: every command that a text names exists, with its options") {
  const VerbTable table = DescribeVerbs();
  // After a backtick, or where a step begins; up to what a program or a person fills in.
  static const std::regex kCommand(
      "(?:`|Next: |sudo |-u hubmirror |, then )(hubmirror [a-z][a-zA-Z0-9 /_.=:\\[\\]-]*)");
  int commands = 0;
  for (const fs::path& path : Texts()) {
    const std::string text = TextOf(path);
    for (std::sregex_iterator at(text.begin(), text.end(), kCommand), end; at != end; ++at) {
      const std::string command = (*at)[1].str();
      CAPTURE(path.string());
      CAPTURE(command);
      CHECK(FaultOf(command, table) == "");
      ++commands;
    }
  }
  CHECK(commands > 100);
}

TEST_CASE("next steps: a command that does not exist is noticed") {
  const VerbTable table = DescribeVerbs();
  CHECK(FaultOf("hubmirror stauts", table) == "there is no such verb");
  CHECK(FaultOf("hubmirror secret", table) == "there is no such verb");
  CHECK(FaultOf("hubmirror portal authorize acme --prt", table) == "it takes no --prt");
  CHECK(FaultOf("hubmirror --config new.yaml config check --json", table).empty());
}

/// Places in texts that match, without what ends a sentence.
std::vector<std::pair<fs::path, std::string>> Places(const std::regex& kind,
                                                     const char* only = "") {
  std::vector<std::pair<fs::path, std::string>> places;
  for (const fs::path& path : Texts()) {
    if (*only != '\0' && path.extension() != only) continue;
    const std::string text = TextOf(path);
    for (std::sregex_iterator at(text.begin(), text.end(), kind), end; at != end; ++at) {
      std::string place = (*at)[1].str();
      while (place.ends_with('.') || place.ends_with('/')) place.pop_back();
      places.emplace_back(path, std::move(place));
    }
  }
  return places;
}

TEST_CASE("next steps: every path that a text names is made by the package, or known to Debian") {
  const fs::path root = HUBMIRROR_SOURCE_DIR;
  const std::string made =
      Read(root / "systemd/hubmirror.service") + Read(root / "systemd/hubmirror.tmpfiles");
  const std::string docs = "/usr/share/doc/hubmirror/";
  const std::set<std::string> others = {"/etc/bash_completion.d/hubmirror",
                                        "/etc/grafana/provisioning/dashboards",
                                        "/etc/grafana/provisioning/datasources",
                                        "/etc/ssl/private-ca.pem",
                                        "/etc/systemd/system/hubmirror.service.d",
                                        "/etc/systemd/system/hubmirror.service.d/hubspot.acme.conf",
                                        "/etc/systemd/system/hubmirror.service.d/strict.conf",
                                        "/usr/share/doc/hubmirror/examples/hubmirror.yaml"};
  static const std::regex kPath("[^A-Za-z0-9_./-]((?:/etc/|/usr/share/doc/)[A-Za-z0-9_./-]+)");
  int paths = 0;
  for (const auto& [file, path] : Places(kPath)) {
    CAPTURE(file.string());
    CAPTURE(path);
    const bool known = path.starts_with(docs) ? fs::exists(root / "docs" / path.substr(docs.size()))
                                              : made.find(path) != std::string::npos;
    CHECK((known || others.contains(path)));
    ++paths;
  }
  CHECK(paths > 20);
}

TEST_CASE("next steps: every address that a program names is HubSpot's, or an example") {
  const std::set<std::string> known = {
      "http://127.0.0.1",       "http://localhost",         "http://HOST",
      "https://HOST",           "https://example.com",      "https://wiki.example.com",
      "https://api.hubapi.com", "https://app.hubspot.com",  "https://app-eu1.hubspot.com",
      "http://json-schema.org", "https://hooks.example.com"};
  // In a string, not in a comment.
  static const std::regex kAddress("\"[^\"\n]*?(https?://[A-Za-z0-9_.-]+)");
  int addresses = 0;
  for (const auto& [file, address] : Places(kAddress, ".cc")) {
    CAPTURE(file.string());
    CAPTURE(address);
    CHECK(known.contains(address));
    ++addresses;
  }
  CHECK(addresses > 5);
}

/// Options are named without their command, too: `--cascade` lets go ...
TEST_CASE("next steps: every option that a text names is one of some verb, or another program's") {
  const VerbTable table = DescribeVerbs();
  std::vector<std::string> known = {"--help", "--check", "--version"};
  for (const OptionHelp& option : table.common) known.push_back(option.name);
  for (const VerbHelp& verb : table.verbs) {
    for (const OptionHelp& option : verb.options) known.push_back(option.name);
  }
  static const std::regex kOption("\"[^\"\n]*?(?:^|[ `])(--[a-z][a-z-]+)");
  for (const fs::path& path : Texts()) {
    if (path.extension() != ".cc" || path.string().find("/daemon/cli/") == std::string::npos) {
      continue;
    }
    const std::string text = TextOf(path);
    for (std::sregex_iterator at(text.begin(), text.end(), kOption), end; at != end; ++at) {
      const std::string option = (*at)[1].str();
      CAPTURE(path.string());
      CAPTURE(option);
      CHECK(std::find(known.begin(), known.end(), option) != known.end());
    }
  }
}

}  // namespace
}  // namespace hubmirror
