#include "compare/comparison.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "compare/layout_check.h"
#include "compare/link_comparison.h"
#include "compare/mirror_reader.h"
#include "compare/record_check.h"
#include "compare/reference_check.h"
#include "compare/truth_reader.h"

namespace hubmirror::compare {
namespace {

std::vector<RecordId> KnownOf(const ComparisonOptions& options, const std::string& object) {
  const auto found = options.known_before.find(object);
  return found == options.known_before.end() ? std::vector<RecordId>() : found->second;
}

Selection SelectionOf(const ComparisonOptions& options, const std::string& object) {
  const auto asked = options.selections.find(object);
  return asked == options.selections.end() ? Selection() : asked->second;
}

ObjectTally CompareOne(const std::string& object, const ComparisonOptions& options,
                       TruthReader& portal, MirrorReader& mirror, const DifferenceSink& sink) {
  const ObjectLayout layout = mirror.Layout(object);
  if (!layout.table.Find("id")) {
    sink({.object = object, .column = "table", .expected = "a table", .found = "none"});
    return {};
  }
  const Selection selection = SelectionOf(options, object);
  RecordCheck check(layout, CheckLayout(portal.Definitions(object), layout, sink, selection), sink,
                    selection);
  portal.Begin(object);
  MirrorReader::Rows table(mirror, layout.table);
  std::vector<MirrorReader::Rows> views;
  for (const Relation& view : layout.views) views.emplace_back(mirror, view);
  std::vector<RowStream> view_streams;
  for (MirrorReader::Rows& view : views) view_streams.emplace_back([&view] { return view.Next(); });

  ObjectTally tally = CompareObject(
      layout, check, [&portal] { return portal.Next(); }, [&table] { return table.Next(); },
      std::move(view_streams),
      {.known_before = KnownOf(options, object), .changes_since = options.changes_since}, sink);
  mirror.ReportLeftovers(object, sink);
  return tally;
}

}  // namespace

std::vector<std::string> AllObjects() {
  return {"contacts", "companies", "deals", "emails", "tickets", "tasks"};
}

ComparisonReport Compare(const ComparisonOptions& options, const DifferenceSink& sink) {
  ComparisonReport report;
  const DifferenceSink counting = [&](const Difference& difference) {
    ++report.differences;
    sink(difference);
  };
  TruthReader portal(options.portal_url, options.portal_id);
  MirrorReader mirror(options.dsn, options.schema);
  for (const std::string& object : options.objects) {
    report.objects[object] = CompareOne(object, options, portal, mirror, counting);
    const auto history = options.histories.find(object);
    if (history == options.histories.end()) continue;
    report.past_values += CompareHistory(object, portal.Histories(object, history->second),
                                         mirror.Histories(object, history->second),
                                         SelectionOf(options, object), counting);
  }
  std::vector<std::string> with_table;
  std::copy_if(options.objects.begin(), options.objects.end(), std::back_inserter(with_table),
               [&](const std::string& object) { return mirror.Layout(object).table.Find("id"); });
  report.links = CompareLinks(with_table, portal, mirror, counting);
  if (options.reference) {
    report.reference = CompareReference(with_table, portal, mirror, counting);
  }
  return report;
}

Milliseconds ComparisonReport::worst_lateness() const {
  Milliseconds worst = 0;
  for (const auto& [object, tally] : objects) {
    for (const Lateness& lateness : tally.lateness) worst = std::max(worst, lateness.took);
  }
  return worst;
}

std::string ComparisonReport::Summary() const {
  int64_t records = 0, rows = 0, values = 0;
  for (const auto& [object, tally] : objects) {
    records += tally.records;
    rows += tally.rows;
    values += tally.values;
  }
  return std::to_string(differences) + " differences: " + std::to_string(records) +
         " records of the portal, " + std::to_string(rows) + " rows, " + std::to_string(values) +
         " values, " + std::to_string(links) + " links, " + std::to_string(objects.size()) +
         " object types" +
         (reference > 0 ? ", " + std::to_string(reference) + " owners, stages, members and the like"
                        : "") +
         (past_values > 0 ? ", " + std::to_string(past_values) + " former values" : "");
}

}  // namespace hubmirror::compare
