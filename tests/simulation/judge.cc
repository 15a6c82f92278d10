#include "simulation/judge.h"

#include <algorithm>

#include "compare/json.h"
#include "compare/object_comparison.h"
#include "compare/truth.h"
#include "compare/truth_link.h"

namespace hubmirror::simulation {
namespace {

using namespace std::chrono_literals;
using simulated_portal::RecordState;

// What the names of properties begin with that people make.
constexpr std::string_view kMadeProperty = "made_";
// A `Date` has whole seconds, and is of the beginning or the end of the work.
constexpr int64_t kDateSlack = 2000;

int64_t InMilliseconds(TimePoint time) {
  return time.time_since_epoch().count();
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string NameOfRecord(const std::string& object, int64_t id) {
  return object + " " + std::to_string(id);
}

}  // namespace

simulated_portal::CrmObject& Judge::ObjectOf(const std::string& object) {
  return hubspot_.portal().objects[simulated_portal::FindObjectType(object)];
}

bool Judge::HidesSurvivor(const std::string& object, const simulated_portal::Record& merged) {
  auto& records = ObjectOf(object).records;
  const auto* last = &merged;
  while (last != nullptr && last->state == RecordState::kMerged) {
    last = records.Find(last->merged_into);
  }
  if (last == nullptr) return false;
  const bool gone = last->state == RecordState::kErased || last->state == RecordState::kPurged;
  return gone && (!last->read || forgotten_.contains(object));
}

void Judge::LookAtRows(const std::string& object, const StoredObject& stored) {
  if (!stored.exists) {
    shadows_.erase(object);
    return;
  }
  auto& shadows = shadows_[object];
  auto& records = ObjectOf(object).records;
  for (const auto& [id, row] : stored.rows) {
    Shadow& shadow = shadows[id];
    if (row.modified != shadow.modified) {
      if (row.modified && shadow.modified && *row.modified < *shadow.modified) {
        complain_("the stamp of " + NameOfRecord(object, id) + " went back");
      }
      shadow.modified = row.modified;
    }
    if (row.gone() != shadow.gone) {
      shadow.gone = row.gone();
      const auto* record = records.Find(id);
      const bool lives = record != nullptr && (record->state == RecordState::kLive ||
                                               record->state == RecordState::kArchived);
      if (shadow.gone && lives) {
        complain_(NameOfRecord(object, id) + " is marked gone, and is " +
                  std::string(simulated_portal::NameOf(record->state)));
      }
    }
    if (row.merged_into.has_value() != shadow.merged) {
      shadow.merged = row.merged_into.has_value();
      const auto* record = records.Find(id);
      if (shadow.merged && (record == nullptr || record->state != RecordState::kMerged)) {
        complain_(NameOfRecord(object, id) + " is marked merged, and is not");
      }
    }
  }
  for (const auto& [id, shadow] : shadows) {
    if (!stored.rows.contains(id)) complain_("the row of " + NameOfRecord(object, id) + " is lost");
  }
}

void Judge::LookAtIndex(const std::string& object) {
  hubspot_.portal().CatchUp(hubspot_.Now());
  auto& shown = shown_[object];
  const auto& index = ObjectOf(object).index.by_id();
  // What is archived and restored comes anew.
  std::erase_if(shown, [&](const auto& entry) { return !index.contains(entry.first); });
  for (const auto& [id, version] : index) {
    Shown& known = shown[id];
    if (known.stamp != version->stamp) known = {version->stamp, hubspot_.Now()};
  }
}

void Judge::LookAtVerified(const std::string& object, const StoredObject& stored) {
  // As `hubmirror.status` shows it: not of a table that is gone, nor before the first load has
  // ended.
  const auto sweep = stored.progress.find(JobKind::kSweep);
  const bool loaded = sweep != stored.progress.end() && sweep->second.last_complete_at;
  if (!stored.exists || !loaded) return;
  const auto changes = stored.progress.find(JobKind::kChanges);
  if (changes == stored.progress.end() || !changes->second.watermark) return;
  const int64_t verified = InMilliseconds(*changes->second.watermark);
  if (verified > hubspot_.Now() + kDateSlack) {
    complain_("verified_until of " + object + " lies in the future");
  }
  auto& records = ObjectOf(object).records;
  for (const auto& [id, shown] : shown_[object]) {
    // What is shown later than the overlap looks back is found by a deeper look.
    const bool late = shown.seen_at - shown.stamp >
                      setup_.plan.overlap.count() - kDateSlack - setup_.tick.count();
    if (late || shown.seen_at + kDateSlack > verified) continue;
    const auto* record = records.Find(id);
    if (record == nullptr || record->state != RecordState::kLive) continue;
    if (stored.pending.contains(id) || stored.quarantine.contains(id)) continue;
    const auto row = stored.rows.find(id);
    if (row == stored.rows.end() || !row->second.modified ||
        InMilliseconds(*row->second.modified) < shown.stamp) {
      complain_("verified_until of " + object + " lies: search showed the stamp " +
                simulated_portal::FormatInstant(shown.stamp) + " of " + std::to_string(id) +
                " by " + simulated_portal::FormatInstant(shown.seen_at) + ", verified until " +
                simulated_portal::FormatInstant(verified));
    }
  }
}

void Judge::NoteJob(const JobReport& report) {
  if (report.failure.empty()) ended_[{report.stream.object, report.job}] = clock_.Now();
}

std::chrono::milliseconds Judge::PollPeriod(const std::string& object) const {
  const StreamPlan& plan = setup_.plan;
  const auto changed = changed_.find(object);
  // A quiet hour later only the freshness target counts.
  const bool lively = changed != changed_.end() && clock_.Now() - changed->second < 1h;
  return lively ? plan.interval : std::max(plan.interval, plan.freshness_target * 3 / 5);
}

void Judge::LookAtJobs(Instant began) {
  const StreamPlan& plan = setup_.plan;
  for (const std::string& object : setup_.objects) {
    const std::pair<JobKind, std::chrono::milliseconds> promises[] = {
        {JobKind::kChanges, PollPeriod(object)},
        {JobKind::kCatalog, plan.catalog_every},
        {JobKind::kArchived, plan.archived_every},
        {JobKind::kSweep, plan.sweep_every}};
    for (const auto& [job, every] : promises) {
      const auto ended = ended_.find({object, job});
      if (clock_.Now() - began < 2 * every) continue;
      if (ended != ended_.end() && clock_.Now() - ended->second <= 2 * every + 1min) continue;
      complain_("the job " + std::string(NameOf(job)) + " of " + object + " is stuck");
    }
  }
}

void Judge::LookAtLimits() {
  const compare::Json stats = compare::Json::Parse(hubspot_.Truth("stats"));
  for (const auto& [limit, count] : stats["violations"].AsObject()) {
    if (count.AsInteger() > 0) {
      complain_("the limit " + limit + " was exceeded " + std::to_string(count.AsInteger()) +
                " times");
    }
  }
}

int64_t Judge::Compare(const TableCopy& copy) {
  const compare::ObjectLayout& layout = copy.layout;
  const std::string place =
      std::to_string(hubspot_.portal().settings.portal_id) + "/" + layout.object;
  auto& records = ObjectOf(layout.object).records;
  const compare::DifferenceSink sink = [&](const compare::Difference& difference) {
    const auto* record = records.Find(difference.id);
    const bool there = record == nullptr || record->state == RecordState::kLive ||
                       record->state == RecordState::kArchived;
    // A property that is new gets its values without a stamp: who was merged away or erased before
    // the mirror heard of it cannot be read any more.
    const bool lost = difference.column.find(kMadeProperty) != std::string::npos ||
                      dropped_.contains({layout.object, difference.column});
    if (!there && lost) return;
    // A survivor that is gone before anybody reads it tells nobody whom it had taken in.
    if (difference.column == "merged_into" && record != nullptr &&
        HidesSurvivor(layout.object, *record)) {
      return;
    }
    complain_(compare::ToLine(difference));
  };
  const auto definitions = compare::ParseDefinitions(hubspot_.Truth("properties/" + place));
  compare::RecordCheck check(layout, compare::CheckLayout(definitions, layout, sink), sink);
  const std::string truth = hubspot_.Truth("truth/" + place);
  const auto lines = Lines(truth);
  const auto rows_of = [](const std::vector<compare::MirrorRow>& rows) {
    return [&rows, at = size_t{0}]() mutable -> std::optional<compare::MirrorRow> {
      if (at == rows.size()) return std::nullopt;
      return rows[at++];
    };
  };
  const auto next_line = [&lines, at = size_t{0}]() mutable -> std::optional<compare::TruthRecord> {
    if (at == lines.size()) return std::nullopt;
    return compare::ParseTruthLine(lines[at++]);
  };
  const compare::ObjectTally tally = compare::CompareObject(
      layout, check, next_line, rows_of(copy.table), {rows_of(copy.view)}, {}, sink);
  return tally.values;
}

void Judge::CompareLinks(const std::string& from, const std::string& to, std::vector<Line> found) {
  const std::string truth = hubspot_.Truth(
      "links/" + std::to_string(hubspot_.portal().settings.portal_id) + "/" + from + "/" + to);
  std::vector<Line> expected;
  for (const std::string_view line : Lines(truth)) {
    const compare::LinkLine link = compare::ParseTruthLink(line).line;
    expected.emplace_back(link.from, link.to, link.category, link.type_id, link.label);
  }
  std::ranges::sort(expected);
  std::ranges::sort(found);
  const auto tell = [&](const std::vector<Line>& some, const std::vector<Line>& others,
                        const char* what) {
    for (const Line& line : some) {
      if (std::ranges::binary_search(others, line)) continue;
      complain_(std::string(what) + " link " + from + " " + std::to_string(std::get<0>(line)) +
                " - " + to + " " + std::to_string(std::get<1>(line)) + ", " + std::get<2>(line) +
                " " + std::get<3>(line) + " \"" + std::get<4>(line) + "\"");
    }
  };
  tell(expected, found, "missing");
  tell(found, expected, "wrong");
}

}  // namespace hubmirror::simulation
