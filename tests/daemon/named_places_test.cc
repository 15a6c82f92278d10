// What people are told to read, to write or to open exists: runbooks, keys of the configuration and
// files. Commands have next_steps_test.cc.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "settings/keys/key_table.h"

namespace hubmirror {
namespace {

namespace fs = std::filesystem;

const fs::path kProjectFolder = HUBMIRROR_SOURCE_DIR;

/// A file as people see it: sources with their strings joined as the compiler joins them.
std::string WordsOf(const fs::path& path) {
  static const std::regex kJoint("\"\\s*\n\\s*\"");
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return path.extension() == ".cc" ? std::regex_replace(text, kJoint, "") : text;
}

std::map<fs::path, std::string> NamingTexts() {
  std::map<fs::path, std::string> texts;
  for (const char* const folder :
       {"daemon", "lib", "docs", "packaging", "systemd", "tests/monitoring"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kProjectFolder / folder)) {
      const std::string kind = entry.path().extension();
      const bool is_text = kind == ".cc" || kind == ".md" || kind == ".yml" || kind == ".catalog" ||
                           kind == ".service" || kind == ".postinst";
      if (entry.is_regular_file() && is_text) texts[entry.path()] = WordsOf(entry.path());
    }
  }
  texts[kProjectFolder / "README.md"] = WordsOf(kProjectFolder / "README.md");
  return texts;
}

/// Checks what the first group of `pattern` finds in each text; how many there were.
template <typename Exists>
int CheckNamed(const std::string& pattern, const Exists& exists) {
  const std::regex wanted(pattern);
  int found = 0;
  for (const auto& [path, text] : NamingTexts()) {
    for (std::sregex_iterator at(text.begin(), text.end(), wanted), end; at != end; ++at) {
      const std::string name = (*at)[1].str();
      CAPTURE(path.string());
      CAPTURE(name);
      CHECK(exists(path, name));
      ++found;
    }
  }
  return found;
}

TEST_CASE("named places: every runbook that is named has its heading") {
  const std::string runbooks = "\n" + WordsOf(kProjectFolder / "docs/runbooks.md");
  CHECK(CheckNamed("\\b(HubMirror[A-Z]\\w+)", [&](const fs::path&, const std::string& name) {
          return runbooks.find("\n## " + name + "\n") != std::string::npos;
        }) > 100);
}

TEST_CASE("named places: every key of the configuration that is named exists") {
  std::set<std::string> keys;
  std::string sections;
  for (const KeyRule& rule : KeyTable()) {
    keys.emplace(rule.path);
    if (rule.type == KeyType::kSection) {
      sections += (sections.empty() ? "" : "|") + std::string(rule.path);
    }
  }
  // Columns of tables, and events of the log, that are called like sections.
  keys.insert({"properties.column_name", "links.one_way", "verify.divergent", "feed.lost_entries",
               "write.blocked", "write.no_view"});
  CHECK(CheckNamed("`((?:" + sections + ")\\.[a-z_]+)",
                   [&](const fs::path&, const std::string& name) {
                     for (const std::string& key : keys) {
                       if (key == name || key.starts_with(name + ".")) return true;
                     }
                     return false;
                   }) > 30);
}

TEST_CASE("named places: every file that is named is one of ours, and is installed there") {
  // daemon/install.cmake says what goes where; the package adds nothing to these folders.
  const std::map<std::string, fs::path> installed = {
      {"/usr/share/doc/hubmirror/examples/", kProjectFolder / "config"},
      {"/usr/share/doc/hubmirror/", kProjectFolder / "docs"},
      {"/usr/share/hubmirror/", kProjectFolder / "packaging"}};
  CHECK(CheckNamed("(/usr/share/(?:doc/)?hubmirror/[\\w./-]*\\w)",
                   [&](const fs::path&, const std::string& name) {
                     // The longest folder that fits: "examples" comes before what is above it.
                     for (auto at = installed.rbegin(); at != installed.rend(); ++at) {
                       if (!name.starts_with(at->first)) continue;
                       if (fs::exists(at->second / name.substr(at->first.size()))) return true;
                     }
                     return false;
                   }) > 20);
  CHECK(CheckNamed("\\]\\(([\\w./-]+\\.(?:md|txt|png|json))[#)]",
                   [](const fs::path& path, const std::string& name) {
                     // The page of the commands is written into docs.
                     const fs::path folder =
                         path.extension() == ".cc" ? kProjectFolder / "docs" : path.parent_path();
                     return fs::exists(folder / name);
                   }) > 30);
}

TEST_CASE("named places: a document links to nothing that is not installed beside it") {
  const fs::path docs = kProjectFolder / "docs";
  CHECK(CheckNamed("\\]\\(([^)#:\\s]+)[#)]", [&](const fs::path& path, const std::string& name) {
          if (path.parent_path() != docs || path.extension() != ".md") return true;
          // What daemon/install.cmake takes of the folder.
          const fs::path linked = fs::path(name).lexically_normal();
          const fs::path folder = linked.parent_path();
          const bool taken = folder.empty()
                                 ? linked.extension() == ".md" || linked.extension() == ".json" ||
                                       linked.extension() == ".txt"
                                 : folder == "images" && linked.extension() == ".png";
          return taken && fs::exists(docs / linked);
        }) > 35);
}

}  // namespace
}  // namespace hubmirror
