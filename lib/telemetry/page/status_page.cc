#include "telemetry/page/status_page.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <vector>

#include "base/count_text.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "telemetry/page/page_assets.h"
#include "telemetry/page/plain_words.h"
#include "telemetry/page/readiness.h"
#include "telemetry/page/trust.h"

namespace hubmirror {
namespace {

constexpr size_t kConsumersShown = 8;
constexpr size_t kMessageBytes = 200;
/// Left free for the end of the page.
constexpr size_t kFootBytes = 1024;
/// So many troubled streams of a portal stand on the page of all portals.
constexpr size_t kStreamsShown = 6;

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : OneLine(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Message(std::string_view text) {
  return Escaped(Shortened(ValidUtf8(text), kMessageBytes));
}

std::string_view ToneOf(Trouble trouble) {
  switch (trouble) {
    case Trouble::kNone:
      return "good";
    case Trouble::kLoading:
      return "busy";
    case Trouble::kWaiting:
      return "soft";
    case Trouble::kLate:
      return "warn";
    case Trouble::kStopped:
    case Trouble::kShut:
      return "bad";
  }
  return "soft";
}

std::string Minute(TimePoint time) {
  return FormatRfc3339(time).substr(0, 19).replace(10, 1, " ") + " UTC";
}

std::string LoadNote(const StreamStatus& status) {
  if (!status.load_running || status.state == StreamState::kBlocked) return {};
  const std::string done = std::to_string(status.load_done);
  std::string note = "<progress";
  if (status.load_expected > 0) {
    note += " max=\"" + std::to_string(status.load_expected) + "\" value=\"" + done + "\"";
  }
  note += " aria-label=\"loaded\"></progress> " + CountWords(status.load_done);
  if (status.load_expected > 0) note += " of " + CountWords(status.load_expected);
  note += " loaded";
  if (status.load_eta) note += ", about " + SpanWords(*status.load_eta) + " left";
  return note + " ";
}

/// The newest error of the stream's jobs.
std::string ErrorNote(const StreamStatus& status, const PortalStatus& portal) {
  const JobStatus* newest = nullptr;
  JobKind kind = JobKind::kCatalog;
  for (const auto& [job, seen] : status.jobs) {
    if (seen.last_error.empty()) continue;
    if (newest != nullptr && seen.last_error_at <= newest->last_error_at) continue;
    newest = &seen;
    kind = job;
  }
  // What stops the stream, or all of its portal, was said already.
  if (newest == nullptr || newest->last_error == status.message) return {};
  if (newest->last_error == portal.message) return {};
  std::string note = "<span class=\"soft\">Last error";
  if (newest->last_error_at) note += ", " + Minute(*newest->last_error_at);
  return note + " (" + std::string(NameOf(kind)) + "): " + Message(newest->last_error) + "</span>";
}

/// `some` and `none` are classes of a figure above 0 and of 0.
std::string Figure(std::string_view label, std::optional<int64_t> count, std::string_view some,
                   std::string_view none) {
  std::string cell = "<td class=\"n";
  if (const auto more = count == 0 ? none : some; count && !more.empty()) {
    cell.append(" ").append(more);
  }
  cell.append("\" data-l=\"").append(label).append("\">");
  return cell.append(count ? CountWords(*count) : "unknown").append("</td>");
}

/// The three figures of a stream, or of all streams of a portal. Zeros that say that all is well
/// are left out where there is little room (page_assets.cc).
std::string Figures(std::optional<int64_t> rows, int64_t pending, int64_t quarantined) {
  return Figure("Live records", rows, "", "") + Figure("Waiting", pending, "", "z") +
         Figure("Set aside", quarantined, "bad", "z");
}

std::string AgeCell(std::optional<std::chrono::seconds> age, std::chrono::seconds target) {
  return "<td data-l=\"Behind HubSpot\">" + (age ? SpanWords(*age) : "not yet") +
         " <span class=\"soft\">of " + SpanWords(target) + "</span></td>";
}

std::string RowHead(const std::string& name, std::string_view tone, std::string_view state) {
  std::string row = "<tr><th scope=\"row\">" + name + "</th><td data-l=\"State\" class=\"";
  return row.append(tone).append("\">").append(state).append("</td>");
}

std::string StreamRow(const std::string& object, const StreamSnapshot& stream,
                      const PortalStatus& portal, TimePoint now) {
  const StreamStatus& status = stream.status;
  std::string row = RowHead(Escaped(object), ToneOf(TroubleOf(stream, now)),
                            stream.reported ? StateWords(status.state) : "starting");
  row += AgeCell(AgeOf(status, now), status.freshness_target);
  row += Figures(status.rows, status.pending, status.quarantined);
  row += "<td data-l=\"Notes\">" + LoadNote(status);
  const bool is_said = status.message.empty() || status.message == portal.message;
  if (!is_said) row += Message(status.message) + " ";
  return row + ErrorNote(status, portal) + "</td></tr>\n";
}

/// How full a budget is; red when little of it is left.
std::string Gauge(std::string_view label, int64_t used, int64_t most) {
  const std::string full = std::to_string(most);
  return "<meter min=\"0\" max=\"" + full + "\" low=\"" + std::to_string(most / 4 * 3) +
         "\" high=\"" + std::to_string(most / 10 * 9) + "\" optimum=\"0\" value=\"" +
         std::to_string(used) + "\" aria-label=\"" + std::string(label) + "\"></meter> ";
}

std::string QuotaLine(const PortalStatus& status, const ChangeCost& cost) {
  std::string line;
  if (status.daily_share)
    line = Gauge("our share used", status.requests_today, *status.daily_share);
  line += CountWords(status.requests_today) + " requests made today";
  if (status.daily_share) line += " of " + CountWords(*status.daily_share) + " we may make";
  if (status.daily_limit && status.daily_remaining) {
    line += "; " + CountWords(*status.daily_remaining) + " of the account's " +
            CountWords(*status.daily_limit) + " left";
  }
  if (const auto each = cost.RequestsPerChange()) {
    line += "; " + RatioWords(*each) + " requests for each change that polls have found";
  }
  return line;
}

std::string WebhookWords(const FeedWebhook& webhook) {
  std::string words = "; webhook " + Escaped(webhook.name) + " is " + std::string(webhook.state());
  if (webhook.dead > 0) words += ", " + CountWords(webhook.dead) + " entries given up";
  return words;
}

/// Where the change feed and its readers stand. What a person should see to is a warning.
std::string FeedLine(const FeedStatus& feed, TimePoint now) {
  const auto since = [now](TimePoint at) {
    return SpanWords(std::chrono::duration_cast<std::chrono::seconds>(now - at));
  };
  std::string line = "Change feed: ";
  if (!feed.last_at) return line + "no entry yet";
  line += "last entry " + since(*feed.last_at) + " ago";
  if (feed.oldest_at) line += ", oldest " + since(*feed.oldest_at) + " ago";
  line += ", " + CountWords(feed.bytes >> 20) + " MiB";
  for (const FeedWebhook& webhook : feed.webhooks) line += WebhookWords(webhook);
  size_t shown = 0;
  for (const FeedConsumer& consumer : feed.consumers) {
    if (++shown > kConsumersShown) {
      const auto more = static_cast<int64_t>(feed.consumers.size() - kConsumersShown);
      return line + "; " + CountWords(more) + " more consumers";
    }
    line += "; " + Escaped(consumer.name);
    line += consumer.lost          ? " has missed entries"
            : consumer.waits_since ? " is " + since(*consumer.waits_since) + " behind"
                                   : " has read all";
  }
  return line;
}

/// What waits to be written to HubSpot. What a person should see to is a warning.
std::string WriteLine(const WriteStatus& write, TimePoint now) {
  std::string line;
  for (const ObjectWriteStatus& object : write.objects) {
    const int64_t waiting = object.Rows("queued") + object.Rows("sending") +
                            object.Rows("written") + object.Rows("unknown");
    line += line.empty() ? "Writing back: " : "; ";
    line += Escaped(object.object) + " " +
            (waiting == 0 ? "has nothing to write" : Counted(waiting, "row") + " to write");
    if (!object.holds.empty()) line += ", held (" + Escaped(object.holds.front().reason) + ")";
    if (object.oldest_queued_at) {
      line += ", the oldest for " + SpanWords(std::chrono::duration_cast<std::chrono::seconds>(
                                        now - *object.oldest_queued_at));
    }
  }
  return line;
}

/// Tables beside the records that could not be read the last time.
std::string UnreadTables(const PortalStatus& status) {
  std::string text;
  for (const ReferenceStatus& table : status.reference) {
    if (table.last_error.empty() || table.last_error == status.message) continue;
    text += "<p class=\"warn\">" + Escaped(table.table) +
            " cannot be read: " + Message(table.last_error) + "</p>\n";
  }
  return text;
}

/// Names what a table lists in its first column.
std::string TableHead(std::string_view first) {
  std::string head = "<table class=\"";
  head.append(first).append("s\"><thead><tr><th scope=\"col\">");
  return head.append(first).append(
      "</th><th scope=\"col\">State</th>"
      "<th scope=\"col\">Behind HubSpot</th><th scope=\"col\" class=\"n\">Live records</th>"
      "<th scope=\"col\" class=\"n\">Waiting</th><th scope=\"col\" class=\"n\">Set aside</th>"
      "<th scope=\"col\">Notes</th></tr></thead><tbody>\n");
}
constexpr std::string_view kTableEnd = "</tbody></table>\n";

std::string PathOf(const PortalKey& key) {
  return "/portals/" + Escaped(key);
}

std::string LinkTo(const std::string& path, std::string_view words) {
  return "<a href=\"" + path + "\">" + std::string(words) + "</a>";
}

/// Who it is, and what is wrong with all of it.
std::string PortalHead(const std::string& name, const PortalSnapshot& portal, TimePoint now) {
  const PortalStatus& status = portal.status;
  std::string head = "<h2>" + name + " <span class=\"soft\">portal " +
                     std::to_string(status.portal_id.value) + "</span></h2>\n";
  const std::string_view shut = ShutWords(status);
  if (!status.message.empty()) {
    // It says what shuts the portal, and what to do.
    head.append("<p class=\"").append(shut.empty() ? "warn" : "bad").append("\">");
    head.append(Message(status.message)).append("</p>\n");
  } else if (!shut.empty()) {
    head.append("<p class=\"bad\">").append(shut).append("</p>\n");
  }
  for (const std::string& warning : status.warnings) {
    head += "<p class=\"warn\">" + Message(warning) + "</p>\n";
  }
  head += UnreadTables(status) + "<p class=\"soft\">" + QuotaLine(status, portal.change_cost) +
          "</p>\n";
  if (status.feed) head += "<p class=\"soft\">" + FeedLine(*status.feed, now) + "</p>\n";
  if (status.write && !status.write->objects.empty()) {
    head += "<p class=\"soft\">" + WriteLine(*status.write, now) + "</p>\n";
  }
  return head;
}

/// Everything as it is sorted, most trouble first and by name.
template <typename Map>
std::vector<const typename Map::value_type*> WorstFirst(const Map& map, TimePoint now) {
  std::vector<const typename Map::value_type*> sorted;
  sorted.reserve(map.size());
  for (const auto& entry : map) sorted.push_back(&entry);
  std::ranges::stable_sort(sorted, std::greater(),
                           [&](const auto* entry) { return TroubleOf(entry->second, now); });
  return sorted;
}

int64_t CountTroubled(const PortalSnapshot& portal, TimePoint now) {
  return std::ranges::count_if(portal.streams, [&](const auto& entry) {
    return TroubleOf(entry.second, now) != Trouble::kNone;
  });
}

/// How a portal does, in a few words.
std::string PortalWords(const PortalSnapshot& portal, TimePoint now) {
  const Trouble worst = TroubleOf(portal, now);
  if (worst == Trouble::kShut) return "stopped: a person must act";
  if (portal.streams.empty()) return "no streams";
  if (worst == Trouble::kNone) return "up to date";
  const int64_t troubled = std::ranges::count_if(
      portal.streams, [&](const auto& entry) { return TroubleOf(entry.second, now) == worst; });
  constexpr std::array<std::string_view, 5> kWords{"", "loading", "paused or another daemon's",
                                                   "late", "stopped: a person must act"};
  return CountWords(troubled) + " of " + CountWords(static_cast<int64_t>(portal.streams.size())) +
         " " + std::string(kWords[static_cast<size_t>(worst)]);
}

/// A portal as one row.
std::string PortalRow(const PortalKey& key, const PortalSnapshot& portal, TimePoint now) {
  std::string row = RowHead(LinkTo(PathOf(key), Escaped(key)), ToneOf(TroubleOf(portal, now)),
                            PortalWords(portal, now));
  StatusSnapshot alone;
  alone.taken_at = now;
  alone.portals.emplace(key, portal);
  if (const auto worst = FindWorst(alone)) {
    row += AgeCell(worst->age, worst->target);
  } else {
    row += "<td data-l=\"Behind HubSpot\">not yet</td>";
  }
  std::optional<int64_t> rows;
  int64_t pending = 0;
  int64_t quarantined = 0;
  for (const auto& [object, stream] : portal.streams) {
    if (stream.status.rows) rows = rows.value_or(0) + *stream.status.rows;
    pending += stream.status.pending;
    quarantined += stream.status.quarantined;
  }
  row += Figures(rows, pending, quarantined) + "<td data-l=\"Notes\">";
  row.append(ShutWords(portal.status));
  return row + "</td></tr>\n";
}

/// A portal in trouble: what is wrong, and with which of its streams.
std::string PortalInTrouble(const PortalKey& key, const PortalSnapshot& portal, TimePoint now) {
  std::string section = "<section>" + PortalHead(LinkTo(PathOf(key), Escaped(key)), portal, now);
  const auto all = static_cast<int64_t>(portal.streams.size());
  // What stops all of it is said once, not for every stream.
  if (!ShutWords(portal.status).empty()) {
    section += "<p>" + LinkTo(PathOf(key), CountWords(all) + (all == 1 ? " stream" : " streams")) +
               (all == 1 ? " waits" : " wait") + " for it.</p>\n";
    return section + "</section>\n";
  }
  section += TableHead("Object");
  int64_t shown = 0;
  for (const auto* const stream : WorstFirst(portal.streams, now)) {
    if (shown == kStreamsShown || TroubleOf(stream->second, now) == Trouble::kNone) break;
    section += StreamRow(stream->first, stream->second, portal.status, now);
    ++shown;
  }
  section += kTableEnd;
  if (const int64_t more = CountTroubled(portal, now) - shown; more > 0) {
    section +=
        "<p class=\"bad\">" + LinkTo(PathOf(key), CountWords(more) + " more not well") + "</p>\n";
  }
  if (const int64_t well = all - CountTroubled(portal, now); well > 0) {
    section += "<p class=\"soft\">" +
               LinkTo(PathOf(key), CountWords(well) + (well == 1 ? " stream is" : " streams are")) +
               " up to date.</p>\n";
  }
  return section + "</section>\n";
}

std::string Head(const StatusSnapshot& snapshot, std::string_view title) {
  const TrustVerdict verdict = JudgeTrust(snapshot);
  std::string head =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>";
  head.append(title).append("</title><style>").append(PageStyle());
  head.append("</style></head>\n<body>\n<main><h1>").append(title).append("</h1>\n");
  head.append("<p id=\"verdict\" class=\"").append(ToneOf(verdict.trouble)).append("\">");
  head.append(Escaped(verdict.sentence)).append("</p>\n");
  if (const auto worst = FindWorst(snapshot)) {
    head += "<p>Furthest behind: <b>" + Escaped(worst->stream.portal) + "/" +
            Escaped(worst->stream.object) + "</b>, <b>" + SpanWords(worst->age) +
            "</b> behind HubSpot, where " + SpanWords(worst->target) + " is promised.</p>\n";
  }
  if (!snapshot.last_reload_accepted) {
    head +=
        "<p class=\"warn\">The last reload was refused; the old configuration is still in effect. "
        "Next: hubmirror config check</p>\n";
  }
  return head;
}

size_t Room() {
  return kPageBytes - kFootBytes - PageScript().size();
}

/// How to come to the rest of a list, of which `from` to `to` is shown.
std::string Pager(const std::string& path, std::string_view what, size_t from, size_t to,
                  size_t all) {
  if (from == 0 && to == all) return {};
  std::string pager = "<p>" + std::string(what) + " ";
  pager += CountWords(static_cast<int64_t>(std::min(from + 1, to))) + " to " +
           CountWords(static_cast<int64_t>(to)) + " of " + CountWords(static_cast<int64_t>(all)) +
           ", the most troubled first.";
  if (from > 0) pager += " " + LinkTo(path, "First");
  if (to < all) pager += " " + LinkTo(path + "?from=" + std::to_string(to), "Next");
  return pager + "</p>\n";
}

std::string Whole(std::string page, const StatusSnapshot& snapshot) {
  page += "<p class=\"soft\">As of " + Minute(snapshot.taken_at) + ". hubmirror " +
          Escaped(Shortened(snapshot.version, 60)) + "</p>\n</main>\n";
  page +=
      "<p id=\"lost\" class=\"bad\" hidden>The daemon does not answer; this page is out of "
      "date.</p>\n"
      "<script>";
  return page.append(PageScript()).append("</script></body></html>\n");
}

/// All streams of a portal, as many as there is room for.
std::string StreamsOf(const PortalSnapshot& portal, const std::string& path, size_t from,
                      size_t room, TimePoint now) {
  const auto streams = WorstFirst(portal.streams, now);
  std::string table = TableHead("Object");
  size_t to = std::min(from, streams.size());
  const size_t begin = to;
  for (; to < streams.size(); ++to) {
    const auto& [object, stream] = *streams[to];
    const std::string row = StreamRow(object, stream, portal.status, now);
    if (table.size() + row.size() > room) break;
    table += row;
  }
  return table.append(kTableEnd) + Pager(path, "Streams", begin, to, streams.size());
}

/// The page of one portal, `up` being what leads to the others.
std::string PageOf(const StatusSnapshot& snapshot, const std::string& up, size_t from) {
  const auto& [key, portal] = *snapshot.portals.begin();
  std::string page =
      Head(snapshot, "hubmirror") + up + PortalHead(Escaped(key), portal, snapshot.taken_at);
  const size_t room = Room() - std::min(Room(), page.size());
  page += StreamsOf(portal, up.empty() ? "/" : PathOf(key), from, room, snapshot.taken_at);
  return Whole(std::move(page), snapshot);
}

}  // namespace

std::string StatusPage(const StatusSnapshot& snapshot, size_t from) {
  if (snapshot.portals.size() == 1) return PageOf(snapshot, "", from);
  const TimePoint now = snapshot.taken_at;
  const auto portals = WorstFirst(snapshot.portals, now);
  std::string page = Head(snapshot, "hubmirror");
  // Troubles are told at length on the first half of the page; the other is for everybody.
  const size_t half = Room() / 2;
  size_t to = std::min(from, portals.size());
  const size_t begin = to;
  for (; to < portals.size() && TroubleOf(portals[to]->second, now) != Trouble::kNone; ++to) {
    const std::string section = PortalInTrouble(portals[to]->first, portals[to]->second, now);
    if (page.size() + section.size() > half) break;
    page += section;
  }
  if (to < portals.size()) {
    page += TableHead("Portal");
    for (; to < portals.size(); ++to) {
      const std::string row = PortalRow(portals[to]->first, portals[to]->second, now);
      if (page.size() + row.size() > Room()) break;
      page += row;
    }
    page += kTableEnd;
  }
  page += Pager("/", "Portals", begin, to, portals.size());
  return Whole(std::move(page), snapshot);
}

std::optional<std::string> PortalPage(const StatusSnapshot& snapshot, const PortalKey& portal,
                                      size_t from) {
  const auto found = snapshot.portals.find(portal);
  if (found == snapshot.portals.end()) return std::nullopt;
  StatusSnapshot alone = snapshot;
  alone.portals = {*found};
  return PageOf(alone, "<p>" + LinkTo("/", "All portals") + "</p>\n", from);
}

}  // namespace hubmirror
