#include "daemon/cli/status/status_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "control/shared_cause.h"
#include "daemon/cli/text/words.h"

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
  return words + "eta " + CompactSpan(eta);
}

std::string BackfillWords(const ShownStream& stream) {
  const double share = ShareOf(stream.load_done, stream.load_expected);
  std::string words = ProgressBar(share, kBarCells) + " " + PercentWords(share);
  if (stream.load_eta) {
    words += ", " + PaceWords(stream.load_expected - stream.load_done, *stream.load_eta);
  }
  return words;
}

std::string RowsWords(const ShownStream& stream) {
  return stream.rows ? CountWords(*stream.rows) : "unknown";
}

std::string AgeWords(const ShownStream& stream) {
  return stream.age ? CompactSpan(*stream.age) : "not yet";
}

/// The numbers of a stream, and how far its backfill is: in a row where that fits, else below it.
std::string StreamRows(const Layout& layout, const ShownStream& stream) {
  const std::string object = Printable(stream.object);
  std::string rows;
  if (layout.table()) {
    rows =
        TableRow(layout, object,
                 {StateWords(stream), AgeWords(stream), CompactSpan(stream.freshness_target),
                  RowsWords(stream), CountWords(stream.pending), CountWords(stream.quarantined)});
  } else {
    rows = "  " + object + " is " + StateWords(stream) + "\n    age " + AgeWords(stream) +
           ", target " + CompactSpan(stream.freshness_target) + ", " +
           (stream.rows ? Counted(*stream.rows, "row") : "rows unknown") + ", " +
           CountWords(stream.pending) + " pending, " + CountWords(stream.quarantined) +
           " in quarantine";
  }
  if (stream.load_running) {
    const std::string bar = BackfillWords(stream);
    const bool beside = layout.table() && rows.size() + 2 + bar.size() <= layout.columns;
    rows += (beside ? "  " : "\n    ") + bar;
  }
  return rows + "\n";
}

std::string LastErrorOf(const ShownStream& stream) {
  const bool shown = stream.NeedsAttention() && stream.last_error != stream.message;
  return shown ? stream.last_error : std::string();
}

/// What is said of the streams of a portal, each cause once: below its stream, or where several
/// share it, after them.
class Causes {
 public:
  Causes(const ShownPortal& portal, std::string (*of)(const ShownStream&)) : of_(of) {
    std::vector<std::pair<std::string, std::string>> named;
    for (const ShownStream& stream : portal.streams) named.emplace_back(stream.object, of(stream));
    for (SharedCause& shared : ByCause(named)) {
      if (shared.names.size() > 1) shared_.push_back(std::move(shared));
    }
    // A portal that waits as a whole has said why.
    said_ = portal.message;
  }

  std::string Of(const ShownStream& stream) const {
    const std::string cause = of_(stream);
    const bool elsewhere = cause == said_ || std::any_of(shared_.begin(), shared_.end(),
                                                         [&](const SharedCause& shared) {
                                                           return shared.cause == cause;
                                                         });
    return elsewhere ? std::string() : cause;
  }

  std::string Shared(const std::string& intro) const {
    std::string text;
    for (const SharedCause& shared : shared_) {
      if (shared.cause == said_) continue;
      text += "  " + Printable(shared.Names()) + ": " + intro + Printable(shared.cause) + "\n";
    }
    return text;
  }

 private:
  std::string (*of_)(const ShownStream&);
  std::vector<SharedCause> shared_;
  std::string said_;
};

std::string StreamBlock(const Layout& layout, const PortalKey& portal, const ShownStream& stream,
                        const std::string& message, const std::string& last_error) {
  std::string block = StreamRows(layout, stream);
  const std::string indent(4, ' ');
  if (!message.empty()) block += indent + Printable(message) + "\n";
  if (!last_error.empty()) block += indent + "last error: " + Printable(last_error) + "\n";
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
  if (portal.changes_found > 0) {
    words += "; " +
             RatioWords(static_cast<double>(portal.requests_for_changes) /
                        static_cast<double>(portal.changes_found)) +
             " requests a change since the start";
  }
  return words;
}

std::string FeedWords(const ShownFeed& feed) {
  std::string words = "change feed: " + CountWords(feed.bytes >> 20) + " MiB";
  for (const ShownConsumer& consumer : feed.consumers) {
    words += "; " + consumer.name;
    words += consumer.lost     ? " has missed entries"
             : consumer.behind ? " is " + CompactSpan(*consumer.behind) + " behind"
                               : " has read all";
  }
  for (const ShownWebhook& webhook : feed.webhooks) {
    words += "; webhook " + webhook.name + " is " + webhook.state;
    if (webhook.dead > 0) words += ", " + CountWords(webhook.dead) + " entries given up";
  }
  return words;
}

std::string WritingWords(const std::vector<ShownWriting>& writing) {
  std::string words = "writing back: ";
  for (const ShownWriting& one : writing) {
    if (&one != &writing.front()) words += "; ";
    words += one.object;
    words += one.waiting == 0 ? " has nothing to write"
                              : ": " + Counted(one.waiting, "row") + " to write";
    if (one.oldest) words += ", the oldest for " + CompactSpan(*one.oldest);
    if (!one.held.empty()) words += ", held (" + one.held + ")";
    if (one.stopped > 0) words += ", " + Counted(one.stopped, "row") + " for a person";
  }
  return words;
}

std::string PortalBlock(const Layout& layout, const ShownPortal& portal, bool say_why) {
  std::string block = portal.key + " (portal " + std::to_string(portal.portal_id) +
                      "): " + QuotaWords(portal) + "\n";
  if (!portal.message.empty()) {
    if (say_why) block += "  " + Printable(portal.message) + "\n";
  } else if (!portal.auth_valid) {
    block += "  the token is refused\n";
  }
  for (const std::string& warning : portal.warnings) {
    block += "  warning: " + Printable(warning) + "\n";
  }
  if (portal.feed) block += "  " + Printable(FeedWords(*portal.feed)) + "\n";
  if (!portal.writing.empty()) block += "  " + Printable(WritingWords(portal.writing)) + "\n";
  for (const std::string& unread : portal.unread) block += "  " + Printable(unread) + "\n";
  if (portal.streams.empty()) return block;
  block += Heading(layout);
  const Causes messages(portal, [](const ShownStream& stream) { return stream.message; });
  const Causes errors(portal, LastErrorOf);
  for (const ShownStream& stream : portal.streams) {
    block += StreamBlock(layout, portal.key, stream, messages.Of(stream), errors.Of(stream));
  }
  return block + messages.Shared("") + errors.Shared("last error: ");
}

}  // namespace

std::string StatusTable(const ShownStatus& status, int columns) {
  const Layout layout = LayoutFor(status, columns);
  std::string table =
      "hubmirrord " + Printable(status.version) + (status.ready ? ": ready" : ": not ready") + "\n";
  if (!status.database_up)
    table += "the database cannot be reached; polling resumes as soon as it can\n";
  if (!status.last_reload_accepted) {
    table +=
        "the last reload was refused, the old configuration is still in effect: `hubmirror config "
        "check`\n";
  }
  // What keeps several portals waiting, such as an unreachable database, is said once.
  std::vector<std::pair<std::string, std::string>> named;
  for (const ShownPortal& portal : status.portals) named.emplace_back(portal.key, portal.message);
  std::set<std::string> said;
  for (const SharedCause& shared : ByCause(named)) {
    if (shared.names.size() == 1) continue;
    table += Printable(shared.Names()) + ": " + Printable(shared.cause) + "\n";
    said.insert(shared.cause);
  }
  for (const ShownPortal& portal : status.portals) {
    table += "\n" + PortalBlock(layout, portal, !said.contains(portal.message));
  }
  return WrapLines(table, columns);
}

std::string StatusLine(const ShownPortal& portal) {
  int64_t done = 0;
  int64_t expected = 0;
  std::optional<std::chrono::seconds> eta;
  std::string states;
  for (const ShownStream& stream : portal.streams) {
    if (stream.load_running) {
      done += stream.load_done;
      expected += stream.load_expected;
      if (stream.load_eta) {
        eta = std::max(eta.value_or(std::chrono::seconds{0}), *stream.load_eta);
      }
    } else {
      done += stream.rows.value_or(0);
      expected += stream.rows.value_or(0);
    }
    states += (states.empty() ? "" : ", ") + Printable(stream.object) + " " + StateWords(stream);
  }
  std::string line = portal.key + ": " + CountWords(done) + " of " + CountWords(expected) +
                     (expected == 1 ? " record (" : " records (") +
                     PercentWords(ShareOf(done, expected)) + ")";
  if (eta) line += ", " + PaceWords(expected - done, *eta);
  return line + "; " + (states.empty() ? "no stream has started yet" : states);
}

}  // namespace hubmirror
