#include "telemetry/status_page.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/time_text.h"
#include "base/utf8.h"
#include "telemetry/page_assets.h"
#include "telemetry/plain_words.h"
#include "telemetry/readiness.h"
#include "telemetry/trust.h"

namespace hubmirror {
namespace {

constexpr size_t kMessageBytes = 200;
/// Left free for the end of the page.
constexpr size_t kFootBytes = 1024;

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : ValidUtf8(text)) {
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
      return "bad";
  }
  return "soft";
}

std::string Minute(TimePoint time) {
  return FormatRfc3339(time).substr(0, 19).replace(10, 1, " ") + " UTC";
}

std::string BackfillNote(const StreamStatus& status) {
  if (!status.backfill_running || status.state == StreamState::kBlocked) return {};
  const std::string done = std::to_string(status.backfill_done);
  std::string note = "<progress";
  if (status.backfill_expected > 0) {
    note += " max=\"" + std::to_string(status.backfill_expected) + "\" value=\"" + done + "\"";
  }
  note += " aria-label=\"loaded\"></progress> <span data-f=\"loaded\">" +
          CountWords(status.backfill_done) + "</span>";
  if (status.backfill_expected > 0) note += " of " + CountWords(status.backfill_expected);
  note += " loaded<span data-f=\"eta\">";
  if (status.backfill_eta) note += ", about " + SpanWords(*status.backfill_eta) + " left";
  return note + "</span> ";
}

/// The newest error of the stream's jobs.
std::string ErrorNote(const StreamStatus& status) {
  const JobStatus* newest = nullptr;
  JobKind kind = JobKind::kCatalog;
  for (const auto& [job, seen] : status.jobs) {
    if (seen.last_error.empty()) continue;
    if (newest != nullptr && seen.last_error_at <= newest->last_error_at) continue;
    newest = &seen;
    kind = job;
  }
  // What stops the stream was said already.
  if (newest == nullptr || newest->last_error == status.message) return {};
  std::string note = "<span class=\"soft\">Last error";
  if (newest->last_error_at) note += ", " + Minute(*newest->last_error_at);
  return note + " (" + std::string(NameOf(kind)) + "): " + Message(newest->last_error) + "</span>";
}

std::string Figure(std::string_view label, std::string_view field, std::optional<int64_t> count,
                   std::string_view tone) {
  std::string cell = "<td class=\"n";
  if (count.value_or(0) > 0 && !tone.empty()) cell.append(" ").append(tone);
  cell.append("\" data-l=\"").append(label).append("\"><span data-f=\"").append(field);
  return cell.append("\">").append(count ? CountWords(*count) : "unknown").append("</span></td>");
}

std::string StreamRow(const PortalKey& key, const std::string& object, const StreamSnapshot& stream,
                      TimePoint now) {
  const StreamStatus& status = stream.status;
  const auto age = AgeOf(status, now);
  std::string row = "<tr data-p=\"" + Escaped(key) + "\" data-o=\"" + Escaped(object) +
                    "\" data-s=\"" + std::string(NameOf(status.state)) + "/" +
                    Escaped(status.reason) + "/" + (status.backfill_running ? "true" : "false") +
                    "\"><th scope=\"row\">" + Escaped(object) + "</th>";
  row.append("<td data-l=\"State\" class=\"").append(ToneOf(TroubleOf(stream, now))).append("\">");
  row.append(stream.reported ? StateWords(status.state) : "starting").append("</td>");
  row.append("<td data-l=\"Behind HubSpot\"><span data-f=\"age\">");
  row.append(age ? SpanWords(*age) : "not yet").append("</span>");
  row.append(" <span class=\"soft\">of ").append(SpanWords(status.freshness_target));
  row.append("</span></td>");
  row += Figure("Live records", "rows", status.rows, "");
  row += Figure("Waiting", "pending", status.pending, "");
  row += Figure("Set aside", "quarantined", status.quarantined, "bad");
  row += "<td data-l=\"Notes\">" + BackfillNote(status);
  if (!status.message.empty()) row += Message(status.message) + " ";
  return row + ErrorNote(status) + "</td></tr>\n";
}

/// How full a budget is; red when little of it is left.
std::string Gauge(std::string_view label, int64_t used, int64_t most) {
  const std::string full = std::to_string(most);
  return "<meter min=\"0\" max=\"" + full + "\" low=\"" + std::to_string(most / 4 * 3) +
         "\" high=\"" + std::to_string(most / 10 * 9) + "\" optimum=\"0\" value=\"" +
         std::to_string(used) + "\" aria-label=\"" + std::string(label) + "\"></meter> ";
}

std::string QuotaLine(const PortalStatus& status) {
  std::string line;
  if (status.daily_share)
    line = Gauge("our share used", status.requests_today, *status.daily_share);
  line += CountWords(status.requests_today) + " requests made today";
  if (status.daily_share) line += " of " + CountWords(*status.daily_share) + " we may make";
  if (status.daily_limit && status.daily_remaining) {
    line += "; " + CountWords(*status.daily_remaining) + " of the account's " +
            CountWords(*status.daily_limit) + " left";
  }
  return line;
}

/// Tables beside the records that could not be read the last time.
std::string UnreadTables(const PortalStatus& status) {
  std::string text;
  for (const ReferenceStatus& table : status.reference) {
    if (table.last_error.empty()) continue;
    text += "<p class=\"warn\">" + Escaped(table.table) +
            " cannot be read: " + Message(table.last_error) + "</p>\n";
  }
  return text;
}

std::string PortalHead(const PortalKey& key, const PortalStatus& status) {
  std::string head = "<section><h2>" + Escaped(key) + " <span class=\"soft\">portal " +
                     std::to_string(status.portal_id.value) + "</span></h2>\n";
  if (!status.auth_valid) head += "<p class=\"bad\">HubSpot refuses its token.</p>\n";
  if (!status.message.empty()) head += "<p class=\"warn\">" + Message(status.message) + "</p>\n";
  head += UnreadTables(status);
  return head + "<p class=\"soft\">" + QuotaLine(status) + "</p>\n" +
         "<table><thead><tr><th scope=\"col\">Object</th><th scope=\"col\">State</th>"
         "<th scope=\"col\">Behind HubSpot</th><th scope=\"col\" class=\"n\">Live records</th>"
         "<th scope=\"col\" class=\"n\">Waiting</th><th scope=\"col\" class=\"n\">Set aside</th>"
         "<th scope=\"col\">Notes</th></tr></thead><tbody>\n";
}

std::string Head(const StatusSnapshot& snapshot) {
  size_t streams = 0;
  for (const auto& [key, portal] : snapshot.portals) streams += portal.streams.size();
  const bool ready = CheckReadiness(snapshot).ready();
  const TrustVerdict verdict = JudgeTrust(snapshot);
  std::string head =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<title>hubmirror</title><style>";
  head.append(PageStyle()).append("</style></head>\n<body data-streams=\"");
  head.append(std::to_string(streams)).append("\" data-health=\"");
  head.append(ready ? "true/" : "false/").append(snapshot.database_up ? "true" : "false");
  head.append("\">\n<h1>hubmirror</h1>\n<p id=\"verdict\" class=\"");
  head.append(ToneOf(verdict.trouble)).append("\">").append(verdict.sentence).append("</p>\n");
  if (const auto worst = FindWorst(snapshot)) {
    head += "<p>Furthest behind: <b data-f=\"worst\">" + Escaped(worst->stream.portal) + "/" +
            Escaped(worst->stream.object) + "</b>, <b data-f=\"worst-age\">" +
            SpanWords(worst->age) + "</b> behind HubSpot, where <span data-f=\"worst-target\">" +
            SpanWords(worst->target) + "</span> is promised.</p>\n";
  }
  if (!snapshot.last_reload_accepted) {
    head +=
        "<p class=\"warn\">The last reload was refused; the old configuration still holds. "
        "Next: hubmirror config check</p>\n";
  }
  return head +
         "<p id=\"lost\" class=\"bad\" hidden>The daemon does not answer; what follows is "
         "old.</p>\n";
}

std::string Foot(const StatusSnapshot& snapshot, size_t left_out) {
  std::string foot;
  if (left_out > 0) {
    foot += "<p>" + CountWords(static_cast<int64_t>(left_out)) +
            " more streams do not fit here. All of them: hubmirror status</p>\n";
  }
  foot += "<p class=\"soft\">As of <span data-f=\"at\">" + Minute(snapshot.taken_at) +
          "</span>. hubmirror " + Escaped(Shortened(snapshot.version, 60)) + "</p>\n<script>";
  return foot;
}

using PortalEntry = std::pair<const PortalKey, PortalSnapshot>;

std::vector<const PortalEntry*> WorstFirst(const StatusSnapshot& snapshot) {
  std::vector<const PortalEntry*> portals;
  for (const PortalEntry& portal : snapshot.portals) portals.push_back(&portal);
  std::ranges::stable_sort(portals, std::greater(), [&](const PortalEntry* portal) {
    return TroubleOf(portal->second, snapshot.taken_at);
  });
  return portals;
}

}  // namespace

std::string StatusPage(const StatusSnapshot& snapshot) {
  constexpr std::string_view kPortalEnd = "</tbody></table></section>\n";
  constexpr std::string_view kEnd = "</script></body></html>\n";
  const size_t room = kPageBytes - kFootBytes - PageScript().size() - kPortalEnd.size();
  std::string page = Head(snapshot);
  size_t left_out = 0;
  for (const PortalEntry* const portal : WorstFirst(snapshot)) {
    std::string section = PortalHead(portal->first, portal->second.status);
    bool is_cut = left_out > 0 || page.size() + section.size() > room;
    const bool has_place = !is_cut;
    for (const auto& [object, stream] : portal->second.streams) {
      const std::string row = StreamRow(portal->first, object, stream, snapshot.taken_at);
      is_cut = is_cut || page.size() + section.size() + row.size() > room;
      if (is_cut) {
        ++left_out;
      } else {
        section += row;
      }
    }
    if (has_place) page.append(section).append(kPortalEnd);
  }
  page.append(Foot(snapshot, left_out)).append(PageScript()).append(kEnd);
  return page;
}

}  // namespace hubmirror
