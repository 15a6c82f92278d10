#include "daemon/cli_status_view.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "daemon/cli_words.h"

namespace hubmirror {
namespace {

constexpr int kBarCells = 20;

constexpr size_t kObjectWidth = 12;

struct Column {
  std::string_view title;
  size_t width;
  bool right;
};

// After the one of objects, which is as wide as their names.
constexpr std::array<Column, 6> kColumns{{{"STATE", 22, false},
                                          {"AGE", 8, true},
                                          {"TARGET", 8, true},
                                          {"ROWS", 11, true},
                                          {"PENDING", 9, true},
                                          {"QUARANTINE", 11, true}}};
using Cells = std::array<std::string, kColumns.size()>;

/// What there is room for.
struct Layout {
  size_t object_width = kObjectWidth;
  size_t columns = 0;

  size_t row_width() const {
    size_t width = 2 + object_width;
    for (const Column& column : kColumns) width += 1 + column.width;
    return width;
  }
  bool table() const { return row_width() <= columns; }
};

Layout LayoutFor(const ShownStatus& status, int columns) {
  Layout layout{.columns = static_cast<size_t>(std::max(columns, 1))};
  for (const ShownPortal& portal : status.portals) {
    for (const ShownStream& stream : portal.streams) {
      layout.object_width = std::max(layout.object_width, stream.object.size());
    }
  }
  return layout;
}

std::string TableRow(const Layout& layout, const std::string& object, const Cells& cells) {
  std::string row = "  " + Padded(object, layout.object_width);
  for (size_t i = 0; i < kColumns.size(); ++i) {
    row += ' ' + Padded(cells[i], kColumns[i].width, kColumns[i].right);
  }
  return row;
}

std::string Heading(const Layout& layout) {
  if (!layout.table()) return {};
  Cells titles;
  std::transform(kColumns.begin(), kColumns.end(), titles.begin(),
                 [](const Column& column) { return std::string(column.title); });
  return TableRow(layout, "OBJECT", titles) + "\n";
}

std::string StateWords(const ShownStream& stream) {
  std::string words = Printable(stream.state);
  if (!stream.reason.empty()) words += "/" + Printable(stream.reason);
  return words;
}

double ShareOf(int64_t done, int64_t expected) {
  return expected > 0 ? std::min(1.0, static_cast<double>(done) / static_cast<double>(expected))
                      : 0.0;
}

std::string PercentWords(double share) {
  return std::to_string(static_cast<int>(std::floor(share * 100))) + "%";
}

// The daemon tells how long the rest will take under its budget; the rate follows from it.
std::string PaceWords(int64_t left, std::chrono::seconds eta) {
  std::string words;
  if (eta.count() > 0 && left > 0) words = CountWords(left / eta.count()) + "/s, ";
  return words + "eta " + SpanWords(eta);
}

std::string BackfillWords(const ShownStream& stream) {
  const double share = ShareOf(stream.backfill_done, stream.backfill_expected);
  std::string words = ProgressBar(share, kBarCells) + " " + PercentWords(share);
  if (stream.backfill_eta) {
    words +=
        ", " + PaceWords(stream.backfill_expected - stream.backfill_done, *stream.backfill_eta);
  }
  return words;
}

bool NeedsAttention(const ShownStream& stream) {
  return stream.state != "current" && stream.state != "backfilling";
}

std::string AgeWords(const ShownStream& stream) {
  return stream.age ? SpanWords(*stream.age) : "-";
}

/// The numbers of a stream, and how far its backfill is: in a row where that fits, else below it.
std::string StreamRows(const Layout& layout, const ShownStream& stream) {
  const std::string object = Printable(stream.object);
  std::string rows;
  if (layout.table()) {
    rows = TableRow(
        layout, object,
        {StateWords(stream), AgeWords(stream), SpanWords(stream.freshness_target),
         CountWords(stream.rows), CountWords(stream.pending), CountWords(stream.quarantined)});
  } else {
    rows = "  " + object + " is " + StateWords(stream) + "\n    age " + AgeWords(stream) +
           ", target " + SpanWords(stream.freshness_target) + ", " + CountWords(stream.rows) +
           " rows, " + CountWords(stream.pending) + " pending, " + CountWords(stream.quarantined) +
           " in quarantine";
  }
  if (stream.backfill_running) {
    const std::string bar = BackfillWords(stream);
    const bool beside = layout.table() && rows.size() + 2 + bar.size() <= layout.columns;
    rows += (beside ? "  " : "\n    ") + bar;
  }
  return rows + "\n";
}

std::string StreamBlock(const Layout& layout, const PortalKey& portal, const ShownStream& stream) {
  std::string block = StreamRows(layout, stream);
  const std::string indent(4, ' ');
  if (!stream.message.empty()) block += indent + Printable(stream.message) + "\n";
  if (NeedsAttention(stream) && !stream.last_error.empty() && stream.last_error != stream.message) {
    block += indent + "last error: " + Printable(stream.last_error) + "\n";
  }
  if (stream.quarantined > 0) {
    block += indent + "records could not be stored: `hubmirror quarantine list " + portal + "/" +
             Printable(stream.object) + "`\n";
  }
  return block;
}

std::string QuotaWords(const ShownPortal& portal) {
  std::string words = CountWords(portal.requests_today) + " requests today";
  if (portal.daily_share) words += " of our share of " + CountWords(*portal.daily_share);
  if (portal.daily_limit && portal.daily_remaining) {
    words += ", " + CountWords(*portal.daily_remaining) + " of " + CountWords(*portal.daily_limit) +
             " left in the account";
  }
  return words;
}

std::string PortalBlock(const Layout& layout, const ShownPortal& portal) {
  std::string block = portal.key + " (portal " + std::to_string(portal.portal_id) +
                      "): " + QuotaWords(portal) + "\n";
  if (!portal.auth_valid) block += "  the token is refused\n";
  if (!portal.message.empty()) block += "  " + Printable(portal.message) + "\n";
  for (const std::string& unread : portal.unread) block += "  " + Printable(unread) + "\n";
  block += Heading(layout);
  for (const ShownStream& stream : portal.streams) {
    block += StreamBlock(layout, portal.key, stream);
  }
  return block;
}

}  // namespace

std::string StatusTable(const ShownStatus& status, int columns) {
  const Layout layout = LayoutFor(status, columns);
  std::string table =
      "hubmirrord " + Printable(status.version) + (status.ready ? ": ready" : ": not ready") + "\n";
  if (!status.database_up) table += "the database is away; polling resumes by itself\n";
  if (!status.last_reload_accepted) {
    table += "the last reload was refused, the old configuration runs: `hubmirror config check`\n";
  }
  for (const ShownPortal& portal : status.portals) table += "\n" + PortalBlock(layout, portal);
  return WrapLines(table, columns);
}

std::string StatusLine(const ShownPortal& portal) {
  int64_t done = 0;
  int64_t expected = 0;
  std::optional<std::chrono::seconds> eta;
  std::string states;
  for (const ShownStream& stream : portal.streams) {
    if (stream.backfill_running) {
      done += stream.backfill_done;
      expected += stream.backfill_expected;
      if (stream.backfill_eta) {
        eta = std::max(eta.value_or(std::chrono::seconds{0}), *stream.backfill_eta);
      }
    } else {
      done += stream.rows;
      expected += stream.rows;
    }
    states += (states.empty() ? "" : ", ") + Printable(stream.object) + " " + StateWords(stream);
  }
  std::string line = portal.key + ": " + CountWords(done) + " of " + CountWords(expected) +
                     " records (" + PercentWords(ShareOf(done, expected)) + ")";
  if (eta) line += ", " + PaceWords(expected - done, *eta);
  return line + "; " + (states.empty() ? "no stream has started yet" : states);
}

}  // namespace hubmirror
