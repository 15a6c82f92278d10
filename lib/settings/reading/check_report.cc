#include "settings/reading/check_report.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>

namespace hubmirror {
namespace {

std::string Count(size_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

size_t CountOf(const ConfigProblems& problems, Severity severity) {
  return static_cast<size_t>(std::ranges::count(problems, severity, &ConfigProblem::severity));
}

/// Portals that are enabled, and their streams.
struct Extent {
  size_t portals = 0;
  size_t streams = 0;
};

Extent ExtentOf(const SettingsReading& reading) {
  Extent extent;
  if (!reading.settings) return extent;
  for (const PortalSettings& portal : reading.settings->portals) {
    if (!portal.enabled) continue;
    ++extent.portals;
    extent.streams += portal.plan.streams.size();
  }
  return extent;
}

using Json = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void WriteProblem(const ConfigProblem& problem, Json& json) {
  json.StartObject();
  json.Key("severity");
  json.String(problem.severity == Severity::kError ? "error" : "warning");
  json.Key("line");
  json.Int(problem.at.line);
  json.Key("column");
  json.Int(problem.at.column);
  json.Key("path");
  json.String(problem.path);
  json.Key("message");
  json.String(problem.what);
  json.Key("next");
  json.String(problem.next);
  json.EndObject();
}

}  // namespace

std::string CheckText(const SettingsReading& reading, std::string_view file) {
  std::string text;
  for (const ConfigProblem& problem : reading.problems) {
    text += FormatProblem(problem, file) + "\n";
  }
  const size_t warnings = CountOf(reading.problems, Severity::kWarning);
  text += std::string(file) + ": ";
  if (reading.settings) {
    const Extent extent = ExtentOf(reading);
    text += "good, " + Count(extent.portals, "portal") + " with " + Count(extent.streams, "stream");
  } else {
    text += "refused, " + Count(CountOf(reading.problems, Severity::kError), "error");
  }
  return text + (warnings > 0 ? ", " + Count(warnings, "warning") : "") + "\n";
}

std::string CheckJson(const SettingsReading& reading, std::string_view file) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.SetIndent(' ', 2);
  const Extent extent = ExtentOf(reading);
  json.StartObject();
  json.Key("file");
  json.String(file.data(), static_cast<rapidjson::SizeType>(file.size()));
  json.Key("ok");
  json.Bool(reading.settings.has_value());
  json.Key("portals");
  json.Uint64(extent.portals);
  json.Key("streams");
  json.Uint64(extent.streams);
  json.Key("problems");
  json.StartArray();
  for (const ConfigProblem& problem : reading.problems) WriteProblem(problem, json);
  json.EndArray();
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace hubmirror
