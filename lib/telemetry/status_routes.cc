#include "telemetry/status_routes.h"

#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/time_text.h"
#include "telemetry/page/readiness.h"
#include "telemetry/page/status_document.h"
#include "telemetry/page/status_page.h"

namespace hubmirror {
namespace {

constexpr const char* kJson = "application/json; charset=utf-8";
constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kMetricsText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kPortalPrefix = "/api/v1/portals/";
constexpr std::string_view kPortalPagePrefix = "/portals/";
constexpr const char* kNoPortal = "no such portal in the configuration\n";

HttpResponse Json(std::string body) {
  return {.status = 200, .content_type = kJson, .body = std::move(body)};
}

HttpResponse BadQuery(std::string words) {
  return {.status = 400, .body = std::move(words)};
}

/// `600s`, `10m`, `2h`, `500ms`, `1d`; nullopt when it is not a span.
std::optional<std::chrono::milliseconds> ParseSpan(std::string_view text) {
  int64_t count = 0;
  const auto [unit_at, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || count > 1'000'000'000) return std::nullopt;
  const std::string_view unit(unit_at, text.size() - static_cast<size_t>(unit_at - text.data()));
  if (unit == "ms") return std::chrono::milliseconds(count);
  if (unit == "s") return std::chrono::seconds(count);
  if (unit == "m") return std::chrono::minutes(count);
  if (unit == "h") return std::chrono::hours(count);
  if (unit == "d") return std::chrono::days(count);
  return std::nullopt;
}

/// The parameter as `Parse` reads it; nullopt inside when absent, outside when it is wrong.
template <typename Parse>
auto Parameter(const HttpRequest& request, const std::string& name, Parse parse)
    -> std::optional<decltype(parse(std::string_view()))> {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return decltype(parse(std::string_view()))(std::nullopt);
  const auto value = parse(std::string_view(found->second));
  if (!value) return std::nullopt;
  return value;
}

HttpResponse Live(Telemetry& telemetry) {
  const StatusSnapshot snapshot = telemetry.Snapshot();
  if (IsAlive(snapshot)) return {.status = 200, .body = "alive\n"};
  const auto idle = std::chrono::floor<std::chrono::seconds>(snapshot.scheduler_idle);
  return {.status = 503,
          .body = "the scheduler has not moved for " + std::to_string(idle.count()) + " s\n"};
}

HttpResponse Ready(const HttpRequest& request, Telemetry& telemetry) {
  const auto max_age = Parameter(request, "max_age", ParseSpan);
  if (!max_age) return BadQuery("max_age must be a span with a unit, such as 600s or 10m\n");
  const Readiness readiness = CheckReadiness(telemetry.Snapshot(), *max_age);
  return {.status = readiness.ready() ? 200 : 503,
          .body = readiness.Text(request.query.contains("verbose"))};
}

HttpResponse Status(const HttpRequest& request, Telemetry& telemetry) {
  const auto since = Parameter(request, "since", ParseRfc3339);
  if (!since) return BadQuery("since must be an RFC 3339 instant, such as 2026-01-31T12:00:00Z\n");
  if (!request.path.starts_with(kPortalPrefix)) {
    return Json(StatusDocument(telemetry.Snapshot(), *since));
  }
  auto document =
      PortalDocument(telemetry.Snapshot(), request.path.substr(kPortalPrefix.size()), *since);
  if (!document) return {.status = 404, .body = kNoPortal};
  return Json(std::move(*document));
}

std::optional<size_t> ParseIndex(std::string_view text) {
  size_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return index;
}

HttpResponse Html(const HttpRequest& request, Telemetry& telemetry) {
  const auto from = Parameter(request, "from", ParseIndex);
  if (!from) return BadQuery("from must be a number\n");
  const StatusSnapshot snapshot = telemetry.Snapshot();
  const size_t first = from->value_or(0);
  if (!request.path.starts_with(kPortalPagePrefix)) {
    return {.content_type = kHtml, .body = StatusPage(snapshot, first)};
  }
  auto page = PortalPage(snapshot, request.path.substr(kPortalPagePrefix.size()), first);
  if (!page) return {.status = 404, .body = kNoPortal};
  return {.content_type = kHtml, .body = std::move(*page)};
}

}  // namespace

RoutedResponse Route(const HttpRequest& request, Telemetry& telemetry) {
  const std::string& path = request.path;
  if (path == "/livez") return {"livez", Live(telemetry)};
  if (path == "/readyz" || path == "/healthz") return {"readyz", Ready(request, telemetry)};
  if (path == "/metrics") {
    return {"metrics", {.content_type = kMetricsText, .body = telemetry.RenderMetrics()}};
  }
  if (path == "/api/v1/status") return {"status", Status(request, telemetry)};
  if (path.starts_with(kPortalPrefix)) return {"portal", Status(request, telemetry)};
  if (path == "/api/v1/version") return {"version", Json(VersionDocument(telemetry.Snapshot()))};
  if (path == "/" || path.starts_with(kPortalPagePrefix)) return {"page", Html(request, telemetry)};
  return {"unknown",
          {.status = 404,
           .body = "not here; try / /portals/NAME /livez /readyz /metrics /api/v1/status "
                   "/api/v1/version\n"}};
}

}  // namespace hubmirror
