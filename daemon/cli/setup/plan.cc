#include "daemon/cli/setup/plan.h"

#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/spelling.h"
#include "daemon/cli/hubspot.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/text/json_page.h"
#include "daemon/cli/text/words.h"
#include "model/portal/custom_type.h"
#include "sync/plan_estimate.h"

namespace hubmirror {
namespace {

constexpr int64_t kOtherwise = 10'000;

/// `contacts=200000,deals=5000`; nullopt when it is not of that form.
std::optional<std::map<std::string, int64_t>> ReadRecords(const std::string& text) {
  std::map<std::string, int64_t> records;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const size_t mark = part.find('=');
    if (mark == std::string::npos || mark == 0) return std::nullopt;
    int64_t count = 0;
    const char* end = part.data() + part.size();
    const auto [stopped, error] = std::from_chars(part.data() + mark + 1, end, count);
    if (error != std::errc() || stopped != end || count < 0) return std::nullopt;
    records[part.substr(0, mark)] = count;
  }
  return records;
}

/// The first object of `records` that no portal asked about has, and what was probably meant.
std::optional<std::string> UnknownObject(const std::map<std::string, int64_t>& records,
                                         const std::set<std::string>& objects) {
  const std::vector<std::string_view> known(objects.begin(), objects.end());
  for (const auto& [object, count] : records) {
    if (objects.contains(object)) continue;
    const auto meant = NearestWord(object, known);
    return "--records: nothing mirrors " + object +
           (meant ? "; did you mean " + std::string(*meant) + "?" : "");
  }
  return std::nullopt;
}

std::optional<int64_t> ShareOf(const PortalPlan& plan) {
  if (!plan.daily) return std::nullopt;
  return static_cast<int64_t>(static_cast<double>(*plan.daily) * plan.quota_share);
}

std::string WithoutArchivedList(const PlanEstimate& estimate) {
  std::string text;
  for (const std::string& object : estimate.without_archived_list) {
    text +=
        "  " + object +
        ": HubSpot refuses its archived list (unsupported). Archived records are found by\n"
        "    walking the live list more often (sweep); those archived before the first load are\n"
        "    unknown.\n";
  }
  return text;
}

/// What the token needs to write what the configuration allows.
std::string WriteScopes(const PortalPlan& plan) {
  std::string text;
  for (const ScopeNeed& need : WriteScopesFor(WrittenOf(plan))) {
    text += "  " + Padded("writing needs", 24) + "  " + need.scope + " (";
    for (size_t i = 0; i < need.objects.size(); ++i) text += (i > 0 ? ", " : "") + need.objects[i];
    text += ")\n";
  }
  return text;
}

std::string PlanText(const PortalPlan& plan, const PlanEstimate& estimate) {
  std::string text = plan.key + ": " + CountWords(estimate.requests_a_day) + " requests a day";
  if (const auto share = ShareOf(plan)) {
    text += " of our share of " + CountWords(*share);
    if (estimate.requests_a_day > *share)
      text += ", which is TOO MANY: lengthen what is listed first";
  }
  text += "\n";
  for (const PlanEstimate::Job& job : estimate.jobs) {
    text += "  " + Padded(job.name, 24) + Padded(CountWords(job.requests_a_day), 12, true) + "\n";
  }
  if (estimate.changes_a_day > 0) {
    text += "  changes: at " + CountWords(estimate.changes_a_day) + " a day, " +
            RatioWords(static_cast<double>(estimate.requests_for_changes) /
                       static_cast<double>(estimate.changes_a_day)) +
            " requests each\n";
  }
  return text + "  first load: " + CountWords(estimate.backfill_requests) + " requests, " +
         CompactSpan(estimate.backfill) + " at " +
         (plan.burst ? CountWords(*plan.burst) : "the smallest tier's 100") +
         " requests per 10 s\n  disk: about " + CountWords(estimate.disk_bytes / 1'000'000) +
         " MB, with 250 properties an object\n" + WithoutArchivedList(estimate) + WriteScopes(plan);
}

std::string PlanJson(const std::vector<std::pair<const PortalPlan*, PlanEstimate>>& estimates) {
  JsonPage json;
  json.BeginObject();
  for (const auto& [plan, estimate] : estimates) {
    json.BeginObject(plan->key);
    json.Put("requests_a_day", estimate.requests_a_day);
    if (const auto share = ShareOf(*plan)) {
      json.Put("share", *share);
    } else {
      json.PutNull("share");
    }
    json.BeginObject("jobs");
    for (const PlanEstimate::Job& job : estimate.jobs) {
      json.Put(job.name, job.requests_a_day);
    }
    json.EndObject();
    json.Put("changes_a_day", estimate.changes_a_day);
    json.Put("backfill_requests", estimate.backfill_requests);
    json.Put("backfill_s", int64_t{estimate.backfill.count()});
    json.Put("disk_bytes", estimate.disk_bytes);
    json.BeginArray("without_archived_list");
    for (const std::string& object : estimate.without_archived_list) json.Item(object);
    json.EndArray();
    if (const auto needs = WriteScopesFor(WrittenOf(*plan)); !needs.empty()) {
      json.BeginArray("write_scopes");
      for (const ScopeNeed& need : needs) json.Item(need.scope);
      json.EndArray();
    }
    json.EndObject();
  }
  json.EndObject();
  return json.Text();
}

}  // namespace

int RunPlan(const CliContext& context, const CommandLine& line) {
  const auto records = ReadRecords(line.records);
  if (!records) {
    return Fail(context, kExitUsage, "--records is not of the form contacts=200000,deals=5000",
                "name the objects of the configuration");
  }
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  std::vector<std::pair<const PortalPlan*, PlanEstimate>> estimates;
  std::set<std::string> objects;
  // Which types these are HubSpot tells later.
  bool custom = false;
  for (const PortalSettings& portal : settings->portals) {
    if (!line.target.portal.empty() && portal.plan.key != line.target.portal) continue;
    for (const StreamPlan& stream : portal.plan.streams) objects.insert(stream.object.name);
    custom = custom || AsksForCustomTypes(portal.plan);
    estimates.emplace_back(&portal.plan, EstimatePlan(portal.plan, *records, kOtherwise));
  }
  if (estimates.empty()) {
    return Fail(context, kExitUsage, "no portal is called " + line.target.portal,
                "`hubmirror portal list` shows the portals of the configuration");
  }
  const auto unknown = custom ? std::nullopt : UnknownObject(*records, objects);
  if (unknown) {
    std::string names;
    for (const std::string& object : objects) names += (names.empty() ? "" : ", ") + object;
    return Fail(context, kExitUsage, *unknown, "name objects of the configuration: " + names);
  }
  if (line.json) {
    context.out << PlanJson(estimates);
    return kExitOk;
  }
  for (const auto& [plan, estimate] : estimates) context.out << PlanText(*plan, estimate);
  if (records->empty()) {
    context.out << "Every object counts as " << CountWords(kOtherwise)
                << " records; --records contacts=200000,deals=5000 says better.\n";
  }
  return kExitOk;
}

}  // namespace hubmirror
