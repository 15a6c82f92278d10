#include "daemon/cli/monitoring.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/whole_file.h"
#include "daemon/monitoring_files.h"

namespace hubmirror {
namespace {

// Where the links of the files lead as they are installed.
constexpr std::string_view kInstalledRunbooks = "file:///usr/share/doc/hubmirror/runbooks.md";
constexpr std::string_view kHeading = "\n## ";

struct Section {
  std::string_view name;
  std::string_view text;  ///< without the heading
};

std::vector<Section> Sections() {
  std::vector<Section> sections;
  for (size_t at = kRunbooks.find(kHeading); at != std::string_view::npos;) {
    const size_t next = kRunbooks.find(kHeading, at + 1);
    const std::string_view whole =
        kRunbooks.substr(at + kHeading.size(), next - at - kHeading.size());
    const size_t line = whole.find('\n');
    sections.push_back({whole.substr(0, line), whole.substr(whole.find_first_not_of('\n', line))});
    at = next;
  }
  return sections;
}

bool SameLetters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

std::string WithRunbooksAt(std::string_view text, const std::string& url) {
  std::string out(text);
  for (size_t at = out.find(kInstalledRunbooks); at != std::string::npos;
       at = out.find(kInstalledRunbooks, at + url.size())) {
    out.replace(at, kInstalledRunbooks.size(), url);
  }
  return out;
}

}  // namespace

int RunRunbook(const CliContext& context, const CommandLine& line) {
  const std::vector<Section> sections = Sections();
  if (line.name.empty()) {
    for (const Section& section : sections) context.out << section.name << "\n";
    return kExitOk;
  }
  for (const Section& section : sections) {
    if (!SameLetters(section.name, line.name)) continue;
    context.out << section.name << "\n\n" << section.text;
    if (section.text.back() != '\n') context.out << "\n";
    return kExitOk;
  }
  return Fail(context, kExitUsage, "there is no alert called " + line.name,
              "`hubmirror runbook` lists them");
}

int RunDashboardsExport(const CliContext& context, const CommandLine& line) {
  const std::filesystem::path folder = line.path;
  const std::pair<const char*, std::string_view> files[] = {
      {"hubmirror-fleet.json", kFleetBoard},    {"hubmirror-portal.json", kPortalBoard},
      {"hubmirror-mirror.json", kMirrorBoard},  {"hubmirror.rules.yml", kAlertRules},
      {"hubmirror.inhibit.yml", kInhibitRules}, {"scrape.yml", kScrapeExample},
  };
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const auto& [name, text] : files) {
    const std::string path = folder / name;
    const std::string whole =
        line.runbooks.empty() ? std::string(text) : WithRunbooksAt(text, line.runbooks);
    if (!ReplaceFile(path, whole, 0644)) {
      return Fail(context, kExitInputOutput,
                  path + " cannot be written: " + std::generic_category().message(errno),
                  "name a folder that this user may write");
    }
    context.out << (folder / name).string() << "\n";
  }
  return kExitOk;
}

}  // namespace hubmirror
